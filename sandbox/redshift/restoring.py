"""Restoring a snapshot of this or another account into a new cluster."""

from typing import Any

from moto.redshift.models import redshift_backends

from sandbox.clock import CLOCK
from sandbox.kms import AWS_OWNED_KEY, KeyKind, KeyUnusableError, admits, key_kind
from sandbox.lifecycle import LIFECYCLE
from sandbox.redshift.cluster import Restore, SandboxCluster
from sandbox.redshift.clusters import ClusterOperations
from sandbox.redshift.errors import ErrorCode, bad_combination, fail
from sandbox.redshift.events import restore_events
from sandbox.redshift.nodes import capacity_megabytes, restorable_node_types
from sandbox.redshift.settings import SETTINGS
from sandbox.redshift.sharing import SharingOperations
from sandbox.redshift.snapshot import SandboxSnapshot
from sandbox.redshift.validation import account
from sandbox.warehouse import WAREHOUSES

DECRYPT = "kms:Decrypt"
"""What the key policy has to let the other account do at least. Source: management guide."""


class RestoreOperations(ClusterOperations, SharingOperations):
    """RestoreFromClusterSnapshot, as the account that gets the cluster calls it."""

    def restore_from_cluster_snapshot(
        self,
        *,
        snapshot_identifier: str | None = None,
        snapshot_arn: str | None = None,
        snapshot_cluster_identifier: str | None = None,
        owner_account: str | None = None,
        kms_key_id: str | None = None,
        **settings: Any,
    ) -> SandboxCluster:
        """Begin to restore. What the request leaves out comes from the snapshot, never its tags."""
        snapshot = self.find_restorable(
            snapshot_identifier, snapshot_arn, snapshot_cluster_identifier, owner_account
        )
        foreign = snapshot.account_id != self.account_id
        status = snapshot.status(CLOCK.now())
        if status != "available":
            fail(
                ErrorCode.INVALID_CLUSTER_SNAPSHOT_STATE,
                f"The snapshot {snapshot.snapshot_identifier} is {status}: it cannot be restored.",
            )
        settings = _from_snapshot(snapshot, foreign=foreign) | {
            name: value for name, value in settings.items() if value not in (None, [])
        }
        _require_fitting_nodes(snapshot, settings)
        self._require_subnet_group(snapshot, settings, foreign=foreign)
        if foreign:
            self._require_readable(snapshot)
        settings["kms_key_id"] = self._key_for(snapshot, kms_key_id, foreign=foreign)
        cluster = self.new_cluster(**settings)
        self._begin_restore(cluster, snapshot)
        return cluster

    def find_restorable(
        self,
        identifier: str | None,
        arn: str | None,
        cluster_identifier: str | None,
        owner_account: str | None,
    ) -> SandboxSnapshot:
        """Return a snapshot that this account owns, or was authorized for by ``owner_account``.

        :raises RedshiftError: ``ClusterSnapshotNotFound`` without the owner of a foreign snapshot,
            ``AccessToSnapshotDenied`` if its owner has not authorized this account.
        """
        if owner_account is not None:
            account(owner_account, "OwnerAccount")
        owner: ClusterOperations = self
        if owner_account not in (None, self.account_id):
            owner = redshift_backends[owner_account][self.region_name]
            owner.settle()
        if bool(identifier) == bool(arn):
            bad_combination("Give either SnapshotIdentifier or SnapshotArn.")
        name = identifier or str(arn).rpartition("/")[2]
        snapshot = owner.snapshots.get(name.lower())
        if snapshot is None or not _is_named(snapshot, arn, cluster_identifier):
            fail(ErrorCode.CLUSTER_SNAPSHOT_NOT_FOUND, "Snapshot not found for cluster.")
        if owner is not self and self.account_id not in snapshot.authorized_accounts:
            fail(
                ErrorCode.ACCESS_TO_SNAPSHOT_DENIED,
                f"The account {self.account_id} is not authorized to access the snapshot {name}.",
            )
        return snapshot

    def _begin_restore(self, cluster: SandboxCluster, snapshot: SandboxSnapshot) -> None:
        run = LIFECYCLE.start("restore")
        restore = Restore(run, snapshot.size_megabytes)
        cluster.restore = restore
        cluster.restored_from_snapshot = True
        cluster.activity = restore.activity()
        cluster.next_automated_at = restore.queryable_at
        name = cluster.cluster_identifier
        if snapshot.image_id is None:
            WAREHOUSES.create(self.account_id, self.region_name, name, cluster.db_name)
        else:
            WAREHOUSES.restore(snapshot.image_id, self.account_id, self.region_name, name)
        if SETTINGS.block_deletion_of_restored_snapshots:
            snapshot.restored_at = run.started_at
        identifier = snapshot.snapshot_identifier
        self.event_log.extend(restore_events(run, restore.queryable_at, name, identifier))

    def _require_subnet_group(
        self, snapshot: SandboxSnapshot, settings: dict[str, Any], *, foreign: bool
    ) -> None:
        given = settings.get("cluster_subnet_group_name")
        if given is None and not foreign and snapshot.facts.subnet_group in (None, "default"):
            return
        if given is None or given not in self.subnet_groups:
            missing = (
                "A snapshot of a cluster in a VPC can be restored only in a VPC: give "
                "ClusterSubnetGroupName."
                if given is None
                else f"Subnet group {given} not found."
            )
            fail(ErrorCode.CLUSTER_SUBNET_GROUP_NOT_FOUND, missing)

    def _require_readable(self, snapshot: SandboxSnapshot) -> None:
        """Refuse a snapshot whose key does not admit this account.

        The guide says "an access-denied error"; its code is not known, this one is a choice.
        """
        key = snapshot.facts.kms_key_id
        if key is None:
            return
        try:
            readable = key_kind(key) is KeyKind.CUSTOMER and admits(key, self.account_id, DECRYPT)
            reason = f"The KMS key {key} does not allow account {self.account_id} to decrypt."
        except KeyUnusableError as error:
            readable, reason = False, str(error)
        if not readable:
            fail(
                ErrorCode.UNAUTHORIZED_OPERATION,
                "Access Denied. Please ensure that your IAM Permissions allow this operation. "
                + reason,
            )

    def _key_for(
        self, snapshot: SandboxSnapshot, key_id: str | None, *, foreign: bool
    ) -> str | None:
        if key_id is not None:
            return self.resolve_key(key_id)
        return AWS_OWNED_KEY if foreign else snapshot.facts.kms_key_id or AWS_OWNED_KEY


