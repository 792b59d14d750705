"""Checks of the chain of snapshots: fresh, enough of them, none lost, stuck, stray or left over.

Pure.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta

from redshift_backup.checks.facts import Check, Facts, failed, first_of, not_looked_at, ok, warning
from redshift_backup.model import (
    CREATING,
    DELETE_REFUSED_SINCE,
    MANAGED_BY,
    MANAGED_BY_US,
    SOURCE_CLUSTER,
    Chain,
    Snapshot,
)
from redshift_backup.retention import Plan, Verdict, expired, plan_prune

# A snapshot holds what changed since the last one; no source says how long one may take, and a
# whole working shift is long for any.
STUCK_AFTER_HOURS = 6
# The contract has reconcile run every hour; so many runs are not missed by chance.
OVERDUE_AFTER_HOURS = 6
_HOUR = timedelta(hours=1)
_MAKING_A_COPY = "run the restore test of the cluster, which leaves a copy when it has passed"


def check_age(facts: Facts) -> Check:
    """Tell whether the newest good snapshot is fresh."""
    return _with_plan("newest_shared_snapshot_age", facts, _age)


def check_floor(facts: Facts) -> Check:
    """Tell whether there are as many good snapshots as a prune keeps whatever their age."""
    return _with_plan("minimum_snapshots", facts, _floor)


def check_lost(facts: Facts) -> Check:
    """Tell whether a snapshot of ours failed: its slot has no backup."""
    return _with_plan("failed_snapshots", facts, _lost)


def check_creating(facts: Facts) -> Check:
    """Tell whether a snapshot is being made for longer than any should take."""
    return _with_plan("creating_snapshots", facts, _creating)


def check_expired(facts: Facts) -> Check:
    """Tell whether what has expired also goes away."""
    return _with_plan(
        "expired_snapshots", facts, lambda name, plan: _expired(name, plan, facts.overdue)
    )


def check_strays(facts: Facts) -> Check:
    """Tell whether a snapshot is half ours: our name without our tag, or our tag on another name.

    Neither is shared, counted or pruned, and one with our name takes the name of its slot.
    """
    return _with_plan("stray_snapshots", facts, lambda name, plan: _strays(name, facts))


def overdue(snapshots: Iterable[Snapshot], plan: Plan) -> frozenset[str]:
    """Name what was to be deleted ``OVERDUE_AFTER_HOURS`` ago already, and is to be now.

    A snapshot that only just dropped out of a weekly or monthly rule is old and not overdue, so
    that its age cannot tell. What the snapshots of today replace counts as replaced then, too:
    it went with the first of them.
    """
    earlier = plan.now - OVERDUE_AFTER_HOURS * _HOUR
    then = plan_prune(snapshots, plan.chain, plan.policy, now=earlier)
    now = {one.identifier for one in plan.deletions}
    return frozenset(one.identifier for one in then.deletions if one.identifier in now)


def _with_plan(name: str, facts: Facts, judge: Callable[[str, Plan], Check]) -> Check:
    if facts.plan is None:
        return not_looked_at(name, "the snapshots could not be read", "permissions")
    return judge(name, facts.plan)


def _age(name: str, plan: Plan) -> Check:
    limit = plan.policy.maximum_age_hours
    if plan.newest_good_age is None:
        return failed(
            name,
            f"0 snapshots are good (ours, available, shared as required), 1 younger than {limit} "
            "hours is expected",
            _MAKING_A_COPY
            if plan.chain.is_of_copies
            else "run a backup, or reconcile to share what is there",
        )
    detail = f"{_hours(plan.newest_good_age)} hours, at most {limit} expected"
    if plan.is_stale and plan.policy.event_accounts:
        return _age_for_event_accounts(name, plan, detail)
    if plan.is_stale:
        return failed(
            name,
            detail,
            f"find out why restore tests stopped or fail, then {_MAKING_A_COPY}"
            if plan.chain.is_of_copies
            else "find out why backups or sharing stopped (schedule, errors), then run a backup",
        )
    return ok(name, detail)


def _age_for_event_accounts(name: str, plan: Plan, detail: str) -> Check:
    accounts = ", ".join(sorted(plan.policy.event_accounts))
    age = "none"
    if plan.judged_by is not None:
        age = f"{_hours(plan.judged_by.age(plan.now))} hours"
    return failed(
        name,
        f"{detail}; the newest that is shared with {accounts}, as the last event that pruned "
        f"required: {age}",
        "share with them again (backup, share), or prune for other accounts, which takes that "
        "back; until then reconcile deletes nothing",
    )


def _floor(name: str, plan: Plan) -> Check:
    good = sum(plan.chain.is_good(row.snapshot) for row in plan.rows)
    floor = plan.policy.minimum_snapshots
    detail = f"{good} good snapshots, at least {floor} expected"
    if good >= floor:
        return ok(name, detail)
    oldest = max((row.snapshot.age(plan.now) for row in plan.rows), default=timedelta())
    # A chain grows by one in MAXIMUM_AGE_HOURS at the slowest.
    due = 1 + oldest // (plan.policy.maximum_age_hours * _HOUR)
    if good >= due:
        return warning(
            name,
            f"{detail}; the chain began {_hours(oldest)} hours ago, {min(due, floor)} could be "
            "expected by now",
            f"nothing to do: the next {_makers(plan)} fill it",
        )
    if plan.chain.is_of_copies:
        return failed(name, detail, f"find out which tests left none, then {_MAKING_A_COPY}")
    return failed(name, detail, "find out which slots have no good snapshot, then run a backup")


def _lost(name: str, plan: Plan) -> Check:
    lost = [row.snapshot for row in plan.rows if row.snapshot.is_lost]
    detail = f"{len(lost)} snapshots failed or were cancelled, 0 expected"
    if not lost:
        return ok(name, detail)
    listed = first_of(f"{one.identifier} is {one.status}" for one in lost)
    again = "run the slot's backup again, which replaces it"
    if plan.chain.is_of_copies:
        again = _MAKING_A_COPY
    return failed(
        name,
        f"{detail}: {listed}",
        f"look into the cluster's events, then {again}; prune removes it after 24 hours",
    )


def _creating(name: str, plan: Plan) -> Check:
    making = [row.snapshot for row in plan.rows if row.snapshot.status == CREATING]
    limit = STUCK_AFTER_HOURS * _HOUR
    stuck = [one for one in making if plan.now - one.create_time > limit]
    detail = (
        f"{len(making)} snapshots are being made, {len(stuck)} for longer than "
        f"{STUCK_AFTER_HOURS} hours, 0 expected"
    )
    if not stuck:
        return ok(name, detail)
    listed = first_of(
        f"{one.identifier} since {_hours(plan.now - one.create_time)} hours ({one.progress})"
        for one in stuck
    )
    return failed(name, f"{detail}: {listed}", "look into the cluster's events, or ask AWS support")


def _expired(name: str, plan: Plan, overdue: frozenset[str]) -> Check:
    count, limit = expired(plan), plan.policy.max_deletions
    waiting = {
        row.snapshot.identifier
        for row in plan.rows
        if row.verdict is Verdict.DELETE and DELETE_REFUSED_SINCE in row.snapshot.tags
    }
    late = overdue - waiting
    detail = (
        f"{count} snapshots have expired, {len(late)} of them more than "
        f"{OVERDUE_AFTER_HOURS} hours ago, 0 expected; one run deletes at most {limit}"
    )
    if plan.counted_deletions > limit:
        return failed(
            name,
            detail,
            "look at the plan (prune), then approve it (prune --apply --approve SHA256)",
        )
    if count and plan.is_stale:
        verdict = failed if late else warning
        return verdict(
            name,
            f"{detail}; nothing is deleted while the chain is stale",
            "see newest_shared_snapshot_age",
        )
    if late:
        return failed(
            name,
            f"{detail}: {first_of(late)}",
            "find out why prune or reconcile does not run, then run prune",
        )
    if count:
        return warning(name, detail, "the next reconcile removes them")
    return ok(name, detail)


def _strays(name: str, facts: Facts) -> Check:
    found = {
        one.identifier: reason
        for one in facts.snapshots
        if (reason := _stray_reason(one, facts.chain)) is not None
    }
    detail = f"{len(found)} snapshots are half ours, 0 expected"
    if not found:
        return ok(name, detail)
    listed = first_of(f"{one} {reason}" for one, reason in found.items())
    take = "take each into management (adopt SNAPSHOT)"
    if facts.chain.is_of_copies:
        take = "set the tags that each lacks (CreateTags)"
    return failed(
        name,
        f"{detail}: {listed}",
        f"{take}, or remove its tag or the snapshot itself",
    )


def _stray_reason(snapshot: Snapshot, chain: Chain) -> str | None:
    if chain.owns(snapshot):
        return None
    has_name = chain.names(snapshot)
    has_tag = snapshot.tags.get(MANAGED_BY) == MANAGED_BY_US
    is_of_cluster = chain.covers(snapshot)
    if chain.is_of_copies and has_name and has_tag:
        return f"has our name without the tag {SOURCE_CLUSTER}, or is of no restore test"
    if has_tag:
        # Of another cluster it is another chain's, which looks after it.
        is_stray = is_of_cluster
        return f"has our tag and not our name {chain.prefix}-YYYYMMDD-HHMMSS" if is_stray else None
    if not has_name:
        return None
    owner = "" if is_of_cluster else f" and is of cluster {snapshot.cluster_identifier}"
    return f"has our name without the tag {MANAGED_BY}={MANAGED_BY_US}{owner}"


def _makers(plan: Plan) -> str:
    return "restore tests" if plan.chain.is_of_copies else "backups"


def _hours(age: timedelta) -> float:
    return round(age / _HOUR, 1)
