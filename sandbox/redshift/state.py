"""The stores of an account's Redshift, and what becomes true in them as time passes."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import RLock

from moto.redshift.models import RedshiftBackend

from sandbox.clock import CLOCK
from sandbox.lifecycle import Run, RunState
from sandbox.redshift.automated import due_instants, expired
from sandbox.redshift.cluster import SandboxCluster
from sandbox.redshift.errors import ErrorCode, fail
from sandbox.redshift.events import CLUSTER_DELETED, Event
from sandbox.redshift.settings import SETTINGS
from sandbox.redshift.snapshot import SandboxSnapshot
from sandbox.redshift.vault import delete_secret
from sandbox.warehouse import WAREHOUSES

LOCK = RLock()
"""One lock for all accounts: a restore reads another account's snapshot, so two could deadlock."""


class RedshiftState(RedshiftBackend):
    """Clusters and snapshots of one account and region, brought up to date before every request."""

    clusters: dict[str, SandboxCluster]
    snapshots: dict[str, SandboxSnapshot]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.event_log: list[Event] = []
        self._next_expiry: datetime | None = None

    def settle(self) -> None:
        """Let happen what is due: deletions end, automated snapshots are taken, retention ends."""
        with LOCK:
            now = CLOCK.now()
            for cluster in list(self.clusters.values()):
                self._settle_cluster(cluster, now)
            if self._next_expiry is not None and now >= self._next_expiry:
                self._expire(now)

    def add_snapshot(self, snapshot: SandboxSnapshot) -> None:
        """Store a new snapshot."""
        self.snapshots[snapshot.snapshot_identifier] = snapshot
        self.retention_changed()

    def drop_snapshot(self, snapshot: SandboxSnapshot) -> None:
        """Forget a snapshot and let go of its data."""
        del self.snapshots[snapshot.snapshot_identifier]
        if snapshot.image_id is not None:
            WAREHOUSES.release(snapshot.image_id)

    def retention_changed(self) -> None:
        """Look for ended retention at the next request."""
        self._next_expiry = datetime.min.replace(tzinfo=CLOCK.now().tzinfo)

    def find_cluster(self, identifier: str) -> SandboxCluster:
        """Return a cluster that exists.

        :raises RedshiftError: ``ClusterNotFound``.
        """
        cluster = self.clusters.get(identifier.lower())
        if cluster is None:
            fail(ErrorCode.CLUSTER_NOT_FOUND, f"Cluster {identifier} not found.")
        return cluster

    def find_snapshot(
        self, identifier: str, cluster_identifier: str | None = None
    ) -> SandboxSnapshot:
        """Return a snapshot that exists, and belongs to the cluster if one is named.

        :raises RedshiftError: ``ClusterSnapshotNotFound``.
        """
        snapshot = self.snapshots.get(identifier.lower())
        if snapshot is None:
            fail(ErrorCode.CLUSTER_SNAPSHOT_NOT_FOUND, f"Snapshot {identifier} not found.")
        if cluster_identifier and snapshot.cluster_identifier != cluster_identifier.lower():
            fail(
                ErrorCode.CLUSTER_SNAPSHOT_NOT_FOUND,
                f"Snapshot {identifier} not found for cluster {cluster_identifier}.",
            )
        return snapshot

    def automated_of(self, cluster_identifier: str) -> list[SandboxSnapshot]:
        """Return a cluster's automated snapshots, oldest first."""
        return sorted(
            (
                snapshot
                for snapshot in self.snapshots.values()
                if not snapshot.is_manual and snapshot.cluster_identifier == cluster_identifier
            ),
            key=lambda snapshot: snapshot.create_time,
        )

    def take_automated(self, cluster: SandboxCluster, instant: datetime) -> None:
        """Add the automated snapshot of an instant, done at once. Data are as of now."""
        name = f"rs:{cluster.cluster_identifier}-{instant.strftime('%Y-%m-%d-%H-%M-%S')}"
        if name in self.snapshots:
            return
        image_id = WAREHOUSES.freeze(self.account_id, self.region_name, cluster.cluster_identifier)
        self.add_snapshot(
            SandboxSnapshot(
                name,
                cluster.facts(),
                account_id=self.account_id,
                region=self.region_name,
                run=Run(instant, 0.0, "available"),
                create_time=instant,
                snapshot_type="automated",
                image_id=image_id,
                size_megabytes=WAREHOUSES.size_megabytes(image_id),
            )
        )

    def _settle_cluster(self, cluster: SandboxCluster, now: datetime) -> None:
        activity = cluster.activity
        if activity is not None and activity.status == "deleting":
            state = activity.run.state(now)
            if state is RunState.SUCCEEDED:
                self._remove_cluster(cluster, activity.run.finished_at or now)
            if state is not RunState.FAILED:
                return
            cluster.status = activity.after_failure
            cluster.next_automated_at = now
        if cluster.status in ("paused", "incompatible-restore"):
            return
        if cluster.next_automated_at is not None and cluster.next_automated_at <= now:
            self._take_due(cluster, cluster.next_automated_at, now)

    def _take_due(self, cluster: SandboxCluster, first: datetime, now: datetime) -> None:
        if cluster.automated_snapshot_retention_period == 0:
            return
        instants, cluster.next_automated_at = due_instants(
            first,
            now,
            every=timedelta(hours=SETTINGS.automated_snapshot_hours),
            kept=timedelta(days=cluster.automated_snapshot_retention_period),
        )
        for instant in instants:
            self.take_automated(cluster, instant)

    def _remove_cluster(self, cluster: SandboxCluster, at: datetime) -> None:
        name = cluster.cluster_identifier
        for snapshot in self.automated_of(name):
            self.drop_snapshot(snapshot)
        WAREHOUSES.delete(self.account_id, self.region_name, name)
        if cluster.secret_arn is not None:
            delete_secret(self.account_id, self.region_name, cluster.secret_arn)
        del self.clusters[name]
        self.event_log.append(Event(CLUSTER_DELETED, at, name))

    def _expire(self, now: datetime) -> None:
        ends = dict(self._retention_ends())
        for name, end in list(ends.items()):
            if end <= now:
                self.drop_snapshot(self.snapshots[name])
                del ends[name]
        self._next_expiry = min(ends.values(), default=None)

    def _retention_ends(self) -> Iterable[tuple[str, datetime]]:
        for name, snapshot in self.snapshots.items():
            end = snapshot.expires_at()
            if end is not None:
                yield name, end
        for cluster in self.clusters.values():
            kept = timedelta(days=cluster.automated_snapshot_retention_period)
            for snapshot, end in expired(self.automated_of(cluster.cluster_identifier), kept):
                yield snapshot.snapshot_identifier, end


def new_password() -> str:
    """Return a password of 32 characters, of the classes that Redshift asks for."""
    return f"Aa1{secrets.token_urlsafe(24)}"[:32]