def _from_snapshot(snapshot: SandboxSnapshot, *, foreign: bool) -> dict[str, Any]:
    facts = snapshot.facts
    return {
        "node_type": facts.node_type,
        "number_of_nodes": facts.number_of_nodes,
        "master_username": facts.master_username,
        "master_user_password": facts.master_user_password or "unknown-to-the-sandbox",
        "db_name": facts.db_name,
        "port": facts.port,
        "availability_zone": None if foreign else facts.availability_zone,
        "cluster_version": facts.cluster_version,
        "enhanced_vpc_routing": facts.enhanced_vpc_routing,
    }


def _is_named(snapshot: SandboxSnapshot, arn: str | None, cluster_identifier: str | None) -> bool:
    if arn is not None and snapshot.arn != arn:
        return False
    return cluster_identifier in (None, "*", snapshot.cluster_identifier)


def _require_fitting_nodes(snapshot: SandboxSnapshot, settings: dict[str, Any]) -> None:
    node_type, number = settings["node_type"], settings["number_of_nodes"]
    name, allowed = snapshot.snapshot_identifier, restorable_node_types(snapshot.facts.node_type)
    if node_type not in allowed:
        fail(
            ErrorCode.INVALID_RESTORE,
            f"The snapshot {name} cannot be restored to node type {node_type}; it can be to "
            f"{', '.join(allowed)}.",
        )
    capacity = capacity_megabytes(node_type, number)
    if snapshot.size_megabytes > capacity:
        fail(
            ErrorCode.INVALID_RESTORE,
            f"The snapshot {name} holds {snapshot.size_megabytes} MB; {number} nodes of "
            f"{node_type} hold {capacity} MB.",
        )
