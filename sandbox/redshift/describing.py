"""Which snapshots a DescribeClusterSnapshots request means. Pure: no backend, no clock."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.redshift.errors import bad_combination, bad_value
from sandbox.redshift.paging import SortKey
from sandbox.redshift.snapshot import SandboxSnapshot

_ATTRIBUTES = ("SOURCE_TYPE", "TOTAL_SIZE", "CREATE_TIME")


@dataclass(frozen=True)
class SnapshotFilter:
    """The request's filters, checked. Empty means not given."""

    cluster_identifier: str | None = None
    snapshot_identifier: str | None = None
    snapshot_arn: str | None = None
    snapshot_type: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    tag_keys: frozenset[str] = frozenset()
    tag_values: frozenset[str] = frozenset()
    cluster_exists: bool | None = None

    @property
    def names_one(self) -> bool:
        """Whether the request asks for one snapshot, which has to exist."""
        return bool(self.snapshot_identifier or self.snapshot_arn)

    @property
    def filters_by_tag(self) -> bool:
        """Whether tags are looked at; then snapshots of other accounts never match."""
        return bool(self.tag_keys or self.tag_values)

    def is_meant(self, snapshot: SandboxSnapshot) -> bool:
        """Whether the snapshot is the one (or one of those) that the request names.

        A named snapshot of another type than the one asked for does not exist, as in moto.
        """
        if self.names_one and self.snapshot_type not in (None, snapshot.snapshot_type):
            return False
        if self.snapshot_identifier and snapshot.snapshot_identifier != self.snapshot_identifier:
            return False
        return not self.snapshot_arn or snapshot.arn == self.snapshot_arn

    def matches(self, snapshot: SandboxSnapshot, clusters: Collection[str]) -> bool:
        """Whether the snapshot passes the other filters.

        :param clusters: identifiers of the clusters that exist in the owner's account.
        """
        if self.cluster_identifier and snapshot.cluster_identifier != self.cluster_identifier:
            return False
        if self.snapshot_type and snapshot.snapshot_type != self.snapshot_type:
            return False
        if self.start_time and snapshot.create_time < self.start_time:
            return False
        if self.end_time and snapshot.create_time > self.end_time:
            return False
        if self.cluster_exists is not None:
            exists = snapshot.cluster_identifier in clusters
            if exists != self.cluster_exists:
                return False
        return not self.filters_by_tag or self._has_a_tag(snapshot.tags)

    def _has_a_tag(self, tags: Iterable[dict[str, str]]) -> bool:
        """Any of the keys; with values too, any of the keys with any of the values."""
        return any(
            (not self.tag_keys or tag["Key"] in self.tag_keys)
            and (not self.tag_values or tag["Value"] in self.tag_values)
            for tag in tags
        )


def read_filter(params: dict[str, Any]) -> SnapshotFilter:
    """Check the filters of a request.

    :raises RedshiftError: a combination or a value that Redshift refuses.
    """
    cluster, snapshot = params.get("ClusterIdentifier"), params.get("SnapshotIdentifier")
    if cluster and (snapshot or params.get("SnapshotArn")):
        bad_combination("ClusterIdentifier cannot be combined with a snapshot's identifier or ARN.")
    if snapshot and params.get("SnapshotArn"):
        bad_combination("SnapshotIdentifier and SnapshotArn cannot be used together.")
    kind = params.get("SnapshotType")
    if kind not in (None, "automated", "manual"):
        bad_value(f"SnapshotType is {kind!r}: it must be automated or manual.")
    if params.get("ClusterExists") is True and not cluster:
        bad_combination("ClusterExists=true requires ClusterIdentifier.")
    return SnapshotFilter(
        cluster_identifier=cluster.lower() if cluster else None,
        snapshot_identifier=snapshot.lower() if snapshot else None,
        snapshot_arn=params.get("SnapshotArn"),
        snapshot_type=kind,
        start_time=_aware(params.get("StartTime")),
        end_time=_aware(params.get("EndTime")),
        tag_keys=frozenset(params.get("TagKeys") or []),
        tag_values=frozenset(params.get("TagValues") or []),
        cluster_exists=params.get("ClusterExists"),
    )


def read_sorting(params: dict[str, Any]) -> tuple[str, bool]:
    """Return the attribute to sort by and whether descending; oldest first if not asked.

    The order without SortingEntities is not documented: this one is a choice.
    """
    entities = params.get("SortingEntities") or []
    if not entities:
        return "CREATE_TIME", False
    if not params.get("ClusterIdentifier"):
        bad_combination("SortingEntities requires ClusterIdentifier.")
    if len(entities) > 1:
        bad_value("Only one sorting entity is supported.")
    attribute, order = entities[0].get("Attribute"), entities[0].get("SortOrder", "ASC")
    if attribute not in _ATTRIBUTES or order not in ("ASC", "DESC"):
        bad_value(f"SortingEntities with {attribute} {order} is not valid.")
    return attribute, order == "DESC"


def sort_key(attribute: str, snapshot: SandboxSnapshot) -> SortKey:
    """Return a snapshot's unique place in the order of ``attribute``."""
    created, name = snapshot.create_time.timestamp(), snapshot.snapshot_identifier
    if attribute == "SOURCE_TYPE":
        return (snapshot.snapshot_type, created, name)
    if attribute == "TOTAL_SIZE":
        return (float(snapshot.size_megabytes), created, name)
    return (created, name)


def _aware(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
