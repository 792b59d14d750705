"""What the rules mean by their words: slot, window, good, newest, stale, week, the plan's sum."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from redshift_backup.actions.prune import is_in_use
from redshift_backup.errors import (
    DeletionLimitError,
    ForeignSnapshotError,
    NoSnapshotForSlotError,
)
from redshift_backup.gateway import ItemError
from redshift_backup.model import (
    MANAGED_BY,
    ORIGIN,
    REQUEST_ID,
    RETENTION,
    SOURCE_CREATE_TIME,
    VERIFIED_RESULT,
    KeyFacts,
    Snapshot,
    iso_utc,
)
from redshift_backup.retention import (
    Verdict,
    plan_prune,
    recalled_policy,
    refusal,
    tag_to_leave,
)
from redshift_backup.sharing import key_warnings, plan_share
from redshift_backup.slots import (
    CreatePlan,
    Step,
    Window,
    find_by_request,
    identifier_for,
    plan_create,
)
from tests.unit.redshift_backup.builders import (
    CHAIN,
    NOW,
    POLICY,
    PREFIX,
    TARGET,
    policy,
    snapshot,
)

EAST = timezone(timedelta(hours=14))
FRESH = (snapshot(hours=1), snapshot(hours=2))


def test_a_slot_of_any_offset_has_one_name() -> None:
    assert identifier_for(PREFIX, NOW.astimezone(EAST)) == identifier_for(PREFIX, NOW)


def test_the_end_of_a_window_belongs_to_the_next_slot() -> None:
    window = Window(NOW - timedelta(days=2), NOW - timedelta(days=1))
    at_the_end = replace(snapshot(days=1, snapshot_type="automated"), tags={})

    with pytest.raises(NoSnapshotForSlotError):
        plan_create(
            None,
            [at_the_end],
            identifier=identifier_for(PREFIX, window.slot),
            chain=CHAIN,
            window=window,
            now=NOW,
        )


def test_only_ours_is_good() -> None:
    ours = snapshot(hours=1)

    assert CHAIN.is_good(ours)
    assert not CHAIN.is_good(replace(ours, tags={MANAGED_BY: "another"}))


def test_newest_good_is_the_one_of_the_newest_data() -> None:
    source = {ORIGIN: "promoted", SOURCE_CREATE_TIME: iso_utc(NOW - timedelta(hours=20))}
    copied_just_now, made = snapshot(hours=0.1, tags=source), snapshot(hours=3)

    plan = plan_prune([copied_just_now, made], CHAIN, POLICY, now=NOW)

    assert plan.newest_good == made


def test_a_lost_snapshot_is_not_the_newest_verified() -> None:
    passed = {VERIFIED_RESULT: "passed"}
    lost = snapshot(days=29, status="failed", accounts=(), tags=passed)
    verified = snapshot(days=30, accounts=(), tags=passed)

    plan = plan_prune([*FRESH, lost, verified], CHAIN, POLICY, now=NOW)

    assert [row.verdict for row in plan.rows if row.snapshot == verified] == [Verdict.KEEP]


def test_only_a_good_snapshot_stands_for_its_week_and_month() -> None:
    unshared, good = snapshot(days=20, hours=1, accounts=()), snapshot(days=20, hours=2)

    for rules in (policy(keep_weekly=5), policy(keep_monthly=3)):
        plan = plan_prune([*FRESH, unshared, good], CHAIN, rules, now=NOW)
        verdicts = {row.snapshot: row.verdict for row in plan.rows}
        assert (verdicts[unshared], verdicts[good]) == (Verdict.DELETE, Verdict.KEEP)


def test_weeks_and_months_are_of_utc() -> None:
    # In the east it is Monday 1 June already; in UTC it is still Sunday, of May.
    now = datetime(2026, 5, 31, 22, tzinfo=UTC)
    friday, week_before = snapshot(hours=52, now=now), snapshot(days=8, now=now)
    rules = policy(retention_days=1, minimum_snapshots=1, maximum_age_hours=100)
    shelf = [
        replace(one, create_time=one.create_time.astimezone(EAST))
        for one in (snapshot(hours=50, now=now), friday, week_before)
    ]
    monday_there = replace(
        snapshot(hours=1, now=now), create_time=(now - timedelta(hours=1)).astimezone(EAST)
    )

    for asked in (now, now.astimezone(EAST)):
        weekly = plan_prune([monday_there, *shelf], CHAIN, replace(rules, keep_weekly=1), now=asked)
        assert "newest good of week 2026-W22" in weekly.rows[0].reason
        assert weekly.rows[1].verdict is Verdict.DELETE
        monthly = plan_prune(
            [monday_there, *shelf], CHAIN, replace(rules, keep_monthly=1), now=asked
        )
        assert "newest good of month 2026-05" in monthly.rows[0].reason


def test_as_old_as_the_maximum_age_is_stale() -> None:
    at_the_limit = [snapshot(hours=POLICY.maximum_age_hours)]
    just_inside = [snapshot(hours=POLICY.maximum_age_hours - 0.001)]

    assert plan_prune(at_the_limit, CHAIN, POLICY, now=NOW).is_stale
    assert not plan_prune(just_inside, CHAIN, POLICY, now=NOW).is_stale


def test_the_digest_of_one_cluster_approves_no_other() -> None:
    rules = policy(max_deletions=0)
    shelf = [*FRESH, snapshot(days=8)]
    other_chain = replace(CHAIN, cluster_identifier="stock")
    others = [replace(one, cluster_identifier="stock") for one in shelf]

    approved = plan_prune(shelf, CHAIN, rules, now=NOW)
    other = plan_prune(others, other_chain, rules, now=NOW)

    assert refusal(approved, approved.sha256) is None
    assert isinstance(refusal(other, approved.sha256), DeletionLimitError)


def test_a_recalled_retention_never_shortens_weeks_or_months() -> None:
    rules = policy(keep_weekly=4, keep_monthly=6)
    tagged = snapshot(tags={RETENTION: "days=30 weekly=0 monthly=0"})

    assert recalled_policy([tagged], CHAIN, rules) == replace(rules, retention_days=30)


def test_a_chain_without_the_tag_keeps_the_deployments_retention() -> None:
    assert recalled_policy(FRESH, CHAIN, POLICY) == POLICY


def test_the_newest_tag_of_several_is_the_one_recalled() -> None:
    before = snapshot(days=3, tags={RETENTION: "days=90 weekly=0 monthly=0"})
    last = snapshot(days=1, tags={RETENTION: "days=30 weekly=0 monthly=0"})

    assert recalled_policy([before, last], CHAIN, POLICY) == policy(retention_days=30)


def test_a_tag_edited_by_hand_does_not_hide_the_retention_before_it() -> None:
    before = snapshot(days=3, tags={RETENTION: "days=30 weekly=4 monthly=0"})
    edited = [snapshot(days=1, tags={RETENTION: text}) for text in ("", "days=30", "for ever")]

    for one in edited:
        recalled = recalled_policy([before, one], CHAIN, POLICY)
        assert recalled == policy(retention_days=30, keep_weekly=4)


def test_more_days_alone_are_left_for_runs_without_a_retention() -> None:
    plan = plan_prune(FRESH, CHAIN, policy(retention_days=30), now=NOW)

    assert tag_to_leave(plan, POLICY.retention_days) == (FRESH[0], "days=30 weekly=0 monthly=0")


def test_kept_weeks_and_months_alone_are_left_too() -> None:
    for rules in (policy(keep_weekly=4), policy(keep_monthly=6)):
        plan = plan_prune(FRESH, CHAIN, rules, now=NOW)
        assert tag_to_leave(plan, POLICY.retention_days) == (FRESH[0], rules.retention_tag)


PAST = Window(NOW - timedelta(days=2), NOW - timedelta(days=1))
OPEN = Window(NOW - timedelta(hours=1), NOW + timedelta(hours=23))


def decide(existing: Snapshot, window: Window) -> CreatePlan:
    source = replace(snapshot(hours=window_hours(window), snapshot_type="automated"), tags={})
    return plan_create(
        existing,
        [source],
        identifier=existing.identifier,
        chain=CHAIN,
        window=window,
        now=NOW,
    )


def window_hours(window: Window) -> float:
    """The age of data that a window's first minutes hold."""
    return (NOW - window.slot) / timedelta(hours=1) - 0.1


