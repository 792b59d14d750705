"""What one look at a drill's cluster means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_dr.restore.cluster_wait import ClusterLook, ClusterWatch, Goal, creating_of, decide
from redshift_dr.snapshot_wait import Decision, Verdict

STARTED = datetime(2026, 11, 29, 6, tzinfo=UTC)
WATCH = ClusterWatch(
    "drill-orders-0123abcd", STARTED, STARTED + timedelta(hours=1), timedelta(minutes=5)
)


def look(status: str, restore: str | None = None, creating: tuple[str, ...] = ()) -> ClusterLook:
    row: dict[str, Any] = {"ClusterIdentifier": WATCH.cluster_identifier, "ClusterStatus": status}
    if restore:
        row["RestoreStatus"] = {"Status": restore}
    return ClusterLook.at_response({"Clusters": [row]}, creating)


def decided(
    goal: Goal, seen_now: ClusterLook, *, seconds: float = 10, seen: bool = True
) -> Decision:
    return decide(goal, seen_now, WATCH, now=STARTED + timedelta(seconds=seconds), seen=seen)


@pytest.mark.parametrize(
    ("status", "restore", "verdict"),
    [
        ("creating", "starting", Verdict.WAIT),
        ("available", "restoring", Verdict.WAIT),
        ("available", None, Verdict.WAIT),
        ("available, prep-for-resize", "completed", Verdict.WAIT),
        ("available", "completed", Verdict.READY),
        ("incompatible-restore", "failed", Verdict.FAIL),
        ("incompatible-network", "restoring", Verdict.FAIL),
        ("hardware-failure", "restoring", Verdict.FAIL),
        ("deleting", "completed", Verdict.FAIL),
        ("available", "failed", Verdict.FAIL),
    ],
)
def test_restore_is_complete_only_when_all_data_is_there(
    status: str, restore: str | None, verdict: Verdict
) -> None:
    decision = decided("restored", look(status, restore))

    assert decision.verdict is verdict
    assert not decision.retry


def test_cluster_that_is_not_visible_yet_is_waited_for_and_then_given_up() -> None:
    assert decided("restored", ClusterLook(), seen=False).verdict is Verdict.WAIT
    late = decided("restored", ClusterLook(), seconds=300, seen=False)
    assert late.verdict is Verdict.FAIL
    assert "does not exist (waited 300 s)" in late.reason


def test_cluster_that_was_there_and_is_gone_fails_at_once() -> None:
    decision = decided("restored", ClusterLook(), seen=True)

    assert decision.verdict is Verdict.FAIL
    assert "was there and is gone" in decision.reason


@pytest.mark.parametrize("goal", ["restored", "deletable", "gone"])
def test_every_wait_ends_at_its_deadline_with_both_numbers(goal: Goal) -> None:
    decision = decided(goal, look("creating", "restoring"), seconds=3600)

    assert decision.verdict is Verdict.FAIL
    assert "waited 3600 s of 3600 s allowed" in decision.reason


@pytest.mark.parametrize("goal", ["restored", "deletable", "gone"])
def test_passing_errors_wait_and_others_fail_with_a_retry(goal: Goal) -> None:
    passing = ClusterLook.at_error({"Error": {"Code": "Throttling", "Message": "slow"}})
    final = ClusterLook.at_error({"Error": {"Code": "AccessDenied", "Message": "no"}})

    assert decided(goal, passing).verdict is Verdict.WAIT
    decision = decided(goal, final)
    assert (decision.verdict, decision.retry) == (Verdict.FAIL, True)


@pytest.mark.parametrize(
    "status", ["available", "paused", "incompatible-restore", "hardware-failure"]
)
def test_cluster_is_deleted_in_the_states_that_aws_accepts(status: str) -> None:
    assert decided("deletable", look(status)).verdict is Verdict.READY


@pytest.mark.parametrize("status", ["creating", "modifying", "deleting"])
def test_cluster_that_cannot_be_deleted_yet_is_waited_for(status: str) -> None:
    assert decided("deletable", look(status)).verdict is Verdict.WAIT


def test_cluster_is_not_deleted_while_its_copy_is_creating() -> None:
    decision = decided("deletable", look("available", "completed", ("orders-dr-1",)))

    assert decision.verdict is Verdict.WAIT
    assert "while orders-dr-1 is creating" in decision.reason


def test_restore_that_was_cut_off_may_still_make_a_cluster_for_a_while() -> None:
    assert decided("deletable", ClusterLook(), seen=False).verdict is Verdict.WAIT
    assert decided("deletable", ClusterLook(), seconds=299.9, seen=False).delay_seconds <= 0.2
    assert decided("deletable", ClusterLook(), seconds=300, seen=False).verdict is Verdict.READY
    assert decided("deletable", ClusterLook(), seen=True).verdict is Verdict.READY


def test_gone_is_ready_and_anything_else_waits() -> None:
    assert decided("gone", ClusterLook()).verdict is Verdict.READY
    assert decided("gone", look("available")).verdict is Verdict.WAIT


def test_not_found_is_no_error() -> None:
    assert ClusterLook.at_error({"Error": {"Code": "ClusterNotFound"}}) == ClusterLook()


def test_only_copies_that_are_still_made_hold_a_deletion_up() -> None:
    rows = [
        {"SnapshotIdentifier": "a", "Status": "creating"},
        {"SnapshotIdentifier": "b", "Status": "available"},
    ]

    assert creating_of(rows) == ["a"]
