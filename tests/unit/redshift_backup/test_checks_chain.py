"""Checks of the chain: each says OK where it should, and FAILED from which number on."""

from dataclasses import replace

import pytest

from redshift_backup.checks.chain import overdue
from redshift_backup.model import DELETE_REFUSED_SINCE, HOLD, MANAGED_BY, ORIGIN
from redshift_backup.retention import plan_prune
from tests.unit.redshift_backup.builders import CHAIN, NOW, PREFIX, TARGET, policy, snapshot
from tests.unit.redshift_backup.check_facts import facts, judged, unhealthy

STRANGER = "999988887777"
FRESH = (snapshot(hours=1), snapshot(hours=25))


def test_a_healthy_chain_has_nothing_to_do():
    assert unhealthy(facts()) == {}


@pytest.mark.parametrize(("hours", "failed"), [(25.9, False), (26, True), (40, True)])
def test_the_newest_good_snapshot_fails_from_the_maximum_age_on(hours: float, failed: bool):
    check = judged(facts(snapshot(hours=hours), snapshot(days=3)))["newest_shared_snapshot_age"]

    assert (check.status == "FAILED") is failed
    assert f"{float(hours)} hours, at most 26 expected" in check.detail


def test_without_a_good_snapshot_there_is_no_age():
    found = judged(facts(snapshot(hours=1, accounts=())))

    assert found["newest_shared_snapshot_age"].status == "FAILED"
    assert "0 snapshots are good" in found["newest_shared_snapshot_age"].detail


def test_a_chain_that_is_stale_for_the_accounts_of_the_events_says_which():
    wider = policy(event_accounts=frozenset({TARGET, STRANGER}))
    wide = snapshot(hours=48, accounts=(TARGET, STRANGER))

    for rows, age in ((FRESH, "none"), ((*FRESH, wide), "48.0 hours")):
        check = judged(facts(*rows, policy=wider))["newest_shared_snapshot_age"]
        assert check.status == "FAILED"
        assert check.detail.startswith("1.0 hours, at most 26 expected; ")
        assert f"shared with {TARGET}, {STRANGER}, as" in check.detail
        assert check.detail.endswith(f"required: {age}")


def test_what_a_stale_chain_holds_back_is_not_blamed_on_reconcile():
    check = judged(facts(snapshot(days=2), snapshot(days=3), snapshot(days=9)))["expired_snapshots"]

    assert (check.status, check.next_step) == ("FAILED", "see newest_shared_snapshot_age")
    assert "nothing is deleted while the chain is stale" in check.detail


def test_the_command_against_strangers_leaves_the_other_allowed_accounts():
    second = "111122223333"
    allowed = frozenset({TARGET, second})
    plain = facts(snapshot(hours=1, accounts=(TARGET, STRANGER)), allowed_accounts=allowed)
    wide = facts(snapshot(hours=1, accounts=(TARGET, second, STRANGER)), allowed_accounts=allowed)

    assert "(share SNAPSHOT --revoke-strangers)" in judged(plain)["strangers"].next_step
    both = f"--target-account-id {TARGET} --target-account-id {second}"
    assert f"(share SNAPSHOT {both} --revoke-strangers)" in judged(wide)["strangers"].next_step


@pytest.mark.parametrize(
    ("hours", "floor", "status"),
    [
        ((1,), 2, "WARNING"),
        ((25.9,), 2, "WARNING"),
        ((1, 25), 3, "WARNING"),
        ((1, 53), 3, "FAILED"),
        ((1, 27, 53), 3, "OK"),
        ((1, 27), 2, "OK"),
        ((1,), 1, "OK"),
    ],
)
def test_a_chain_below_its_floor_fails_unless_it_is_merely_young(
    hours: tuple[float, ...], floor: int, status: str
):
    rows = [snapshot(hours=one) for one in hours]

    check = judged(facts(*rows, policy=policy(minimum_snapshots=floor)))["minimum_snapshots"]

    assert check.status == status
    assert f"{len(hours)} good snapshots, at least {floor} expected" in check.detail


def test_an_unshared_snapshot_shows_that_a_short_chain_is_not_young():
    rows = (snapshot(hours=1), snapshot(hours=30, accounts=()))

    assert judged(facts(*rows))["minimum_snapshots"].status == "FAILED"


def test_a_kept_snapshot_that_lacks_a_required_account_fails():
    check = judged(facts(*FRESH, snapshot(days=2, accounts=())))["shares"]

    assert check.status == "FAILED"
    assert "2 of 3 available snapshots are shared as required, 3 expected" in check.detail
    assert TARGET in check.detail


