"""Stamps and holds as decisions: what may be written over what."""

from datetime import timedelta

import pytest

from redshift_backup.errors import HeldError, RefusedError
from redshift_backup.holding import needs_hold
from redshift_backup.model import HOLD, VERIFIED_RESULT, Snapshot, iso_utc
from redshift_backup.stamping import EVIDENCE, RESTORE_SECONDS, VERIFIED_AT, Stamp, plan_stamp
from tests.unit.redshift_backup.builders import NOW, snapshot

AN_HOUR_AGO = NOW - timedelta(hours=1)
PASSED = Stamp("passed", AN_HOUR_AGO, 12.5, "s3://evidence/run-7")
FAILED = Stamp("failed", AN_HOUR_AGO)


def stamped(stamp: Stamp, **more: str) -> Snapshot:
    return snapshot(days=1, tags=stamp.tags | more)


def test_an_older_stamp_never_overwrites_a_newer_one() -> None:
    older = Stamp("passed", AN_HOUR_AGO - timedelta(seconds=1))

    plan = plan_stamp(stamped(FAILED), older, now=NOW)

    assert not plan.changes
    assert "newer restore test" in (plan.skip_reason or "")


def test_of_two_tests_of_one_instant_the_failure_stands() -> None:
    assert plan_stamp(stamped(FAILED), PASSED, now=NOW).skip_reason is not None

    plan = plan_stamp(stamped(PASSED), FAILED, now=NOW)
    assert plan.skip_reason is None
    assert plan.tags[VERIFIED_RESULT] == "failed"


def test_a_correction_of_the_same_test_is_written() -> None:
    plan = plan_stamp(stamped(PASSED), Stamp("passed", AN_HOUR_AGO, 13.0), now=NOW)

    assert plan.stale_keys == (EVIDENCE,)
    assert plan.tags[RESTORE_SECONDS] == "13"


@pytest.mark.parametrize("present", ["yesterday", iso_utc(NOW + timedelta(days=1))])
def test_a_stamp_that_says_nothing_does_not_bar_the_next(present: str) -> None:
    plan = plan_stamp(snapshot(days=1, tags={VERIFIED_AT: present}), PASSED, now=NOW)

    assert plan.skip_reason is None
    assert plan.tags == PASSED.tags


def test_the_same_stamp_changes_nothing() -> None:
    assert not plan_stamp(stamped(PASSED), PASSED, now=NOW).changes


def test_a_test_from_before_the_snapshot_is_none_of_it() -> None:
    made = snapshot(hours=1)
    plan_stamp(made, Stamp("passed", made.create_time), now=NOW)

    with pytest.raises(RefusedError, match="the test was of another one"):
        plan_stamp(made, Stamp("passed", made.create_time - timedelta(seconds=1)), now=NOW)


@pytest.mark.parametrize("status", ["creating", "failed", "cancelled", "deleting"])
def test_only_an_available_snapshot_has_passed_a_test(status: str) -> None:
    broken = snapshot(days=1, status=status)

    with pytest.raises(RefusedError, match=f"is {status} and only an available"):
        plan_stamp(broken, PASSED, now=NOW)

    assert plan_stamp(broken, FAILED, now=NOW).changes


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0"), (0.0004, "0"), (100.0, "100"), (1312.4, "1312.4")]
)
def test_restore_seconds_are_written_plainly(seconds: float, text: str) -> None:
    assert Stamp("passed", NOW, seconds).tags[RESTORE_SECONDS] == text


def test_a_hold_is_never_replaced_silently() -> None:
    held = snapshot(days=1, tags={HOLD: "legal case 7"})

    assert needs_hold(snapshot(days=1), "audit")
    assert not needs_hold(held, "legal case 7")
    with pytest.raises(HeldError, match=r"'legal case 7'.*'audit'"):
        needs_hold(held, "audit")


@pytest.mark.parametrize("status", ["failed", "cancelled", "deleting", "deleted"])
def test_what_holds_no_data_is_never_held(status: str) -> None:
    with pytest.raises(RefusedError, match=f"is {status}"):
        needs_hold(snapshot(days=1, status=status), "audit")
