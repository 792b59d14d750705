"""Each rule that keeps a snapshot alive, by its name; without its line the test fails."""

from dataclasses import replace
from datetime import timedelta

import pytest

from redshift_backup.errors import DeletionLimitError, StaleChainError
from redshift_backup.model import (
    HOLD,
    MANAGED_BY,
    ORIGIN,
    RETENTION,
    SOURCE_CREATE_TIME,
    VERIFIED_RESULT,
    Snapshot,
    iso_utc,
)
from redshift_backup.retention import (
    Plan,
    Policy,
    Verdict,
    plan_prune,
    recalled_policy,
    refusal,
    tag_to_leave,
)
from tests.unit.redshift_backup.builders import CHAIN, NOW, POLICY, policy, snapshot

FRESH = (snapshot(hours=1), snapshot(hours=2))


def plan_for(*snapshots: Snapshot, rules: Policy = POLICY) -> Plan:
    return plan_prune((*FRESH, *snapshots), CHAIN, rules, now=NOW)


def verdict_of(one: Snapshot, plan: Plan) -> str | None:
    return next((row.verdict for row in plan.rows if row.snapshot == one), None)


def test_expired_is_deleted_when_no_rule_keeps_it() -> None:
    old = snapshot(days=8)

    assert verdict_of(old, plan_for(old)) == Verdict.DELETE


def test_held_is_kept() -> None:
    held = snapshot(days=80, tags={HOLD: "legal"})

    assert verdict_of(held, plan_for(held)) == Verdict.HELD


def test_held_failed_is_kept() -> None:
    held = snapshot(days=80, status="failed", tags={HOLD: ""})

    assert verdict_of(held, plan_for(held)) == Verdict.HELD


def test_newest_good_is_kept() -> None:
    newest = snapshot(hours=25)
    rules = replace(POLICY, minimum_snapshots=0, retention_days=1)

    plan = plan_prune([newest, snapshot(days=3)], CHAIN, rules, now=NOW)

    assert [row.verdict for row in plan.rows] == [Verdict.KEEP, Verdict.DELETE]
    assert "newest good" in plan.rows[0].reason


def test_newest_verified_is_kept() -> None:
    passed = snapshot(days=30, tags={VERIFIED_RESULT: "passed"})
    older = snapshot(days=31, tags={VERIFIED_RESULT: "passed"})
    failed = snapshot(days=29, tags={VERIFIED_RESULT: "failed"})

    plan = plan_for(passed, older, failed)

    assert verdict_of(passed, plan) == Verdict.KEEP
    assert verdict_of(older, plan) == Verdict.DELETE
    assert verdict_of(failed, plan) == Verdict.DELETE


def test_floor_of_newest_good_is_kept() -> None:
    old = [snapshot(days=days) for days in (8, 9, 10)]

    plan = plan_for(*old, rules=policy(minimum_snapshots=4))

    assert [verdict_of(one, plan) for one in old] == [Verdict.KEEP, Verdict.KEEP, Verdict.DELETE]


def test_floor_counts_good_snapshots_only() -> None:
    unshared = [snapshot(hours=hours, accounts=()) for hours in (3, 4, 5)]
    good = [snapshot(days=8), snapshot(days=9)]

    plan = plan_prune([snapshot(hours=1), *unshared, *good], CHAIN, POLICY, now=NOW)

    assert [verdict_of(one, plan) for one in good] == [Verdict.KEEP, Verdict.DELETE]


def test_younger_than_retention_is_kept() -> None:
    inside = snapshot(days=7, hours=-0.01, accounts=())
    exactly = snapshot(days=7, accounts=())

    plan = plan_for(inside, exactly)

    assert verdict_of(inside, plan) == Verdict.KEEP
    assert verdict_of(exactly, plan) == Verdict.DELETE


def test_newest_good_of_each_week_is_kept() -> None:
    # NOW is a Wednesday: 9 days before is the Monday of the week before, 10 the Sunday before it.
    monday, sunday, saturday = (snapshot(days=days) for days in (9, 10, 11))

    plan = plan_for(monday, sunday, saturday, rules=policy(keep_weekly=3))

    assert verdict_of(monday, plan) == Verdict.KEEP
    assert verdict_of(sunday, plan) == Verdict.KEEP
    assert verdict_of(saturday, plan) == Verdict.DELETE
    assert verdict_of(sunday, plan_for(sunday, rules=policy(keep_weekly=2))) == Verdict.DELETE


