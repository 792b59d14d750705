"""A drill passes only by what is on record."""

from typing import Any

import pytest

from redshift_dr.restore.verdict import missing_proofs

PASSED: dict[str, Any] = {
    "validated": {"result": "passed"},
    "kept": {"dr_copy": None, "reason": "off"},
    "deleted": {"deleted": True},
    "recorded": {"verdict": "passed"},
}


def test_drill_passes_when_pass_deletion_and_evidence_are_on_record() -> None:
    assert missing_proofs(**PASSED) == []


@pytest.mark.parametrize("task", sorted(PASSED))
def test_drill_never_passes_without_a_result_of(task: str) -> None:
    assert len(missing_proofs(**{**PASSED, task: None})) == 1


@pytest.mark.parametrize(
    ("task", "result", "words"),
    [
        ("validated", {"result": "failed"}, "validation failed"),
        ("validated", {}, "validation has no result"),
        ("deleted", {"deleted": False, "reason": "never restored"}, "never restored"),
        ("recorded", {"verdict": "failed"}, "the evidence says failed"),
    ],
)
def test_drill_never_passes_with_another_result(
    task: str, result: dict[str, Any], words: str
) -> None:
    (fault,) = missing_proofs(**{**PASSED, task: result})

    assert words in fault
