"""What an event shared more widely outlives runs that know the deployment's account only."""

from dataclasses import replace

import pytest

from redshift_backup.errors import StaleChainError
from redshift_backup.model import RETENTION, Chain, Snapshot
from redshift_backup.retention import (
    Plan,
    Policy,
    Verdict,
    plan_prune,
    recalled_policy,
    refusal,
    tag_to_leave,
)
from tests.unit.redshift_backup.builders import CHAIN, NOW, POLICY, TARGET, snapshot

SECOND = "111122223333"
BOTH = (TARGET, SECOND)
WIDER = replace(POLICY, event_accounts=frozenset(BOTH))
TAG = f"days=7 weekly=0 monthly=0 accounts={TARGET}+{SECOND}"


def plan_for(*snapshots: Snapshot, rules: Policy = WIDER, chain: Chain = CHAIN) -> Plan:
    return plan_prune(snapshots, chain, rules, now=NOW)


def test_what_is_good_for_the_last_events_accounts_is_kept() -> None:
    fresh = [snapshot(hours=hours) for hours in (1, 2, 3)]
    wide, older, oldest = (snapshot(days=days, accounts=BOTH) for days in (8, 9, 10))

    plan = plan_for(*fresh, wide, older, oldest)

    verdicts = {row.snapshot: row.verdict for row in plan.rows}
    assert (verdicts[wide], verdicts[older]) == (Verdict.KEEP, Verdict.KEEP)
    assert verdicts[oldest] is Verdict.DELETE


def test_nothing_is_deleted_while_no_snapshot_for_the_last_events_accounts_is_fresh() -> None:
    fresh = [snapshot(hours=hours) for hours in (1, 2)]

    stale = plan_for(*fresh, snapshot(days=2, accounts=BOTH), snapshot(days=9))
    missing = plan_for(*fresh, snapshot(days=9))

    for plan in (stale, missing):
        declined = refusal(plan)
        assert isinstance(declined, StaleChainError)
        assert SECOND in str(declined)
    assert refusal(plan_for(*fresh, rules=POLICY)) is None


def test_a_fresh_snapshot_for_the_last_events_accounts_alone_is_not_enough() -> None:
    asks_for_second = replace(POLICY, event_accounts=frozenset({SECOND}))
    plan = plan_for(snapshot(hours=1, accounts=(SECOND,)), rules=asks_for_second)

    assert isinstance(refusal(plan), StaleChainError)


def test_the_dr_account_goes_by_no_accounts_of_a_tag() -> None:
    copies = Chain(CHAIN.cluster_identifier, CHAIN.prefix)
    tagged = snapshot(accounts=(), tags={RETENTION: TAG})

    assert recalled_policy([tagged], copies, POLICY).event_accounts == frozenset()


def test_the_chains_own_accounts_are_not_asked_for_twice() -> None:
    both = replace(CHAIN, required_accounts=frozenset(BOTH))

    recalled = recalled_policy([snapshot(tags={RETENTION: TAG})], both, POLICY)

    assert recalled.event_accounts == frozenset()
    assert recalled_policy([snapshot(tags={RETENTION: TAG})], CHAIN, POLICY) == WIDER


@pytest.mark.parametrize(("required", "left"), [(BOTH, TAG), ((TARGET,), None)])
def test_other_accounts_than_the_deployments_are_left_behind(
    required: tuple[str, ...], left: str | None
) -> None:
    chain = replace(CHAIN, required_accounts=frozenset(required))
    newest = snapshot(hours=1, accounts=BOTH)

    plan = plan_for(newest, rules=POLICY, chain=chain)

    wanted = None if left is None else (newest, left)
    assert tag_to_leave(plan, POLICY.retention_days, TARGET) == wanted


def test_a_longer_retention_is_left_also_where_no_tag_is_there() -> None:
    plan = plan_for(snapshot(hours=1), rules=replace(POLICY, retention_days=30))

    left = tag_to_leave(plan, POLICY.retention_days, TARGET)

    assert left is not None
    assert left[1] == "days=30 weekly=0 monthly=0"