def test_newest_good_of_each_month_is_kept() -> None:
    last_of_february, earlier, january = (snapshot(days=days) for days in (18, 20, 46))

    plan = plan_for(last_of_february, earlier, january, rules=policy(keep_monthly=2))

    assert verdict_of(last_of_february, plan) == Verdict.KEEP
    assert verdict_of(earlier, plan) == Verdict.DELETE
    assert verdict_of(january, plan) == Verdict.DELETE


def test_still_being_made_is_kept() -> None:
    creating = snapshot(days=30, status="creating")

    assert verdict_of(creating, plan_for(creating)) == Verdict.KEEP


def test_unknown_status_is_kept() -> None:
    odd = snapshot(days=30, status="final snapshot")

    assert verdict_of(odd, plan_for(odd)) == Verdict.KEEP


@pytest.mark.parametrize(
    "foreign",
    [
        snapshot(days=30, tags={MANAGED_BY: "another"}),
        snapshot(days=30, cluster="orders-archive"),
        snapshot(days=30, identifier="orders-lambda-snapshot-20200101-000000-copy"),
        snapshot(days=30, identifier="my-orders-lambda-snapshot-20200101-000000"),
        snapshot(days=30, identifier="orders-lambda-snapshot-archive-20200101-000000"),
        snapshot(days=30, snapshot_type="automated"),
    ],
    ids=["tag", "cluster", "suffix", "prefix", "infix", "automated"],
)
def test_what_is_not_ours_is_not_in_the_plan(foreign: Snapshot) -> None:
    assert verdict_of(foreign, plan_for(foreign)) is None


def test_adopted_is_ours_under_any_name() -> None:
    adopted = snapshot(days=30, identifier="before-the-migration", tags={ORIGIN: "adopted"})

    assert verdict_of(adopted, plan_for(adopted)) == Verdict.DELETE


def test_promoted_is_as_old_as_its_data() -> None:
    source = {ORIGIN: "promoted", SOURCE_CREATE_TIME: iso_utc(NOW - timedelta(days=9))}
    copied_today = snapshot(hours=3, tags=source)

    assert verdict_of(copied_today, plan_for(copied_today)) == Verdict.DELETE


def test_stale_chain_refuses_every_deletion() -> None:
    plan = plan_prune([snapshot(days=day) for day in (2, 8, 9, 10)], CHAIN, POLICY, now=NOW)

    assert isinstance(refusal(plan), StaleChainError)


def test_stale_chain_counts_good_snapshots_only() -> None:
    fresh = [snapshot(hours=1, accounts=()), snapshot(hours=2, status="creating")]

    plan = plan_prune([*fresh, snapshot(days=8), snapshot(days=9)], CHAIN, POLICY, now=NOW)

    assert isinstance(refusal(plan), StaleChainError)


def test_an_empty_chain_is_stale() -> None:
    assert isinstance(refusal(plan_prune([], CHAIN, POLICY, now=NOW)), StaleChainError)


def test_every_required_account_has_to_be_authorized() -> None:
    chain = replace(CHAIN, required_accounts=CHAIN.required_accounts | {"999988887777"})

    plan = plan_prune(FRESH, chain, POLICY, now=NOW)

    assert isinstance(refusal(plan), StaleChainError)


def test_deletion_limit_refuses_the_whole_plan() -> None:
    old = [snapshot(days=8 + day) for day in range(3)]

    at_limit = plan_for(*old, rules=policy(max_deletions=3))
    over = plan_for(*old, rules=policy(max_deletions=2))
    declined = refusal(over)

    assert refusal(at_limit) is None
    assert isinstance(declined, DeletionLimitError)
    assert declined.plan_sha256 == over.sha256
    assert over.sha256 in str(declined)


def test_only_this_plans_digest_lifts_the_limit() -> None:
    old = [snapshot(days=8 + day) for day in range(3)]
    rules = policy(max_deletions=2)
    plan = plan_for(*old, rules=rules)
    another = plan_for(*old[:2], snapshot(days=20), rules=rules)

    assert refusal(plan, plan.sha256) is None
    assert isinstance(refusal(another, plan.sha256), DeletionLimitError)


