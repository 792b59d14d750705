"""What ModifyCluster does to a cluster."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.redshift.cluster import SandboxCluster
from sandbox.redshift.errors import bad_combination, bad_value
from sandbox.redshift.validation import automated_retention, manual_retention, port
from sandbox.warehouse import WAREHOUSES

if TYPE_CHECKING:
    from sandbox.redshift.state import RedshiftState


def apply_changes(cluster: SandboxCluster, changes: dict[str, Any]) -> tuple[str, str]:
    """Change a cluster's settings; returns the status meanwhile and the name of its duration.

    :raises RedshiftError: a value that Redshift refuses; then nothing is changed.
    """
    checked = _check(cluster, dict(changes))
    resized = any(
        checked.get(name, getattr(cluster, name)) != getattr(cluster, name)
        for name in ("node_type", "number_of_nodes")
    )
    new_key = checked.get("kms_key_id", cluster.kms_key_id) != cluster.kms_key_id
    for name, value in checked.items():
        setattr(cluster, name, value)
    if resized:
        return "resizing", "resize"
    return ("modifying", "rotate_key") if new_key else ("modifying", "modify")


def rename(backend: "RedshiftState", cluster: SandboxCluster, new_name: str) -> None:
    """Give a cluster another identifier; its snapshots stay with it."""
    account, region, old_name = backend.account_id, backend.region_name, cluster.cluster_identifier
    image_id = WAREHOUSES.freeze(account, region, old_name)
    WAREHOUSES.restore(image_id, account, region, new_name)
    WAREHOUSES.delete(account, region, old_name)
    WAREHOUSES.release(image_id)
    for snapshot in backend.snapshots.values():
        if snapshot.cluster_identifier == old_name:
            snapshot.facts = replace(snapshot.facts, cluster_identifier=new_name)
    del backend.clusters[old_name]
    cluster.cluster_identifier = new_name
    backend.clusters[new_name] = cluster


def _check(cluster: SandboxCluster, changes: dict[str, Any]) -> dict[str, Any]:
    node_type = str(changes.get("node_type", cluster.node_type))
    if changes.pop("encrypted", True) is False:
        bad_value("Encrypted cannot be false: a cluster stays encrypted.")
    kind = changes.pop("cluster_type", None)
    if kind not in (None, "single-node", "multi-node"):
        bad_value("Invalid cluster type. Cluster type can be one of multi-node or single-node")
    if kind == "single-node":
        changes["number_of_nodes"] = 1
    elif kind == "multi-node" and changes.get("number_of_nodes", 0) < 2:
        bad_combination(
            "Number of nodes for cluster type multi-node must be greater than or equal to 2"
        )
    if "automated_snapshot_retention_period" in changes:
        days = changes["automated_snapshot_retention_period"]
        automated_retention(days, node_type)
    if "manual_snapshot_retention_period" in changes:
        manual_retention(changes["manual_snapshot_retention_period"])
    if "port" in changes:
        port(changes["port"], node_type)
    if "cluster_parameter_group_name" in changes:
        changes["cluster_parameter_group_name"] = [changes["cluster_parameter_group_name"]]
    return changes