def untagged(window: Window) -> Snapshot:
    return replace(snapshot(identifier=identifier_for(PREFIX, window.slot)), tags={})


def test_inside_the_window_nothing_is_an_interrupted_promotion() -> None:
    assert decide(untagged(PAST), PAST).step is Step.REPAIR
    with pytest.raises(ForeignSnapshotError):
        decide(untagged(OPEN), OPEN)


def test_an_automated_snapshot_is_no_interrupted_promotion() -> None:
    with pytest.raises(ForeignSnapshotError):
        decide(replace(untagged(PAST), snapshot_type="automated"), PAST)


def test_a_tagged_snapshot_of_another_tool_is_no_interrupted_promotion() -> None:
    with pytest.raises(ForeignSnapshotError):
        decide(replace(untagged(PAST), tags={MANAGED_BY: "another"}), PAST)


def test_another_request_is_no_retry() -> None:
    assert find_by_request([snapshot(tags={REQUEST_ID: "r-1"})], CHAIN, "r-2") is None


def test_a_snapshot_shared_already_takes_no_step() -> None:
    assert plan_share(snapshot(), CHAIN, [TARGET]).authorize == ()


def test_a_required_account_is_never_revoked_as_a_stranger() -> None:
    chain = replace(CHAIN, required_accounts=frozenset({TARGET, "111122223333"}))
    both = snapshot(accounts=(TARGET, "111122223333"))

    assert plan_share(both, chain, [TARGET], revoke_strangers=True).revoke == ()


