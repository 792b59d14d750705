"""What holds for every plan, whatever is on the shelf, at whatever instant, under any policy."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from redshift_backup.errors import DeletionLimitError, RefusedError, StaleChainError
from redshift_backup.model import AVAILABLE, HOLD, RETENTION, Snapshot
from redshift_backup.retention import (
    FAILED_KEPT_FOR,
    Plan,
    Policy,
    Verdict,
    expired,
    plan_prune,
    recalled_policy,
    refusal,
    tag_to_leave,
)
from tests.unit.redshift_backup.builders import CHAIN, NOW, POLICY, TARGET, snapshot
from tests.unit.redshift_backup.strategies import (
    INSTANTS,
    POLICIES,
    SECOND_TARGET,
    names,
    our_snapshots,
    scenes,
)

Scene = tuple[list[Snapshot], Policy, datetime]
SCENES = scenes()


def plan_of(scene: Scene) -> Plan:
    shelf, rules, now = scene
    return plan_prune(shelf, CHAIN, rules, now=now)


def deleted(scene: Scene) -> set[str]:
    return names(plan_of(scene).deletions)


def good_of(shelf: list[Snapshot]) -> list[Snapshot]:
    good = [one for one in shelf if CHAIN.is_good(one)]
    return sorted(good, key=lambda one: (one.data_time, one.identifier), reverse=True)


@given(SCENES)
def test_a_plan_is_a_partition_of_ours_and_touches_nothing_else(scene: Scene) -> None:
    plan = plan_of(scene)

    listed = [row.snapshot.identifier for row in plan.rows]
    assert sorted(listed) == sorted(names([one for one in scene[0] if CHAIN.owns(one)]))
    assert all(row.reason for row in plan.rows)
    assert {row.verdict for row in plan.rows} <= {Verdict.KEEP, Verdict.HELD, Verdict.DELETE}
    assert expired(plan) == len(plan.deletions)


@given(SCENES, st.randoms(use_true_random=False))
def test_order_and_repetition_of_the_list_do_not_matter(
    scene: Scene, random: st.DataObject
) -> None:
    shelf, rules, now = scene
    listed = [*shelf, *shelf[: len(shelf) // 2]]
    random.shuffle(listed)  # type: ignore[attr-defined]

    assert plan_prune(listed, CHAIN, rules, now=now) == plan_of(scene)


@given(SCENES)
def test_what_is_not_ours_changes_nothing_for_ours(scene: Scene) -> None:
    shelf, rules, now = scene

    assert plan_of(scene) == plan_of(([one for one in shelf if CHAIN.owns(one)], rules, now))


@given(SCENES, st.integers(0, 40), st.integers(0, 6), st.integers(0, 6), st.integers(0, 4))
def test_a_longer_policy_never_deletes_more(
    scene: Scene, days: int, weeks: int, months: int, floor: int
) -> None:
    shelf, rules, now = scene
    longer = replace(
        rules,
        retention_days=rules.retention_days + days,
        keep_weekly=rules.keep_weekly + weeks,
        keep_monthly=rules.keep_monthly + months,
        minimum_snapshots=rules.minimum_snapshots + floor,
    )

    assert deleted((shelf, longer, now)) <= deleted(scene)


@given(SCENES, st.data())
def test_a_run_after_a_whole_or_broken_run_deletes_only_what_is_left(
    scene: Scene, data: st.DataObject
) -> None:
    shelf, rules, now = scene
    doomed = deleted(scene)
    gone = data.draw(st.sets(st.sampled_from(sorted(doomed))) if doomed else st.just(set()))

    after_a_part = [one for one in shelf if one.identifier not in gone]
    after_all = [one for one in shelf if one.identifier not in doomed]
    assert deleted((after_a_part, rules, now)) == doomed - gone
    assert deleted((after_all, rules, now)) == set()


@given(SCENES)
def test_held_is_never_deleted(scene: Scene) -> None:
    plan = plan_of(scene)

    held = [row for row in plan.rows if HOLD in row.snapshot.tags]
    assert all(row.verdict is Verdict.HELD for row in held)


@given(SCENES)
def test_floor_and_newest_good_survive_every_plan(scene: Scene) -> None:
    shelf, rules, _ = scene
    good = good_of(shelf)

    assert plan_of(scene).newest_good == (good[0] if good else None)
    assert not names(good[: rules.minimum_snapshots]) & deleted(scene)


@given(SCENES)
def test_newest_verified_and_newest_verified_good_survive_every_plan(scene: Scene) -> None:
    verified = [
        one
        for one in sorted(scene[0], key=lambda one: (one.data_time, one.identifier), reverse=True)
        if CHAIN.owns(one) and one.is_verified and one.status == AVAILABLE
    ]
    good = [one for one in verified if CHAIN.is_good(one)]

    assert not names([*verified[:1], *good[:1]]) & deleted(scene)


@given(SCENES)
def test_nothing_younger_than_the_retention_is_deleted_but_what_failed(scene: Scene) -> None:
    _, rules, now = scene
    for one in plan_of(scene).deletions:
        if one.is_lost:
            assert one.age(now) > FAILED_KEPT_FOR
        else:
            assert one.age(now) >= timedelta(days=rules.retention_days)


@given(SCENES)
def test_only_available_and_lost_snapshots_are_deleted(scene: Scene) -> None:
    assert all(one.status == AVAILABLE or one.is_lost for one in plan_of(scene).deletions)


@given(SCENES, st.data())
def test_unshared_snapshots_never_push_shared_ones_out(scene: Scene, data: st.DataObject) -> None:
    shelf, rules, now = scene
    more = [
        replace(data.draw(our_snapshots(number, now)), accounts=frozenset())
        for number in range(100, 100 + data.draw(st.integers(0, 4)))
    ]

    shared = names(good_of(shelf))
    assert deleted(([*shelf, *more], rules, now)) & shared <= deleted(scene)


@given(SCENES, st.data())
def test_more_snapshots_never_save_one_that_is_deleted(scene: Scene, data: st.DataObject) -> None:
    shelf, rules, now = scene
    more = [data.draw(our_snapshots(100, now))]

    assert deleted(scene) <= deleted(([*shelf, *more], rules, now))


@given(SCENES, st.integers(0, 400 * 24))
def test_time_alone_never_takes_a_deletion_back(scene: Scene, hours: int) -> None:
    # Else a plan that is approved, or half applied, could change its mind with the hour.
    shelf, rules, now = scene

    assert deleted(scene) <= deleted((shelf, rules, now + timedelta(hours=hours)))


@given(SCENES, st.none() | st.text(max_size=5))
def test_a_stale_chain_is_always_refused(scene: Scene, approval: str | None) -> None:
    shelf, rules, now = scene
    limit = timedelta(hours=rules.maximum_age_hours)
    fresh = any(now - one.data_time < limit for one in good_of(shelf))

    plan = plan_of(scene)
    for digest in (approval, plan.sha256):
        assert isinstance(refusal(plan, digest), StaleChainError) is not fresh


@given(SCENES, st.none() | st.text(max_size=5), st.integers(-1, 1), st.integers(-1, 1))
def test_a_plan_over_the_limit_is_refused_unless_its_own_digest_approves(
    scene: Scene, approval: str | None, room: int, room_if_approved: int
) -> None:
    shelf, rules, now = scene
    counted = sum(not one.is_lost for one in plan_of(scene).deletions)
    tight = replace(
        rules, max_deletions=counted + room, max_deletions_approved=counted + room_if_approved
    )
    plan = plan_prune(shelf, CHAIN, tight, now=now)
    assume(not plan.is_stale)

    for digest in (None, approval, plan.sha256.upper(), plan.sha256[:-1]):
        assert _is_over_limit(refusal(plan, digest)) is (room < 0)
    assert _is_over_limit(refusal(plan, plan.sha256)) is (room_if_approved < 0)


def _is_over_limit(declined: RefusedError | None) -> bool:
    assert declined is None or isinstance(declined, DeletionLimitError)
    return declined is not None


@given(SCENES, SCENES)
def test_two_plans_have_one_digest_only_if_they_delete_the_same(one: Scene, other: Scene) -> None:
    same = deleted(one) == deleted(other)

    assert (plan_of(one).sha256 == plan_of(other).sha256) is same


@given(
    SCENES, POLICIES, st.sampled_from([(), (TARGET,), (SECOND_TARGET,), (TARGET, SECOND_TARGET)])
)
def test_reconcile_never_deletes_more_than_the_events_own_prune(
    scene: Scene, deployed: Policy, accounts: tuple[str, ...]
) -> None:
    shelf, asked, now = scene
    event = replace(
        deployed,
        retention_days=max(asked.retention_days, deployed.retention_days),
        keep_weekly=asked.keep_weekly,
        keep_monthly=asked.keep_monthly,
    )
    chain = replace(CHAIN, required_accounts=frozenset(accounts or (TARGET,)))
    plan = plan_prune(shelf, chain, event, now=now)
    # A chain that is stale for the event is refused there, and leaves no tag.
    assume(not plan.is_stale)
    tagged = _after(shelf, plan, deployed.retention_days)
    # Where events of one cluster require different accounts, the tag on the newest data counts.
    carriers = [one for one in tagged if CHAIN.owns(one) and RETENTION in one.tags]
    assume(
        chain == CHAIN
        or max(carriers, key=lambda one: (one.data_time, one.identifier)).identifier
        == (plan.newest_good.identifier if plan.newest_good else "")
    )

    reconciled = plan_prune(tagged, CHAIN, recalled_policy(tagged, CHAIN, deployed), now=now)
    assert reconciled.is_stale or names(reconciled.deletions) <= names(plan.deletions)


def _after(shelf: list[Snapshot], plan: Plan, deployed_days: int) -> list[Snapshot]:
    left = tag_to_leave(plan, deployed_days, TARGET)
    if left is None:
        return shelf
    tagged, value = left
    return [
        replace(one, tags={**one.tags, RETENTION: value}) if one == tagged else one for one in shelf
    ]


@given(SCENES)
def test_a_recalled_policy_is_never_shorter(scene: Scene) -> None:
    shelf, deployed, _ = scene
    recalled = recalled_policy(shelf, CHAIN, deployed)

    assert recalled.retention_days >= deployed.retention_days
    assert recalled.keep_weekly >= deployed.keep_weekly
    assert recalled.keep_monthly >= deployed.keep_monthly
    assert (
        replace(
            recalled,
            retention_days=deployed.retention_days,
            keep_weekly=deployed.keep_weekly,
            keep_monthly=deployed.keep_monthly,
            event_accounts=frozenset(),
        )
        == deployed
    )


@given(INSTANTS, st.integers(1, 6), st.integers(0, 6))
def test_a_daily_chain_keeps_a_week_for_each_week_asked_for(
    now: datetime, weeks: int, months: int
) -> None:
    # Whatever the year's turn, a leap day or a change of clocks does to the calendar.
    daily = [
        replace(snapshot(days=day, now=now), identifier=f"{CHAIN.prefix}-20000101-{day:06d}")
        for day in range(7 * weeks + 31 * months + 7)
    ]
    rules = replace(
        POLICY, retention_days=1, minimum_snapshots=1, keep_weekly=weeks, keep_monthly=months
    )
    plan = plan_prune(daily, CHAIN, rules, now=now)

    kept = [row.snapshot.data_time for row in plan.rows if row.verdict is Verdict.KEEP]
    assert len({one.isocalendar()[:2] for one in kept}) >= weeks
    assert len({(one.year, one.month) for one in kept}) >= months
    assert len(kept) <= 1 + weeks + months


def test_ten_thousand_snapshots_are_sorted_once_and_judged_once_each() -> None:
    looks = 0

    class Counting(type(CHAIN)):  # type: ignore[misc]
        def owns(self, one: Snapshot) -> bool:
            nonlocal looks
            looks += 1
            return bool(super().owns(one))

    chain = Counting(CHAIN.cluster_identifier, CHAIN.prefix, CHAIN.required_accounts)
    shelf = [
        replace(snapshot(hours=hour), identifier=f"{CHAIN.prefix}-20000101-{hour:06d}")
        for hour in range(10_000)
    ]
    rules = replace(POLICY, keep_weekly=520, keep_monthly=120)

    plan = plan_prune(shelf, chain, rules, now=NOW)

    assert len(plan.rows) == 10_000
    assert looks <= 3 * 10_000


def test_no_snapshot_and_one_snapshot() -> None:
    none = plan_prune([], CHAIN, POLICY, now=NOW)
    one = plan_prune([snapshot(days=4000)], CHAIN, POLICY, now=NOW)

    assert (none.rows, none.deletions, none.newest_good, none.is_stale) == ((), (), None, True)
    assert [row.verdict for row in one.rows] == [Verdict.KEEP]
    assert one.is_stale
