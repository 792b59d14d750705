"""The request that restores a drill's cluster. Pure."""

from collections.abc import Mapping
from typing import Any

from redshift_dr.restore.deployment import Deployment
from redshift_dr.restore.failure import Failure
from redshift_dr.restore.request import Drill

AUTOMATED_RETENTION_DAYS = 1
"""The least that RA3 and RG accept; automated snapshots go with the cluster."""


def refused_nodes(drill: Drill, selected: Mapping[str, Any]) -> Failure | None:
    """Refuse a node type that the snapshot cannot be restored to, before anything is made."""
    allowed = selected.get("restorable_node_types") or []
    if drill.node_type is None or not allowed or drill.node_type in allowed:
        return None
    return Failure(
        f"snapshot {selected['snapshot_id']} cannot be restored to node type {drill.node_type}; "
        f"it can be to {', '.join(allowed)}",
        "Correct node_type in the run's configuration or in clusters.yaml.",
    )


def restore_request(
    drill: Drill, selected: Mapping[str, Any], deployment: Deployment
) -> dict[str, Any]:
    """Arguments of RestoreFromClusterSnapshot.

    The cluster is never public and has no IAM role: what the source cluster may read and write,
    its test copy must not. Its administrator's password is new and in the DR account.

    :param selected: what ``select_snapshot`` returned.
    """
    request: dict[str, Any] = {
        "ClusterIdentifier": drill.drill_cluster_identifier,
        "SnapshotIdentifier": selected["snapshot_id"],
        "SnapshotClusterIdentifier": selected["cluster_identifier"],
        "OwnerAccount": selected["owner_account"],
        "ClusterSubnetGroupName": deployment.subnet_group_name,
        "VpcSecurityGroupIds": list(deployment.security_group_ids),
        "PubliclyAccessible": False,
        "KmsKeyId": deployment.kms_key_id,
        "ManageMasterPassword": True,
        "MasterPasswordSecretKmsKeyId": deployment.kms_key_id,
        "AutomatedSnapshotRetentionPeriod": AUTOMATED_RETENTION_DAYS,
    }
    if not selected["encrypted"]:
        request["Encrypted"] = True
    if drill.node_type is not None:
        request["NodeType"] = drill.node_type
    if drill.number_of_nodes is not None:
        request["NumberOfNodes"] = drill.number_of_nodes
    return request