def test_an_approved_plan_has_a_limit_too() -> None:
    old = [snapshot(days=8 + day) for day in range(4)]
    plan = plan_for(*old, rules=policy(max_deletions=2, max_deletions_approved=3))

    for digest in (plan.sha256, None):
        declined = refusal(plan, digest)
        assert isinstance(declined, DeletionLimitError)
        assert "raise MAX_DELETIONS_APPROVED of the deployment, which is 3" in str(declined)


def test_failed_goes_after_a_day_outside_the_limit() -> None:
    recent = snapshot(hours=24, status="failed")
    old = [snapshot(hours=25 + hour, status="cancelled", accounts=()) for hour in range(3)]

    plan = plan_for(recent, *old, rules=policy(max_deletions=0))

    assert verdict_of(recent, plan) == Verdict.KEEP
    assert plan.counted_deletions == 0
    assert set(plan.deletions) == set(old)
    assert refusal(plan) is None


def test_failed_never_counts_as_good() -> None:
    assert not CHAIN.is_good(snapshot(hours=1, status="failed"))


def test_a_snapshot_listed_twice_fills_the_floor_once() -> None:
    newest, second, third = snapshot(hours=1), snapshot(days=8), snapshot(days=9)

    plan = plan_prune([newest, newest, second, third], CHAIN, POLICY, now=NOW)

    assert [row.verdict for row in plan.rows] == [Verdict.KEEP, Verdict.KEEP, Verdict.DELETE]


def test_a_deletion_names_both_numbers() -> None:
    (row,) = (row for row in plan_for(snapshot(days=8.1)).rows if row.verdict == Verdict.DELETE)

    assert row.reason == "expired: 8.1 days old, retention 7 days; no other rule keeps it"


def test_only_a_promoted_snapshot_is_as_old_as_a_source() -> None:
    source_time = iso_utc(NOW - timedelta(days=9))
    created = snapshot(hours=3, tags={ORIGIN: "created", SOURCE_CREATE_TIME: source_time})

    assert created.data_time == created.create_time


@pytest.mark.parametrize("text", ["soon", "", "0001-01-01T00:00:00+14:00", "2026-03-18T10:00:00"])
def test_a_source_instant_that_says_nothing_leaves_the_creation(text: str) -> None:
    promoted = snapshot(days=1, tags={ORIGIN: "promoted", SOURCE_CREATE_TIME: text})

    assert promoted.data_time == promoted.create_time


def test_a_longer_retention_of_an_event_is_left_for_runs_without_one() -> None:
    plan = plan_for(rules=policy(retention_days=30, keep_weekly=4))

    left = tag_to_leave(plan, POLICY.retention_days)

    assert left == (FRESH[0], "days=30 weekly=4 monthly=0")
    tagged = replace(FRESH[0], tags={**FRESH[0].tags, RETENTION: left[1]})
    assert recalled_policy([tagged, FRESH[1]], CHAIN, POLICY) == policy(
        retention_days=30, keep_weekly=4
    )
    again = plan_prune([tagged, FRESH[1]], CHAIN, plan.policy, now=NOW)
    assert tag_to_leave(again, POLICY.retention_days) is None


def test_the_deployments_retention_is_left_only_to_take_a_longer_one_back() -> None:
    longer = snapshot(days=2, tags={RETENTION: "days=30 weekly=0 monthly=0"})

    assert tag_to_leave(plan_for(), POLICY.retention_days) is None
    assert tag_to_leave(plan_for(longer), POLICY.retention_days) == (
        FRESH[0],
        "days=7 weekly=0 monthly=0",
    )


@pytest.mark.parametrize(
    "tagged",
    [
        snapshot(tags={RETENTION: "days=1 weekly=0 monthly=0"}),
        snapshot(tags={RETENTION: "for ever"}),
        snapshot(tags={RETENTION: "days=99 weekly=0 monthly=0", MANAGED_BY: "another"}),
    ],
    ids=["shorter", "malformed", "foreign"],
)
def test_a_recalled_retention_never_shortens(tagged: Snapshot) -> None:
    assert recalled_policy([tagged], CHAIN, POLICY) == POLICY