def test_a_statement_that_denies_admits_nobody() -> None:
    denied = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    facts = KeyFacts("key", "CUSTOMER", "Enabled", {"Statement": [denied]}, ())

    assert TARGET in " ".join(key_warnings(facts, [TARGET]))


def test_a_grant_to_another_account_admits_nobody_else() -> None:
    grant = {"GranteePrincipal": "111122223333", "Operations": ["Decrypt"]}
    facts = KeyFacts("key", "CUSTOMER", "Enabled", {"Statement": []}, (grant,))

    assert TARGET in " ".join(key_warnings(facts, [TARGET]))


def test_in_use_is_known_by_code_and_words() -> None:
    words = "You can't delete snapshot x because it is used by cluster deleted-1."

    assert is_in_use(ItemError("x", "InvalidClusterSnapshotState", words))
    assert not is_in_use(ItemError("x", "InvalidClusterSnapshotState", "It is shared."))
    assert not is_in_use(ItemError("x", "ClusterSnapshotNotFound", words))


def test_the_newest_verified_is_kept_although_it_is_not_shared() -> None:
    passed = {VERIFIED_RESULT: "passed"}
    unshared = snapshot(days=30, accounts=(), tags=passed)
    older, failed = snapshot(days=31, accounts=(), tags=passed), snapshot(days=29, accounts=())

    plan = plan_prune([*FRESH, unshared, older, failed], CHAIN, POLICY, now=NOW)

    verdicts = {row.snapshot: row.verdict for row in plan.rows}
    assert verdicts[unshared] is Verdict.KEEP
    assert verdicts[older] is Verdict.DELETE


def test_the_newest_verified_that_is_shared_is_kept_beside_one_that_is_not() -> None:
    passed = {VERIFIED_RESULT: "passed"}
    unshared = snapshot(days=30, accounts=(), tags=passed)
    shared, older = snapshot(days=31, tags=passed), snapshot(days=32, tags=passed)

    plan = plan_prune([*FRESH, unshared, shared, older], CHAIN, POLICY, now=NOW)

    verdicts = {row.snapshot: row.verdict for row in plan.rows}
    assert (verdicts[shared], verdicts[older]) == (Verdict.KEEP, Verdict.DELETE)


def test_a_source_instant_after_the_copy_does_not_make_data_fresh() -> None:
    later = {ORIGIN: "promoted", SOURCE_CREATE_TIME: iso_utc(NOW)}
    promoted = snapshot(days=3, tags=later)

    assert promoted.data_time == promoted.create_time


def test_the_tag_of_the_newest_good_snapshot_is_recalled_too() -> None:
    newer = snapshot(days=1, accounts=(), tags={RETENTION: "days=10 weekly=0 monthly=0"})
    good = snapshot(days=2, tags={RETENTION: "days=90 weekly=0 monthly=0"})

    assert recalled_policy([newer, good], CHAIN, POLICY) == policy(retention_days=90)


def test_no_retention_is_left_where_nothing_is_good() -> None:
    plan = plan_prune([snapshot(accounts=())], CHAIN, policy(retention_days=30), now=NOW)

    assert tag_to_leave(plan, POLICY.retention_days) is None
