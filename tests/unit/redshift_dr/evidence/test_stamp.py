"""What a drill says of the snapshot that it restored."""

from typing import Any

import pytest

from redshift_dr.evidence.stamp import (
    reason_not_to_stamp,
    shown_result,
    stamp_of_answer,
    stamp_payload,
)
from redshift_dr.invocation import REFUSALS, Failure, StampResponse
from tests.unit.redshift_dr.evidence.samples import (
    RUN_ID,
    SNAPSHOT,
    document,
    failed_document,
    unfinished_document,
)

URI = "s3://aca-redshift-dr-evidence/drills/x/evidence.json"


def test_payload_of_a_good_drill() -> None:
    assert stamp_payload(document(), URI) == {
        "action": "stamp",
        "cluster_identifier": "aca-redshift-cluster",
        "correlation_id": RUN_ID,
        "snapshot_id": SNAPSHOT,
        "result": "passed",
        "verified_at": "2026-11-22T06:23:31Z",
        "restore_seconds": 1312.4,
        "evidence_uri": URI,
    }


def test_a_cluster_that_was_not_deleted_makes_no_snapshot_worse() -> None:
    evidence = document(delete_cluster=None)

    assert evidence["verdict"]["result"] == "failed"
    assert shown_result(evidence) == "passed"


def test_a_failed_validation_is_a_failed_stamp() -> None:
    assert shown_result(failed_document()) == "failed"


def test_a_restore_that_was_accepted_and_failed_is_a_failed_stamp() -> None:
    evidence = document(
        wait_for_cluster=None,
        validate=None,
        failures={"wait_for_cluster": "the cluster is incompatible-restore"},
    )

    payload = stamp_payload(evidence, URI)

    assert reason_not_to_stamp(evidence) is None
    assert payload["result"] == "failed"
    assert payload["verified_at"] == "2026-11-22T06:31:44Z"
    assert "restore_seconds" not in payload


@pytest.mark.parametrize(
    "evidence",
    [
        unfinished_document(),
        document(validate=None),
        document(wait_for_cluster=None, validate=None),
    ],
)
def test_a_drill_that_was_ended_from_outside_stamps_nothing(evidence: Any) -> None:
    assert shown_result(evidence) is None
    assert "before it could tell" in str(reason_not_to_stamp(evidence))


def test_no_snapshot_no_stamp() -> None:
    assert reason_not_to_stamp(document(select_snapshot=None)) == "the drill had chosen no snapshot"


@pytest.mark.parametrize("error_type", [*sorted(REFUSALS), "NotFoundError"])
def test_a_refusal_is_a_warning(error_type: str) -> None:
    stamp = stamp_of_answer(Failure(error_type, "not ours.", retry=False))

    assert stamp == {"status": "refused", "reason": f"{error_type}: not ours."}


@pytest.mark.parametrize("error_type", ["ConfigError", "ThrottledError", "AccessDeniedException"])
def test_other_failures_are_errors_of_the_drill(error_type: str) -> None:
    assert stamp_of_answer(Failure(error_type, "no.", retry=True)) is None


def test_an_answer_is_told_as_it_is() -> None:
    answer = StampResponse(
        statusCode=200,
        action="stamp",
        status="skipped",
        cluster_identifier="aca-redshift-cluster",
        snapshot_id=SNAPSHOT,
        result="failed",
        changed=False,
        reason="a newer restore test",
    )

    assert stamp_of_answer(answer) == {"status": "skipped", "reason": "a newer restore test"}
