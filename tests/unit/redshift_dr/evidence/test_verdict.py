"""What a drill has to show for a pass."""

from typing import Any

import pytest

from redshift_dr.evidence.verdict import judge
from tests.unit.redshift_dr.evidence.samples import DELETED, KEPT, PASSED_CHECKS, check, validated


def test_a_passed_validation_and_a_deletion_on_record_are_a_pass() -> None:
    verdict = judge(validated(), DELETED, dr_copy=KEPT, wants_dr_copy=True)

    assert (verdict.result, verdict.reasons, verdict.warnings) == ("passed", (), ())


def test_nothing_on_record_is_failed() -> None:
    verdict = judge(None, None)

    assert verdict.result == "failed"
    assert verdict.reasons == (
        "no validation is on record: the restored data was not checked",
        "no deletion is on record: look for the drill's cluster in the DR account",
    )


@pytest.mark.parametrize(
    ("delete", "reason"),
    [
        (None, "no deletion is on record"),
        ({"deleted": False, "reason": "never restored"}, "no cluster was deleted: never restored"),
        ({"deleted": "yes"}, "no cluster was deleted: no reason given"),
        ({}, "no cluster was deleted"),
    ],
)
def test_no_pass_without_a_deletion_on_record(delete: Any, reason: str) -> None:
    verdict = judge(validated(), delete)

    assert verdict.result == "failed"
    assert verdict.reasons[0].startswith(reason)


@pytest.mark.parametrize("result", ["failed", None, "Passed", "error"])
def test_no_pass_without_a_validation_that_passed(result: Any) -> None:
    verdict = judge(validated(result=result), DELETED)

    assert verdict.result == "failed"
    assert verdict.reasons == (f"the validation's result is {result or 'missing'}",)


@pytest.mark.parametrize("result", ["failed", "error"])
def test_no_pass_with_a_check_that_did_not_pass_whatever_the_validation_says(result: str) -> None:
    verdict = judge(validated(*PASSED_CHECKS, check("orphans", result)), DELETED)

    assert verdict.result == "failed"
    assert verdict.reasons == ("1 of 13 checks did not pass: orphans",)


@pytest.mark.parametrize("result", ["not comparable", "warned"])
def test_what_was_not_compared_is_a_warning_beside_a_pass(result: str) -> None:
    odd = check("inventory", result, message="no inventory was recorded")

    verdict = judge(validated(*PASSED_CHECKS, odd), DELETED)

    assert verdict.result == "passed"
    assert verdict.warnings == (f"inventory is {result}: no inventory was recorded",)


@pytest.mark.parametrize("checks", [(), (check("inventory", "not comparable"),)])
def test_no_pass_where_no_check_passed(checks: Any) -> None:
    verdict = judge({**validated(), "checks": list(checks)}, DELETED)

    assert verdict.result == "failed"
    assert verdict.reasons == (
        f"not one of {len(checks)} checks passed: nothing is proved of the restored data",
    )


def test_a_failed_check_of_severity_warn_is_a_warning() -> None:
    soft = check("ratio", "error", severity="warn", message="no answer within 300 seconds")

    verdict = judge(validated(*PASSED_CHECKS, soft), DELETED)

    assert verdict.result == "passed"
    assert verdict.warnings == ("ratio ended in error: no answer within 300 seconds",)


@pytest.mark.parametrize(
    ("copy", "cause"),
    [
        (None, "keep_dr_copy left no result"),
        ({"dr_copy": None, "reason": "quota of 20 reached"}, "quota of 20 reached"),
    ],
)
def test_a_missing_copy_is_a_warning_where_one_is_wanted(copy: Any, cause: str) -> None:
    wanted = judge(validated(), DELETED, dr_copy=copy, wants_dr_copy=True)

    assert wanted.result == "passed"
    assert wanted.warnings == (f"no copy owned by the DR account was kept: {cause}",)
    assert judge(validated(), DELETED, dr_copy=copy).warnings == ()


def test_many_broken_checks_are_counted_and_five_are_named() -> None:
    broken = [check(f"c{place}", "failed") for place in range(8)]

    (reason,) = judge(validated(*broken, result="failed"), DELETED).reasons

    assert reason == "8 of 8 checks did not pass: c0, c1, c2, c3, c4 and 3 more"