def test_shares_of_what_is_expired_or_still_made_do_not_count():
    gone = snapshot(days=20, accounts=())
    made = snapshot(hours=0.1, accounts=(), status="creating")

    assert "shares" not in unhealthy(facts(*FRESH, gone, made))
    held = replace(gone, tags={**gone.tags, HOLD: "audit"})
    assert unhealthy(facts(*FRESH, held)) == {"shares": "FAILED"}


def test_a_stranger_fails_and_one_on_a_foreign_snapshot_warns():
    strange = snapshot(hours=2, accounts=(TARGET, STRANGER))
    foreign = snapshot(hours=2, accounts=(STRANGER,), identifier="by-hand", tags={MANAGED_BY: "x"})
    elsewhere = replace(foreign, cluster_identifier="another")

    assert unhealthy(facts(*FRESH, strange)) == {"strangers": "FAILED"}
    assert unhealthy(facts(*FRESH, others=[foreign])) == {"strangers": "WARNING"}
    assert unhealthy(facts(*FRESH, others=[elsewhere])) == {}


def test_an_allowed_account_that_is_not_required_is_no_stranger():
    both = snapshot(hours=2, accounts=(TARGET, STRANGER))
    allowed = frozenset({TARGET, STRANGER})

    assert unhealthy(facts(*FRESH, both, allowed_accounts=allowed)) == {}


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_lost_snapshot_fails(status: str):
    found = facts(*FRESH, snapshot(hours=3, status=status, accounts=()))

    assert unhealthy(found) == {"failed_snapshots": "FAILED"}


@pytest.mark.parametrize(("hours", "failed"), [(5.9, False), (6.1, True)])
def test_a_snapshot_that_is_made_for_too_long_fails(hours: float, failed: bool):
    made = snapshot(hours=hours, status="creating", accounts=())

    assert ("creating_snapshots" in unhealthy(facts(*FRESH, made))) is failed


def test_half_ours_is_a_stray():
    untagged = snapshot(hours=3, tags={MANAGED_BY: ""})
    misnamed = snapshot(hours=4, identifier="by-hand")
    of_another = replace(untagged, cluster_identifier="renamed")

    for stray in (untagged, misnamed, of_another):
        check = judged(facts(*FRESH, others=[stray]))["stray_snapshots"]
        assert (check.status, check.detail[:2]) == ("FAILED", "1 ")
        assert stray.identifier in check.detail


def test_neither_an_adopted_one_nor_another_chains_nor_a_likeness_is_a_stray():
    adopted = snapshot(hours=3, identifier="by-hand", tags={ORIGIN: "adopted"})
    another = replace(snapshot(hours=3), cluster_identifier="another")
    likeness = snapshot(hours=3, identifier=f"{PREFIX}-latest", tags={MANAGED_BY: ""})

    assert "stray_snapshots" not in unhealthy(facts(*FRESH, adopted, others=[another, likeness]))


def test_what_has_just_expired_warns_and_what_stays_expired_fails():
    just, long = snapshot(days=7, hours=5.9), snapshot(days=7, hours=6.1)

    assert unhealthy(facts(*FRESH, just)) == {"expired_snapshots": "WARNING"}
    assert unhealthy(facts(*FRESH, long)) == {"expired_snapshots": "FAILED"}


def test_what_has_just_left_a_weekly_rule_is_old_and_not_overdue():
    # The first moments of week 12: a day ago the last two weeks were 11 and 10.
    monday = NOW.replace(day=16, hour=0, minute=5)
    rows = [snapshot(hours=1, now=monday), snapshot(hours=25, now=monday)]
    week_10 = snapshot(days=9, now=monday)
    weekly = policy(keep_weekly=2)

    plan = plan_prune([*rows, week_10], CHAIN, weekly, now=monday)

    assert [one.identifier for one in plan.deletions] == [week_10.identifier]
    assert overdue([*rows, week_10], plan) == frozenset()


def test_a_deletion_that_waits_for_a_restored_cluster_is_not_overdue():
    waiting = snapshot(days=9, tags={DELETE_REFUSED_SINCE: "2026-03-17T00:00:00Z"})

    assert unhealthy(facts(*FRESH, waiting)) == {"expired_snapshots": "WARNING"}


def test_more_expired_than_one_run_deletes_fails():
    just = [snapshot(days=7.1 + number / 100) for number in range(3)]

    check = judged(facts(*FRESH, *just, policy=policy(max_deletions=2)))["expired_snapshots"]

    assert check.status == "FAILED"
    assert "3 snapshots have expired" in check.detail
    assert "one run deletes at most 2" in check.detail
