"""Which of our snapshots may go, and why each other one stays. Pure."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from redshift_backup.errors import DeletionLimitError, RefusedError, StaleChainError
from redshift_backup.model import AVAILABLE, HOLD, RETENTION, Chain, Snapshot

FAILED_KEPT_FOR = timedelta(hours=24)
_RETENTION_TAG = re.compile(
    r"days=(\d{1,4}) weekly=(\d{1,3}) monthly=(\d{1,3})(?: accounts=(\d{12}(?:\+\d{12})*))?", re.A
)
# AWS's limit for the value of a tag is 256 characters; what is before the accounts takes 42.
_MOST_ACCOUNTS_IN_TAG = 16


@dataclass(frozen=True)
class Policy:
    """The rules of one prune: the event's, within the deployment's limits.

    :ivar event_accounts: for a run without an event's accounts: those that the last event that
        pruned required, if others than the chain's. What is good by them is kept by the same
        rules, so that such a run never deletes what that event keeps.
    """

    retention_days: int
    keep_weekly: int
    keep_monthly: int
    minimum_snapshots: int
    maximum_age_hours: int
    max_deletions: int
    max_deletions_approved: int
    event_accounts: frozenset[str] = frozenset()

    @property
    def retention_tag(self) -> str:
        """What a run of an event leaves behind for runs that have no event's retention."""
        return f"days={self.retention_days} weekly={self.keep_weekly} monthly={self.keep_monthly}"


class Verdict(StrEnum):
    """What becomes of one snapshot."""

    KEEP = "keep"
    HELD = "held"
    DELETE = "delete"
    REFUSED = "refused"
    PENDING = "pending"


@dataclass(frozen=True)
class Row:
    """One snapshot of ours with its verdict; ``counts`` tells whether the limit counts it."""

    snapshot: Snapshot
    verdict: Verdict
    reason: str
    counts: bool = True


