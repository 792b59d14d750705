"""What the core knows of Redshift: snapshots, clusters, keys, and the tags that mark our own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

TAG_PREFIX = "redshift-backup:"
MANAGED_BY = TAG_PREFIX + "managed-by"
MANAGED_BY_US = "redshift-backup"
SLOT = TAG_PREFIX + "slot"
ORIGIN = TAG_PREFIX + "origin"
REQUEST_ID = TAG_PREFIX + "request-id"
SOURCE_SNAPSHOT = TAG_PREFIX + "source-snapshot"
SOURCE_CREATE_TIME = TAG_PREFIX + "source-create-time"
HOLD = TAG_PREFIX + "hold"
VERIFIED_RESULT = TAG_PREFIX + "verified-result"
DELETE_REFUSED_SINCE = TAG_PREFIX + "delete-refused-since"
RETENTION = TAG_PREFIX + "retention"
SOURCE_CLUSTER = TAG_PREFIX + "source-cluster"
# On clusters that are restored for a test.
DRILL = TAG_PREFIX + "drill"
EXPIRES_AT = TAG_PREFIX + "expires-at"

AVAILABLE = "available"
CREATING = "creating"
# The two states of a snapshot that will never hold data.
LOST_STATUSES = frozenset({"failed", "cancelled"})


_DRILL_CLUSTER = re.compile(r"drill(-[a-z0-9]+)+-[0-9a-f]{8}", re.A)


def is_drill_cluster(cluster_identifier: str) -> bool:
    """Tell whether a cluster is named as those that are restored for a test."""
    return _DRILL_CLUSTER.fullmatch(cluster_identifier) is not None


def iso_utc(instant: datetime) -> str:
    """Write an aware instant as tags and responses carry it: ISO 8601, UTC, ``Z``."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_instant(text: str) -> datetime | None:
    """Read an ISO 8601 instant with an offset; None for anything else."""
    try:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError):
        # The first and the last day of the calendar lie outside it in some offset.
        return None


@dataclass(frozen=True)
class Snapshot:
    """One snapshot as its owner sees it.

    :ivar create_time: when Redshift began it, aware UTC; the data is of that instant.
    :ivar accounts: the accounts that may restore it.
    :ivar progress: one phrase on how far AWS is, for the log.
    """

    identifier: str
    cluster_identifier: str
    create_time: datetime
    status: str
    snapshot_type: str = "manual"
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    accounts: frozenset[str] = frozenset()
    encrypted: bool = False
    kms_key_id: str | None = None
    progress: str = ""

    @property
    def data_time(self) -> datetime:
        """The instant the data is of: the source's creation when promoted, else our own."""
        if self.tags.get(ORIGIN) != "promoted":
            return self.create_time
        source_time = parse_instant(self.tags.get(SOURCE_CREATE_TIME, "")) or self.create_time
        # No copy is older than its source. A tag that says so must not make old data look fresh.
        return min(source_time, self.create_time)

    @property
    def slot(self) -> datetime | None:
        """The slot it was made for, if its tag says so."""
        return parse_instant(self.tags.get(SLOT, ""))

    @property
    def is_verified(self) -> bool:
        """Whether a restore of it has passed its validation."""
        return self.tags.get(VERIFIED_RESULT) == "passed"

    @property
    def is_lost(self) -> bool:
        """Whether it failed or was cancelled."""
        return self.status in LOST_STATUSES

    def age(self, now: datetime) -> timedelta:
        """How old the data is at ``now``."""
        return now - self.data_time


@dataclass(frozen=True)
class Chain:
    """The snapshots of one cluster that are ours, as a rule.

    :ivar prefix: of our identifiers, ``<prefix>-YYYYMMDD-HHMMSS``.
    :ivar required_accounts: every one must be able to restore; empty in the DR account.
    :ivar is_of_copies: of the DR account: snapshots of clusters restored for a test, whose tag
        names the cluster that the data is of.
    """

    cluster_identifier: str
    prefix: str
    required_accounts: frozenset[str] = frozenset()
    is_of_copies: bool = False

    @classmethod
    def of_copies(cls, source_cluster_identifier: str) -> "Chain":
        """Return the chain of the copies that the DR account owns of a source cluster."""
        prefix = f"{source_cluster_identifier}-dr"
        return cls(source_cluster_identifier, prefix, is_of_copies=True)

    def covers(self, snapshot: Snapshot) -> bool:
        """Tell whether the data of a snapshot is of this chain's cluster."""
        if self.is_of_copies:
            return (
                is_drill_cluster(snapshot.cluster_identifier)
                and snapshot.tags.get(SOURCE_CLUSTER) == self.cluster_identifier
            )
        return snapshot.cluster_identifier == self.cluster_identifier

    def names(self, snapshot: Snapshot) -> bool:
        """Tell whether the whole identifier is one that this chain gives."""
        pattern = re.escape(self.prefix) + r"-\d{8}-\d{6}"
        return re.fullmatch(pattern, snapshot.identifier, re.A) is not None

    def owns(self, snapshot: Snapshot) -> bool:
        """Tell whether a snapshot is ours: by tag, by cluster, and by its whole identifier."""
        return (
            snapshot.snapshot_type == "manual"
            and snapshot.tags.get(MANAGED_BY) == MANAGED_BY_US
            and self.covers(snapshot)
            and (snapshot.tags.get(ORIGIN) == "adopted" or self.names(snapshot))
        )

    def is_good(self, snapshot: Snapshot) -> bool:
        """Tell whether a snapshot counts as a backup: ours, available, shared as required."""
        return (
            self.owns(snapshot)
            and snapshot.status == AVAILABLE
            and self.required_accounts <= snapshot.accounts
        )


@dataclass(frozen=True)
class Cluster:
    """One cluster, as far as a backup of it, or a test in it, asks.

    :ivar availability: of its data, such as ``Available`` or ``Maintenance``; empty if not told.
    :ivar create_time: aware UTC; None if not told, as AWS may do while the cluster is made.
    :ivar is_restored: AWS tells the progress of a restore, which it does of no other cluster.
    """

    identifier: str
    status: str
    encrypted: bool
    kms_key_id: str | None
    automated_retention_days: int
    availability: str = ""
    create_time: datetime | None = None
    is_restored: bool = False
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class KeyFacts:
    """What KMS says of an encryption key; a fact that could not be read is in ``unread``.

    :ivar grants: None if they were not asked for, or not told.
    """

    key_id: str
    manager: str | None = None
    state: str | None = None
    policy: Mapping[str, object] | None = None
    grants: tuple[Mapping[str, object], ...] | None = None
    unread: tuple[str, ...] = ()
