"""Creating, listing, copying, changing and deleting snapshots."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zlib import crc32

from sandbox.clock import CLOCK
from sandbox.lifecycle import LIFECYCLE, Run
from sandbox.redshift.cluster import SandboxCluster
from sandbox.redshift.describing import SnapshotFilter
from sandbox.redshift.errors import ErrorCode, RedshiftError, fail
from sandbox.redshift.events import SNAPSHOT_DELETED, Event, snapshot_events
from sandbox.redshift.settings import SETTINGS
from sandbox.redshift.snapshot import ClusterFacts, SandboxSnapshot
from sandbox.redshift.state import RedshiftState
from sandbox.redshift.validation import (
    manual_retention,
    snapshot_identifier,
    tags,
)
from sandbox.warehouse import WAREHOUSES

BATCH_LIMIT = 100
_DELETABLE = ("available", "failed", "cancelled")


class SnapshotOperations(RedshiftState):
    """The snapshot half of Redshift, inside one account."""

    def create_cluster_snapshot(
        self,
        cluster_identifier: str,
        snapshot_identifier: str,
        region_name: str | None = None,
        tags: list[dict[str, str]] | None = None,
        snapshot_type: str = "manual",
        retention_days: int | None = None,
    ) -> SandboxSnapshot:
        """Begin a manual snapshot of an available cluster; its data are as of now."""
        del region_name, snapshot_type
        cluster = self.find_cluster(cluster_identifier)
        if cluster.status != "available":
            fail(
                ErrorCode.INVALID_CLUSTER_STATE,
                "There is an operation running on the Cluster. Please try to create a snapshot "
                f"at a later time. (Cluster {cluster_identifier} is {cluster.status}.)",
            )
        return self.snapshot_cluster(cluster, snapshot_identifier, retention_days, tags)

    def snapshot_cluster(
        self,
        cluster: SandboxCluster,
        name: str,
        retention_days: int | None,
        tag_list: list[dict[str, str]] | None,
        *,
        final: bool = False,
    ) -> SandboxSnapshot:
        """Begin a manual snapshot of a cluster in any state."""
        name = self.new_manual_identifier(name, "SnapshotIdentifier")
        kept = manual_retention(retention_days, cluster.manual_snapshot_retention_period)
        checked_tags = tags(tag_list)
        self._require_quota()
        run = LIFECYCLE.start("snapshot")
        image_id = WAREHOUSES.freeze(self.account_id, self.region_name, cluster.cluster_identifier)
        snapshot = self._manual(name, cluster.facts(), run, kept, image_id)
        snapshot.tags = checked_tags
        self.add_snapshot(snapshot)
        cluster_name = cluster.cluster_identifier
        self.event_log.extend(snapshot_events(run, cluster_name, name, final=final))
        return snapshot

    def copy_cluster_snapshot(
        self,
        source_identifier: str,
        target_identifier: str,
        cluster_identifier: str | None,
        retention_days: int | None,
    ) -> SandboxSnapshot:
        """Begin a manual copy of an automated snapshot. The copy has no tags.

        SnapshotCreateTime of the copy is the copy's own time: what AWS does is not known.
        """
        source = self.find_snapshot(source_identifier, cluster_identifier)
        if source.is_manual:
            _bad_state(f"Cannot copy {source_identifier}: only automated snapshots can be copied.")
        status = source.status(CLOCK.now())
        if status != "available":
            _bad_state(f"Cannot copy the snapshot {source_identifier}: it is {status}.")
        self._refuse_latest_of_paused(source)
        name = self.new_manual_identifier(target_identifier, "TargetSnapshotIdentifier")
        kept = manual_retention(retention_days)
        self._require_quota()
        run = LIFECYCLE.start("copy")
        if source.image_id is not None:
            WAREHOUSES.retain(source.image_id)
        copy = self._manual(name, source.facts, run, kept, source.image_id)
        copy.size_megabytes = source.size_megabytes
        self.add_snapshot(copy)
        self.event_log.extend(snapshot_events(run, copy.cluster_identifier, name))
        return copy

    def select_snapshots(self, wanted: SnapshotFilter, viewer: str) -> list[SandboxSnapshot]:
        """Return the snapshots of this account that a request means and ``viewer`` may see.

        :raises RedshiftError: ``ClusterSnapshotNotFound`` if it names one that cannot be seen.
        """
        foreign = viewer != self.account_id
        pool: list[SandboxSnapshot] = list(self.snapshots.values())
        if wanted.names_one:
            pool = [snapshot for snapshot in pool if wanted.is_meant(snapshot)]
        if foreign:
            pool = [snapshot for snapshot in pool if viewer in snapshot.authorized_accounts]
        if wanted.names_one and not pool:
            name = wanted.snapshot_identifier or wanted.snapshot_arn
            fail(ErrorCode.CLUSTER_SNAPSHOT_NOT_FOUND, f"Snapshot {name} not found.")
        if foreign and wanted.filters_by_tag:
            return []
        return [snapshot for snapshot in pool if wanted.matches(snapshot, self.clusters)]

    def delete_cluster_snapshot(
        self, snapshot_identifier: str, cluster_identifier: str | None = None
    ) -> SandboxSnapshot:
        """Delete a manual snapshot that nobody is authorized for any more."""
        snapshot = self.find_snapshot(snapshot_identifier, cluster_identifier)
        self._require_deletable(snapshot)
        self.drop_snapshot(snapshot)
        snapshot.fixed_status = "deleted"
        name = snapshot.cluster_identifier
        event = Event(SNAPSHOT_DELETED, CLOCK.now(), name, snapshot.snapshot_identifier)
        self.event_log.append(event)
        return snapshot

    def modify_cluster_snapshot(
        self, identifier: str, retention_days: int | None, *, force: bool
    ) -> SandboxSnapshot:
        """Change how long a manual snapshot is kept.

        A period that has passed already is refused, unless ``force``: then the snapshot goes.
        """
        snapshot = self.find_snapshot(identifier)
        if not snapshot.is_manual:
            _bad_state(f"Cannot modify {identifier}: only manual snapshots can be modified.")
        kept = manual_retention(retention_days, snapshot.retention_days)
        end = snapshot.create_time + timedelta(days=kept)
        if kept != -1 and end <= CLOCK.now():
            if not force:
                fail(
                    ErrorCode.INVALID_RETENTION_PERIOD,
                    f"The retention period {kept} of snapshot {identifier} has passed already. "
                    "Use Force to delete it.",
                )
            self._require_deletable(snapshot)
        snapshot.retention_days = kept
        self.retention_changed()
        return snapshot

    def batch(
        self, items: list[tuple[str, str | None]], change: Callable[[str, str | None], object]
    ) -> dict[str, Any]:
        """Do ``change`` to each (snapshot, cluster): faults are told per item, in a 200."""
        done: list[str] = []
        errors: list[dict[str, str | None]] = []
        for name, cluster in items:
            try:
                change(name, cluster)
            except RedshiftError as fault:
                errors.append(
                    {
                        "SnapshotIdentifier": name,
                        "SnapshotClusterIdentifier": cluster,
                        "FailureCode": fault.code,
                        "FailureReason": fault.message,
                    }
                )
            else:
                done.append(name)
        return {"Resources": done, "Errors": errors}

    def new_manual_identifier(self, name: str, parameter: str) -> str:
        """Check an identifier for a new snapshot and return it as stored."""
        name = snapshot_identifier(name, parameter)
        if name in self.snapshots:
            fail(
                ErrorCode.CLUSTER_SNAPSHOT_ALREADY_EXISTS,
                f"Cannot create the snapshot because a snapshot with the identifier {name} "
                "already exists",
            )
        return name

    def _manual(
        self, name: str, facts: ClusterFacts, run: Run, kept: int, image_id: str | None
    ) -> SandboxSnapshot:
        return SandboxSnapshot(
            name,
            facts,
            account_id=self.account_id,
            region=self.region_name,
            run=run,
            create_time=run.started_at,
            retention_days=kept,
            image_id=image_id,
            size_megabytes=WAREHOUSES.size_megabytes(image_id) if image_id else 0.0,
        )

    def _require_quota(self) -> None:
        held = sum(snapshot.is_manual for snapshot in self.snapshots.values())
        if held >= SETTINGS.manual_snapshots:
            fail(
                ErrorCode.CLUSTER_SNAPSHOT_QUOTA_EXCEEDED,
                f"The account has {held} manual snapshots in {self.region_name}; the quota is "
                f"{SETTINGS.manual_snapshots}.",
            )

    def _require_deletable(self, snapshot: SandboxSnapshot) -> None:
        name, status = snapshot.snapshot_identifier, snapshot.status(CLOCK.now())
        if not snapshot.is_manual:
            _bad_state(
                f"Cannot delete the snapshot {name} because only manual snapshots may be deleted"
            )
        if status not in _DELETABLE:
            _bad_state(f"Cannot delete the snapshot {name} because it is {status}.")
        if snapshot.authorized_accounts:
            accounts = ", ".join(snapshot.authorized_accounts)
            _bad_state(
                f"Cannot delete the snapshot {name} because other accounts are authorized to "
                f"restore it: {accounts}. Revoke access first."
            )
        if snapshot.restored_at is not None and not self._has_newer(snapshot):
            _bad_state(
                f"You can't delete snapshot {name} because it is used by cluster "
                f"deleted-{crc32(name.encode()) % 10**8}. The snapshot can be deleted after a "
                "newer backup is created."
            )

    def _has_newer(self, snapshot: SandboxSnapshot) -> bool:
        now = CLOCK.now()
        return any(
            other.cluster_identifier == snapshot.cluster_identifier
            and snapshot.restored_at is not None
            and other.create_time > snapshot.restored_at
            and other.status(now) == "available"
            for other in self.snapshots.values()
        )

    def _refuse_latest_of_paused(self, source: SandboxSnapshot) -> None:
        cluster = self.clusters.get(source.cluster_identifier)
        if cluster is None or cluster.status != "paused":
            return
        if self.automated_of(source.cluster_identifier)[-1] is source:
            _bad_state(
                f"Cannot copy {source.snapshot_identifier}: it is the latest automated snapshot "
                f"of the paused cluster {source.cluster_identifier}."
            )


def _bad_state(message: str) -> None:
    fail(ErrorCode.INVALID_CLUSTER_SNAPSHOT_STATE, message)