@dataclass(frozen=True)
class Plan:
    """One row for each snapshot of ours, newest first.

    :ivar newest_good: the newest good snapshot, None if there is none.
    :ivar is_stale: no good snapshot is younger than the maximum age.
    :ivar judged_by: the snapshot whose age tells that; older than the newest good one if only an
        older one is good by the accounts of the last event, None if none is.
    """

    chain: Chain
    rows: tuple[Row, ...]
    policy: Policy
    now: datetime
    newest_good: Snapshot | None
    is_stale: bool
    judged_by: Snapshot | None = None

    @property
    def newest_good_age(self) -> timedelta | None:
        """Age of the newest good snapshot, None if there is none."""
        return None if self.newest_good is None else self.newest_good.age(self.now)

    @property
    def deletions(self) -> tuple[Snapshot, ...]:
        """What the plan deletes, oldest first."""
        return tuple(row.snapshot for row in reversed(self.rows) if row.verdict is Verdict.DELETE)

    @property
    def counted_deletions(self) -> int:
        """How many deletions the limit counts: failed snapshots hold no data and are left out."""
        return sum(row.verdict is Verdict.DELETE and row.counts for row in self.rows)

    @property
    def sha256(self) -> str:
        """Digest of what the plan deletes; the same deletions have the same digest at any time."""
        deleted = sorted(snapshot.identifier for snapshot in self.deletions)
        text = json.dumps([self.chain.cluster_identifier, deleted], separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def refused(self, reason: str) -> "Plan":
        """Return the plan with every deletion turned into a refusal for this reason."""
        rows = tuple(
            replace(row, verdict=Verdict.REFUSED, reason=reason)
            if row.verdict is Verdict.DELETE
            else row
            for row in self.rows
        )
        return replace(self, rows=rows)


def plan_prune(
    snapshots: Iterable[Snapshot], chain: Chain, policy: Policy, *, now: datetime
) -> Plan:
    """Decide for every snapshot of ours whether it stays (contract, section 6, prune).

    :param snapshots: of any owner and order; those that are not ours have no row. One that is
        listed twice, as pages of a changing list may do, counts once.
    :param now: aware UTC; the only clock used.
    :return: the plan as the rules make it; :func:`refusal` tells whether it may be applied.
    """
    ours = sorted(
        {snapshot.identifier: snapshot for snapshot in snapshots if chain.owns(snapshot)}.values(),
        key=lambda one: (one.data_time, one.identifier),
        reverse=True,
    )
    good = [snapshot for snapshot in ours if chain.is_good(snapshot)]
    reasons = _reasons_to_keep(ours, good, policy, now)
    newest = [good[:1]]
    if policy.event_accounts:
        as_asked = replace(chain, required_accounts=policy.event_accounts)
        good_as_asked = [snapshot for snapshot in ours if as_asked.is_good(snapshot)]
        for name, more in _reasons_to_keep(ours, good_as_asked, policy, now).items():
            reasons[name] += [
                f"{reason} for the last event's accounts"
                for reason in more
                if reason not in reasons[name]
            ]
        newest.append(good_as_asked[:1])
    judged_by = (
        min((one for found in newest for one in found), key=lambda one: one.data_time)
        if all(newest)
        else None
    )
    age = judged_by.age(now) if judged_by is not None else None
    return Plan(
        chain=chain,
        rows=tuple(_row(snapshot, reasons[snapshot.identifier], policy, now) for snapshot in ours),
        policy=policy,
        now=now,
        newest_good=good[0] if good else None,
        is_stale=age is None or age >= timedelta(hours=policy.maximum_age_hours),
        judged_by=judged_by,
    )


def refusal(plan: Plan, approved_plan_sha256: str | None = None) -> RefusedError | None:
    """Tell why a plan must not be applied, or None.

    :param approved_plan_sha256: the digest that the event approves, if any.
    """
    cluster = plan.chain.cluster_identifier
    if plan.is_stale:
        age = _hours(plan.judged_by.age(plan.now)) if plan.judged_by is not None else None
        newest = "there is none" if age is None else f"the newest is {age} hours old"
        if plan.policy.event_accounts:
            newest += (
                f" (with {', '.join(sorted(plan.policy.event_accounts))}, as the last event that "
                "pruned required; a prune for other accounts takes that back)"
            )
        return StaleChainError(
            f"nothing of {cluster} is deleted: no good snapshot (ours, available, shared with "
            f"every required account) is younger than {plan.policy.maximum_age_hours} hours, "
            f"{newest}. Find out why backups or sharing stopped, then prune again"
        )
    approved = approved_plan_sha256 == plan.sha256
    most = plan.policy.max_deletions_approved
    limit = most if approved else plan.policy.max_deletions
    if plan.counted_deletions <= limit:
        return None
    next_step = (
        "look at the plan with dry_run, then send the event with "
        f"approved_plan_sha256={plan.sha256}"
    )
    if plan.counted_deletions > most:
        next_step = f"raise MAX_DELETIONS_APPROVED of the deployment, which is {most}; {next_step}"
    return DeletionLimitError(
        f"nothing of {cluster} is deleted: the plan deletes {plan.counted_deletions} snapshots "
        f"and one run may delete {limit}; the plan's sha256 is {plan.sha256}. If that is right, "
        f"{next_step}",
        plan_sha256=plan.sha256,
    )


def expired(plan: Plan) -> int:
    """Count the snapshots that no rule keeps, whether or not they may be deleted now."""
    return sum(
        row.verdict in (Verdict.DELETE, Verdict.REFUSED, Verdict.PENDING) for row in plan.rows
    )


def _reasons_to_keep(
    ours: Sequence[Snapshot], good: Sequence[Snapshot], policy: Policy, now: datetime
) -> Mapping[str, list[str]]:
    reasons: dict[str, list[str]] = {snapshot.identifier: [] for snapshot in ours}
    if good:
        reasons[good[0].identifier].append("newest good")
    verified = next((one for one in ours if one.is_verified and one.status == AVAILABLE), None)
    if verified is not None:
        reasons[verified.identifier].append("newest verified")
    # The newest verified may have lost its sharing since; it must not push out one that has it.
    shared = _first_verified(good)
    if shared is not None and shared != verified:
        reasons[shared.identifier].append("newest verified good")
    for snapshot in good[: policy.minimum_snapshots]:
        reasons[snapshot.identifier].append(f"floor of {policy.minimum_snapshots} good")
    for snapshot in ours:
        if snapshot.age(now) < timedelta(days=policy.retention_days):
            reasons[snapshot.identifier].append(f"younger than {policy.retention_days} days")
    for snapshot, name in _newest_of_each(good, _week, _last_weeks(now, policy.keep_weekly)):
        reasons[snapshot.identifier].append(f"newest good of week {name}")
    for snapshot, name in _newest_of_each(good, _month, _last_months(now, policy.keep_monthly)):
        reasons[snapshot.identifier].append(f"newest good of month {name}")
    return reasons


def recalled_policy(snapshots: Iterable[Snapshot], chain: Chain, policy: Policy) -> Policy:
    """Lengthen a policy to what the last event that pruned the chain asked for.

    ``reconcile`` has no fields for it, and by the deployment's retention alone it would delete
    what events with a longer one keep. A tag that cannot be read, as one edited by hand, says
    nothing: the one before it counts.

    :param policy: the deployment's; nothing of it gets shorter.
    """
    tagged = [
        one
        for one in snapshots
        if chain.owns(one) and _RETENTION_TAG.fullmatch(one.tags.get(RETENTION, ""))
    ]
    # The newest good snapshot carries the last event's tag; one that is newer but good no more
    # carries the tag of an event before, which may have asked for less.
    for candidates in (tagged, [one for one in tagged if chain.is_good(one)]):
        newest = max(candidates, key=lambda one: (one.data_time, one.identifier), default=None)
        numbers = _RETENTION_TAG.fullmatch(newest.tags[RETENTION] if newest is not None else "")
        if numbers is None:
            continue
        days, weekly, monthly = map(int, numbers.groups()[:3])
        asked = frozenset((numbers[4] or "").split("+")) - {""}
        policy = replace(
            policy,
            retention_days=max(policy.retention_days, days),
            keep_weekly=max(policy.keep_weekly, weekly),
            keep_monthly=max(policy.keep_monthly, monthly),
            event_accounts=policy.event_accounts or asked,
        )
    if not chain.required_accounts or policy.event_accounts == chain.required_accounts:
        # The DR account shares with nobody, whatever a tag that came with a copy says.
        return replace(policy, event_accounts=frozenset())
    return policy


def tag_to_leave(
    plan: Plan, deployed_retention_days: int, deployed_account: str | None = None
) -> tuple[Snapshot, str] | None:
    """Tell which snapshot has to carry the retention of this plan's event, and the tag's value.

    :param deployed_retention_days: what runs without an event's retention go by.
    :param deployed_account: the account that they require; None where they have none.
    :return: the newest good snapshot, which no rule lets go; None where nothing has to be said.
    """
    if plan.newest_good is None:
        return None
    wanted, policy = plan.policy.retention_tag, plan.policy
    required = sorted(plan.chain.required_accounts)
    has_other_accounts = deployed_account is not None and required != [deployed_account]
    if has_other_accounts:
        wanted += f" accounts={'+'.join(required[:_MOST_ACCOUNTS_IN_TAG])}"
    is_plain = policy.retention_days <= deployed_retention_days and not (
        policy.keep_weekly or policy.keep_monthly
    )
    if plan.newest_good.tags.get(RETENTION) == wanted:
        return None
    if has_other_accounts:
        return plan.newest_good, wanted
    if is_plain and not any(RETENTION in row.snapshot.tags for row in plan.rows):
        return None
    return plan.newest_good, wanted


def _first_verified(snapshots: Sequence[Snapshot]) -> Snapshot | None:
    return next((one for one in snapshots if one.is_verified), None)


def _row(snapshot: Snapshot, reasons: Sequence[str], policy: Policy, now: datetime) -> Row:
    if HOLD in snapshot.tags:
        return Row(snapshot, Verdict.HELD, f"hold: {snapshot.tags[HOLD] or 'no reason is given'}")
    if snapshot.is_lost:
        hours = _hours(snapshot.age(now))
        if snapshot.age(now) > FAILED_KEPT_FOR:
            reason = f"{snapshot.status}, {hours} hours old, kept for 24"
            return Row(snapshot, Verdict.DELETE, reason, counts=False)
        return Row(snapshot, Verdict.KEEP, f"{snapshot.status} less than 24 hours ago")
    if snapshot.status != AVAILABLE:
        return Row(snapshot, Verdict.KEEP, f"its status is {snapshot.status}")
    if reasons:
        return Row(snapshot, Verdict.KEEP, ", ".join(reasons))
    days = round(snapshot.age(now) / timedelta(days=1), 1)
    reason = (
        f"expired: {days} days old, retention {policy.retention_days} days; no other rule keeps it"
    )
    return Row(snapshot, Verdict.DELETE, reason)


def _newest_of_each(
    good: Sequence[Snapshot], period: Callable[[datetime], str], wanted: Sequence[str]
) -> list[tuple[Snapshot, str]]:
    newest: dict[str, Snapshot] = {}
    for snapshot in good:
        newest.setdefault(period(snapshot.data_time), snapshot)
    return [(newest[name], name) for name in wanted if name in newest]


def _week(instant: datetime) -> str:
    year, week, _ = instant.astimezone(UTC).isocalendar()
    return f"{year}-W{week:02d}"


def _month(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m}"


def _last_weeks(now: datetime, count: int) -> list[str]:
    return [_week(now - timedelta(weeks=back)) for back in range(count)]


def _last_months(now: datetime, count: int) -> list[str]:
    utc = now.astimezone(UTC)
    months = utc.year * 12 + utc.month - 1
    return [f"{(months - back) // 12:04d}-{(months - back) % 12 + 1:02d}" for back in range(count)]


def _hours(age: timedelta) -> float:
    return round(age.total_seconds() / 3600, 1)
