"""What may be wrong with a cluster's backups, as rows with both numbers and a next step. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from redshift_backup.model import AVAILABLE, Cluster, KeyFacts
from redshift_backup.retention import Plan, expired
from redshift_backup.sharing import key_refusal, key_warnings

# Redshift's default for manual snapshots in one account and region; it can be raised, and no
# call tells the raised value.
DEFAULT_SNAPSHOT_QUOTA = 20


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
    """What the checks look at.

    :ivar manual_snapshots: how many the account and region hold, of every cluster and owner.
    :ivar allowed_accounts: with whom the deployment lets snapshots be shared.
    """

    cluster: Cluster | None
    key: KeyFacts | None
    plan: Plan
    manual_snapshots: int
    allowed_accounts: frozenset[str]


def check_all(facts: Facts) -> list[Check]:
    """Judge the facts, always in the same order."""
    return [
        _cluster(facts),
        _key(facts),
        _age(facts.plan),
        _floor(facts.plan),
        _strangers(facts),
        _failed_snapshots(facts.plan),
        _expired(facts.plan),
        _quota(facts),
        _automated_retention(facts),
    ]


def _cluster(facts: Facts) -> Check:
    name, cluster = "cluster", facts.cluster
    if cluster is None:
        missing = facts.plan.chain.cluster_identifier
        return Check(
            name,
            CheckStatus.FAILED,
            f"{missing} does not exist",
            "correct the name or stop its backups",
        )
    if cluster.status != AVAILABLE:
        detail = f"{cluster.identifier} is {cluster.status}, a snapshot needs {AVAILABLE}"
        return Check(name, CheckStatus.WARNING, detail, "wait for it, or resume it")
    return Check(name, CheckStatus.OK, f"{cluster.identifier} is {cluster.status}")


def _key(facts: Facts) -> Check:
    name, cluster = "encryption_key", facts.cluster
    if cluster is None:
        return Check(name, CheckStatus.WARNING, "not looked at: no cluster", "see check cluster")
    refusal = key_refusal(cluster.encrypted, cluster.kms_key_id, facts.key, cluster.identifier)
    if refusal is not None:
        return Check(
            name, CheckStatus.FAILED, refusal, "move the cluster to a customer managed key"
        )
    if facts.key is None:
        return Check(name, CheckStatus.OK, f"{cluster.identifier} is not encrypted")
    warnings = key_warnings(facts.key, sorted(facts.plan.chain.required_accounts))
    if warnings:
        next_step = "let the target account use the key, then prove it by a restore"
        return Check(name, CheckStatus.WARNING, "; ".join(warnings), next_step)
    return Check(name, CheckStatus.OK, f"{facts.key.key_id} admits the required accounts")


def _age(plan: Plan) -> Check:
    name, limit = "newest_shared_snapshot_age", plan.policy.maximum_age_hours
    if plan.newest_good_age is None:
        detail = f"no snapshot is shared as required, one younger than {limit} hours is expected"
        return Check(
            name, CheckStatus.FAILED, detail, "run a backup, or reconcile to share what is there"
        )
    hours = round(plan.newest_good_age / timedelta(hours=1), 1)
    detail = f"{hours} hours, at most {limit} expected"
    if plan.is_stale:
        return Check(name, CheckStatus.FAILED, detail, "find out why backups or sharing stopped")
    return Check(name, CheckStatus.OK, detail)


def _floor(plan: Plan) -> Check:
    good = sum(plan.chain.is_good(row.snapshot) for row in plan.rows)
    floor = plan.policy.minimum_snapshots
    detail = f"{good} good snapshots, at least {floor} expected"
    if good < floor:
        return Check(
            "minimum_snapshots", CheckStatus.FAILED, detail, "run a backup, then check again"
        )
    return Check("minimum_snapshots", CheckStatus.OK, detail)


def _strangers(facts: Facts) -> Check:
    shared_wrong = {
        row.snapshot.identifier: sorted(row.snapshot.accounts - facts.allowed_accounts)
        for row in facts.plan.rows
        if row.snapshot.accounts - facts.allowed_accounts
    }
    detail = f"{len(shared_wrong)} snapshots are shared outside the allow-list, 0 expected"
    if not shared_wrong:
        return Check("strangers", CheckStatus.OK, detail)
    first, accounts = next(iter(shared_wrong.items()))
    return Check(
        "strangers",
        CheckStatus.FAILED,
        f"{detail}; {first} with {', '.join(accounts)}",
        "share each with revoke_strangers=true, and find out who shared it",
    )


def _failed_snapshots(plan: Plan) -> Check:
    failed = [row.snapshot.identifier for row in plan.rows if row.snapshot.is_lost]
    detail = f"{len(failed)} snapshots failed or were cancelled, 0 expected"
    if not failed:
        return Check("failed_snapshots", CheckStatus.OK, detail)
    next_step = "look into the cluster's events; prune removes them after 24 hours"
    return Check("failed_snapshots", CheckStatus.WARNING, f"{detail}: {_first(failed)}", next_step)


def _expired(plan: Plan) -> Check:
    count, limit = expired(plan), plan.policy.max_deletions
    detail = f"{count} snapshots have expired, one run deletes at most {limit}"
    if plan.counted_deletions > limit:
        next_step = "look at prune with dry_run, then approve its plan_sha256"
        return Check("expired_snapshots", CheckStatus.FAILED, detail, next_step)
    if count:
        return Check(
            "expired_snapshots", CheckStatus.WARNING, detail, "the next prune removes them"
        )
    return Check("expired_snapshots", CheckStatus.OK, detail)


def _quota(facts: Facts) -> Check:
    count = facts.manual_snapshots
    detail = f"{count} manual snapshots, {DEFAULT_SNAPSHOT_QUOTA} is the default quota"
    if count >= DEFAULT_SNAPSHOT_QUOTA - 1:
        next_step = "make sure that the account's quota is higher, or ask AWS to raise it"
        return Check("snapshot_quota", CheckStatus.WARNING, detail, next_step)
    return Check("snapshot_quota", CheckStatus.OK, detail)


def _automated_retention(facts: Facts) -> Check:
    name, cluster = "automated_snapshots", facts.cluster
    if cluster is None:
        return Check(name, CheckStatus.WARNING, "not looked at: no cluster", "see check cluster")
    days = cluster.automated_retention_days
    detail = f"kept for {days} day(s), missed slots can be filled from them for as long"
    if days < 1:
        return Check(name, CheckStatus.WARNING, detail, "set AutomatedSnapshotRetentionPeriod")
    return Check(name, CheckStatus.OK, detail)


def _first(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
