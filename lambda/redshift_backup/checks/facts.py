"""What the checks look at, and what one of them says. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from redshift_backup.model import Chain, Cluster, KeyFacts, Snapshot
from redshift_backup.retention import Plan


class CheckStatus(StrEnum):
    """How a check ended; only FAILED makes the whole not ok."""

    OK = "OK"
    FAILED = "FAILED"
    WARNING = "WARNING"


@dataclass(frozen=True)
class Check:
    """One fact; ``next_step`` is empty when there is nothing to do."""

    name: str
    status: CheckStatus
    detail: str
    next_step: str = ""


@dataclass(frozen=True)
class Facts:
    """What the checks look at; what AWS refused to tell is empty here and named in ``denied``.

    :ivar cluster: None if it does not exist, or was not told; the DR account's function does not
        ask for it.
    :ivar keys: of the cluster and of its good snapshots, by ARN.
    :ivar plan: what a prune would do now; None if the snapshots were not told.
    :ivar overdue: identifiers that were to be deleted hours ago already.
    :ivar snapshots: every manual snapshot of the account and region, of any cluster and owner.
    :ivar allowed_accounts: with whom the deployment lets snapshots be shared.
    :ivar snapshot_quota: the account's quota of manual snapshots; None if it was not asked for,
        or not told.
    :ivar evidence_bucket: where the intents of restore tests are; None if nothing says.
    :ivar evidence_fault: why it cannot be looked into; None if it can, or was not asked.
    :ivar denied: AWS's answer by the action that it denied, such as ``redshift:DescribeClusters``.
    """

    chain: Chain
    cluster: Cluster | None
    keys: Mapping[str, KeyFacts]
    plan: Plan | None
    overdue: frozenset[str]
    snapshots: Sequence[Snapshot]
    allowed_accounts: frozenset[str]
    slot_window_hours: int
    maximum_age_hours: int
    snapshot_quota: int | None = None
    evidence_bucket: str | None = None
    evidence_fault: str | None = None
    denied: Mapping[str, str] = field(default_factory=dict)


def ok(name: str, detail: str) -> Check:
    """Nothing to do."""
    return Check(name, CheckStatus.OK, detail)


def failed(name: str, detail: str, next_step: str) -> Check:
    """A backup or a restore is at risk."""
    return Check(name, CheckStatus.FAILED, detail, next_step)


def warning(name: str, detail: str, next_step: str) -> Check:
    """Nothing is at risk yet, or it cannot be told."""
    return Check(name, CheckStatus.WARNING, detail, next_step)


def not_looked_at(name: str, reason: str, see: str) -> Check:
    """The check has nothing to go by; the check ``see`` tells why."""
    return warning(name, f"not looked at: {reason}", f"see {see}")


def first_of(names: Iterable[str]) -> str:
    """Name the first five."""
    listed = sorted(names)
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return ", ".join(listed[:5]) + more
