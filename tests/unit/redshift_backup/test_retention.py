"""Properties of every plan, whatever is on the shelf."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from redshift_backup.errors import StaleChainError
from redshift_backup.model import (
    HOLD,
    ORIGIN,
    RETENTION,
    SOURCE_CREATE_TIME,
    VERIFIED_RESULT,
    Snapshot,
    iso_utc,
)
from redshift_backup.retention import (
    Policy,
    Verdict,
    expired,
    plan_prune,
    recalled_policy,
    refusal,
    tag_to_leave,
)
from tests.unit.redshift_backup.builders import CHAIN, NOW, POLICY, TARGET, policy, snapshot
from tests.unit.redshift_backup.strategies import SECOND_TARGET

SNAPSHOTS = st.builds(
    lambda minutes, status, shared, hold, verified: snapshot(
        hours=minutes / 60,
        status=status,
        accounts=(TARGET,) if shared else (),
        tags=({HOLD: "x"} if hold else {}) | ({VERIFIED_RESULT: "passed"} if verified else {}),
    ),
    st.integers(min_value=-60, max_value=60 * 24 * 400),
    st.sampled_from(["available", "available", "available", "failed", "creating"]),
    st.booleans(),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([False, False, True]),
)
SHELVES = st.lists(SNAPSHOTS, max_size=25, unique_by=lambda one: one.identifier)
POLICIES = st.builds(
    Policy,
    retention_days=st.integers(1, 60),
    keep_weekly=st.integers(0, 8),
    keep_monthly=st.integers(0, 14),
    minimum_snapshots=st.integers(1, 5),
    maximum_age_hours=st.integers(1, 100),
    max_deletions=st.integers(0, 20),
    max_deletions_approved=st.integers(20, 200),
)


FRESH = [snapshot(hours=1), snapshot(hours=2)]


def deleted(shelf: list[Snapshot], rules: Policy) -> set[str]:
    plan = plan_prune(shelf, CHAIN, rules, now=NOW)
    return {one.identifier for one in plan.deletions}


@given(SHELVES, POLICIES)
def test_every_snapshot_of_ours_has_exactly_one_row(shelf: list[Snapshot], rules: Policy) -> None:
    plan = plan_prune(shelf, CHAIN, rules, now=NOW)

    assert sorted(row.snapshot.identifier for row in plan.rows) == sorted(
        one.identifier for one in shelf
    )
    assert all(row.reason for row in plan.rows)


@given(SHELVES, POLICIES)
def test_the_floor_survives_every_plan(shelf: list[Snapshot], rules: Policy) -> None:
    gone = deleted(shelf, rules)
    good = [one for one in shelf if CHAIN.is_good(one)]
    left = [one for one in good if one.identifier not in gone]

    assert len(left) >= min(rules.minimum_snapshots, len(good))


@given(SHELVES, POLICIES)
def test_held_is_never_deleted(shelf: list[Snapshot], rules: Policy) -> None:
    held = {one.identifier for one in shelf if HOLD in one.tags}

    assert not held & deleted(shelf, rules)


@given(SHELVES, POLICIES, st.randoms())
def test_the_order_of_the_shelf_does_not_matter(
    shelf: list[Snapshot], rules: Policy, random: st.DataObject
) -> None:
    shuffled = list(shelf)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert plan_prune(shelf, CHAIN, rules, now=NOW) == plan_prune(shuffled, CHAIN, rules, now=NOW)


@given(SHELVES, POLICIES, st.integers(0, 30), st.integers(0, 5), st.integers(0, 5))
def test_a_more_permissive_policy_never_deletes_more(
    shelf: list[Snapshot], rules: Policy, days: int, weeks: int, floor: int
) -> None:
    looser = replace(
        rules,
        retention_days=rules.retention_days + days,
        keep_weekly=rules.keep_weekly + weeks,
        keep_monthly=rules.keep_monthly + weeks,
        minimum_snapshots=rules.minimum_snapshots + floor,
    )

    assert deleted(shelf, looser) <= deleted(shelf, rules)


@given(SHELVES, POLICIES)
def test_a_second_run_deletes_nothing_more(shelf: list[Snapshot], rules: Policy) -> None:
    gone = deleted(shelf, rules)

    assert deleted([one for one in shelf if one.identifier not in gone], rules) == set()


def test_the_digest_does_not_change_while_time_passes() -> None:
    shelf = [snapshot(hours=1), snapshot(hours=2), snapshot(days=9), snapshot(days=10)]

    first = plan_prune(shelf, CHAIN, POLICY, now=NOW)
    later = plan_prune(shelf, CHAIN, POLICY, now=NOW + timedelta(hours=1))

    assert (len(first.deletions), first.sha256) == (2, later.sha256)


def test_weeks_are_iso_weeks_at_the_turn_of_the_year() -> None:
    # Sunday 3 January 2027 is of week 53 of 2026, Monday the 4th of week 1 of 2027.
    now = datetime(2027, 1, 4, 12, tzinfo=UTC)
    monday, sunday, friday = (snapshot(hours=hours, now=now) for hours in (2, 26, 74))
    rules = policy(retention_days=1, keep_weekly=2, minimum_snapshots=1)

    plan = plan_prune([monday, sunday, friday], CHAIN, rules, now=now)

    reasons = {row.snapshot: row.reason for row in plan.rows}
    assert "week 2027-W01" in reasons[monday]
    assert "week 2026-W53" in reasons[sunday]
    assert plan.deletions == (friday,)


def test_months_go_back_over_the_turn_of_the_year_and_a_leap_day() -> None:
    now = datetime(2028, 3, 1, 12, tzinfo=UTC)
    leap_day, january, december = (snapshot(days=days, now=now) for days in (1, 31, 61))
    rules = policy(retention_days=1, keep_monthly=4, minimum_snapshots=1, maximum_age_hours=48)

    plan = plan_prune([leap_day, january, december], CHAIN, rules, now=now)

    reasons = {row.snapshot: row.reason for row in plan.rows}
    assert "month 2028-02" in reasons[leap_day]
    assert "month 2028-01" in reasons[january]
    assert "month 2027-12" in reasons[december]


def test_a_refused_plan_shows_each_deletion_as_refused_and_expired() -> None:
    plan = plan_prune(
        [snapshot(hours=1), snapshot(hours=2), snapshot(days=9)],
        CHAIN,
        policy(max_deletions=0),
        now=NOW,
    )
    declined = refusal(plan)

    assert declined is not None
    shown = plan.refused(str(declined))
    assert [row.verdict for row in shown.rows] == [Verdict.KEEP, Verdict.KEEP, Verdict.REFUSED]
    assert expired(shown) == expired(plan) == 1


def test_a_verified_snapshot_that_lost_its_sharing_pushes_no_shared_one_out() -> None:
    unshared = snapshot(days=20, accounts=(), tags={VERIFIED_RESULT: "passed"})
    shared = snapshot(days=30, tags={VERIFIED_RESULT: "passed"})
    older = snapshot(days=31, tags={VERIFIED_RESULT: "passed"})

    assert deleted([*FRESH, unshared, shared, older], POLICY) == {older.identifier}


def test_a_verified_snapshot_that_is_going_pushes_no_other_out() -> None:
    going = snapshot(days=20, status="deleting", tags={VERIFIED_RESULT: "passed"})
    left = snapshot(days=30, accounts=(), tags={VERIFIED_RESULT: "passed"})

    assert deleted([*FRESH, going, left], POLICY) == set()


def test_a_source_of_the_future_does_not_make_old_data_fresh() -> None:
    future = {ORIGIN: "promoted", SOURCE_CREATE_TIME: iso_utc(NOW + timedelta(days=900))}
    promoted = snapshot(days=3, tags=future)

    assert promoted.data_time == promoted.create_time
    assert plan_prune([promoted], CHAIN, POLICY, now=NOW).is_stale


def test_a_newer_snapshot_that_is_good_no_more_does_not_shorten_what_is_recalled() -> None:
    before = snapshot(hours=1, accounts=(), tags={RETENTION: "days=10 weekly=0 monthly=1"})
    last = snapshot(hours=2, tags={RETENTION: "days=60 weekly=2 monthly=0"})

    recalled = recalled_policy([before, last], CHAIN, POLICY)

    assert recalled == policy(retention_days=60, keep_weekly=2, keep_monthly=1)


def test_the_last_copy_of_two_accounts_outlives_runs_that_require_one() -> None:
    both = frozenset({TARGET, SECOND_TARGET})
    shared_twice = [snapshot(hours=1, accounts=tuple(both)), snapshot(days=9, accounts=tuple(both))]
    event = plan_prune(shared_twice, replace(CHAIN, required_accounts=both), POLICY, now=NOW)
    left = tag_to_leave(event, POLICY.retention_days, TARGET)
    assert left == (shared_twice[0], f"{POLICY.retention_tag} accounts={TARGET}+{SECOND_TARGET}")
    tagged = replace(shared_twice[0], tags={**shared_twice[0].tags, RETENTION: left[1]})

    # Ten days on, sharing with the second account has been broken all the while.
    later = NOW + timedelta(days=10)
    shelf = [*(snapshot(days=day, now=later) for day in range(10)), tagged, shared_twice[1]]
    plan = plan_prune(shelf, CHAIN, recalled_policy(shelf, CHAIN, POLICY), now=later)

    assert isinstance(refusal(plan), StaleChainError)
    assert SECOND_TARGET in str(refusal(plan))
    assert not {tagged.identifier, shared_twice[1].identifier} & {
        one.identifier for one in plan.deletions
    }


def test_accounts_of_an_event_are_taken_back_by_one_that_requires_the_deployments() -> None:
    before = {RETENTION: f"days=7 weekly=0 monthly=0 accounts={TARGET}+{SECOND_TARGET}"}
    shelf = [snapshot(hours=1), snapshot(hours=2, tags=before)]
    plan = plan_prune(shelf, CHAIN, POLICY, now=NOW)

    left = tag_to_leave(plan, POLICY.retention_days, TARGET)
    assert left == (shelf[0], "days=7 weekly=0 monthly=0")
    after = [replace(shelf[0], tags={**shelf[0].tags, RETENTION: left[1]}), shelf[1]]
    assert recalled_policy(after[:1], CHAIN, POLICY) == POLICY


def test_the_dr_account_recalls_no_accounts() -> None:
    before = {RETENTION: f"days=7 weekly=0 monthly=0 accounts={TARGET}+{SECOND_TARGET}"}
    nobody = replace(CHAIN, required_accounts=frozenset())

    assert recalled_policy([snapshot(tags=before)], nobody, POLICY) == POLICY
