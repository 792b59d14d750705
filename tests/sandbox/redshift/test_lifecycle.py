"""The lifecycle settings and the runs that come of them."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.lifecycle import Duration, Lifecycle, Run, RunState

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_defaults_are_a_few_seconds_and_work():
    lifecycle = Lifecycle()
    found = {
        name: lifecycle.get(name) for name in ("snapshot", "copy", "restore", "delete_cluster")
    }
    assert found == {
        "snapshot": Duration(3.0, "available"),
        "copy": Duration(3.0, "available"),
        "restore": Duration(3.0, "available"),
        "delete_cluster": Duration(2.0, "available"),
    }


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "3", True, None])
def test_bad_durations_are_refused(seconds):
    with pytest.raises(ValueError, match="seconds is"):
        Lifecycle().set("snapshot", seconds, "available")


def test_all_faults_are_told_at_once():
    with pytest.raises(ValueError, match="operation is 'backup'") as caught:
        Lifecycle().set("backup", -1, "maybe")
    assert len(str(caught.value).splitlines()) == 3
    with pytest.raises(ValueError, match="expected one of snapshot, copy"):
        Lifecycle().get("backup")


def test_settings_hold_for_later_operations_only_and_reset():
    lifecycle = Lifecycle()
    before = lifecycle.start("restore")
    lifecycle.set("restore", 60, "failed")
    after = lifecycle.start("restore")
    assert (before.seconds, before.outcome) == (3.0, "available")
    assert (after.seconds, after.outcome) == (60.0, "failed")
    lifecycle.reset()
    assert lifecycle.get("restore") == Duration(3.0, "available")


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        ("available", RunState.SUCCEEDED),
        ("failed", RunState.FAILED),
        ("never", RunState.RUNNING),
    ],
)
def test_run_ends_at_its_instant(outcome, end):
    run = Run(START, 10, outcome)
    assert run.state(at(9.999)) is RunState.RUNNING
    assert run.state(at(10)) is end
    assert run.remaining_seconds(at(9.5)) == (10 if outcome == "never" else 1)
    assert (run.progress(at(10)) == 1.0) is (outcome == "available")


def test_run_without_duration_is_over_at_once():
    run = Run(START, 0, "available")
    assert run.state(START) is RunState.SUCCEEDED
    assert run.progress(START) == 1.0
    assert run.elapsed_seconds(at(5)) == 0
