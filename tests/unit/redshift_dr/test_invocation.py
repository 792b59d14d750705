"""What the function's answers mean."""

import json

import pytest

from redshift_dr.invocation import (
    NEXT_STEPS,
    CreateResponse,
    Failure,
    PruneResponse,
    failure_of,
    read_response,
)

CLUSTER = "aca-redshift-cluster"
CREATED = {
    "statusCode": 200,
    "action": "create",
    "status": "completed",
    "cluster_identifier": CLUSTER,
    "snapshot_id": "aca-lambda-snapshot-20261120-020000",
    "origin": "created",
}


def read(body: object) -> CreateResponse | Failure:
    text = body if isinstance(body, str) else json.dumps(body)
    return read_response(text, CreateResponse, action="create", cluster_identifier=CLUSTER)


def error(error_type: str) -> Failure:
    return failure_of(json.dumps({"errorType": error_type, "errorMessage": "it said no"}))


@pytest.mark.parametrize(
    "error_type",
    [
        "BadRequestError",
        "ConfigError",
        "RefusedError",
        "ShareRefusedError",
        "DeletionLimitError",
        "StaleChainError",
        "SlotRefusedError",
        "ForeignSnapshotError",
        "HeldError",
        "NoSnapshotForSlotError",
    ],
)
def test_refusals_and_bad_configuration_do_not_retry(error_type: str) -> None:
    failure = error(error_type)

    assert not failure.retry
    assert str(failure) == f"{error_type}: it said no."
    assert failure.next_step in NEXT_STEPS.values()
    assert "retries by itself" not in failure.next_step


@pytest.mark.parametrize(
    "error_type",
    [
        "ClusterBusyError",
        "AwsError",
        "ThrottledError",
        "PartialFailureError",
        "Sandbox.Timedout",
        "Runtime.ExitError",
        "SomethingNewError",
    ],
)
def test_faults_and_accidents_retry(error_type: str) -> None:
    assert error(error_type).retry


@pytest.mark.parametrize("payload", ["", "no json", "[]", "null"])
def test_failure_without_a_readable_payload_still_has_a_sentence(payload: str) -> None:
    failure = failure_of(payload)

    assert failure.retry
    assert repr(payload) in failure.message


def test_complete_answer_is_believed() -> None:
    response = read(CREATED)

    assert isinstance(response, CreateResponse)
    assert response.snapshot_id == "aca-lambda-snapshot-20261120-020000"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("not json", "no JSON"),
        (None, "not what the contract promises"),
        ({}, "statusCode"),
        ({**CREATED, "statusCode": 500}, "statusCode"),
        ({**CREATED, "status": "partial"}, "status"),
        ({**CREATED, "action": "prune"}, "asked for create"),
        ({**CREATED, "cluster_identifier": "other"}, "answered create of other"),
        ({**CREATED, "snapshot_id": None}, "snapshot_id"),
    ],
)
def test_incomplete_answer_is_not_believed(body: object, expected: str) -> None:
    failure = read(body)

    assert isinstance(failure, Failure)
    assert not failure.retry
    assert expected in failure.message


def test_skipped_answer_needs_no_snapshot() -> None:
    body = {**CREATED, "status": "skipped", "snapshot_id": None, "reason": "cluster is paused"}

    assert isinstance(read(body), CreateResponse)


def test_prune_answer_without_its_numbers_is_not_believed() -> None:
    body = {**CREATED, "action": "prune", "plan": [], "plan_sha256": "a" * 64}

    failure = read_response(
        json.dumps(body), PruneResponse, action="prune", cluster_identifier=CLUSTER
    )

    assert isinstance(failure, Failure)
    assert "deleted" in failure.message
    assert "remaining" in failure.message
