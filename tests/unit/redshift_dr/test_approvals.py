"""What is asked of a person, what may not be asked, and what an answer allows."""

from typing import Any

import pytest

from redshift_dr.approvals import (
    change_since,
    hold_changed,
    is_approved,
    obstacle,
    prune_question,
    refusal_of,
    release_question,
    who,
)
from redshift_dr.config import ClusterConfig
from redshift_dr.invocation import PruneResponse, ReleaseResponse
from redshift_dr.run_request import ReleaseRequest
from redshift_dr.runs import read_run
from tests.unit.redshift_dr.fakes import SLOT, FakeDagRun

SHA, OTHER = "a" * 64, "b" * 64


def plan_of(sha256: str = SHA, **verdicts: str) -> PruneResponse:
    rows = [
        {"id": name, "age_days": 9.04, "verdict": verdict, "reason": f"because | {verdict}"}
        for name, verdict in verdicts.items()
    ]
    return PruneResponse.model_validate(
        {
            "statusCode": 200,
            "action": "prune",
            "status": "completed",
            "cluster_identifier": "aca-redshift-cluster",
            "plan": rows,
            "plan_sha256": sha256,
            "deleted": 0,
            "remaining": 0,
        }
    )


def release_of(**fields: Any) -> ReleaseResponse:
    return ReleaseResponse.model_validate(
        {
            "statusCode": 200,
            "action": "release",
            "status": "completed",
            "cluster_identifier": "aca-redshift-cluster",
            "snapshot_id": "snapshot-1",
            "held": True,
            "held_for": "legal case 7",
            "changed": True,
            "prune_verdict": "delete",
            "prune_reason": "expired: 30.1 days old",
            **fields,
        }
    )


def test_plan_without_a_refusal_needs_no_approval() -> None:
    assert refusal_of(plan_of(new="keep", old="delete", case="held")) is None
    assert refusal_of(plan_of(new="keep", old="refused")) == "because | refused"


def test_plan_that_an_approval_would_lift_is_asked_for() -> None:
    assert obstacle(plan_of(old="refused"), plan_of(old="delete")) is None


def test_plan_that_no_approval_lifts_is_never_asked_for() -> None:
    failure = obstacle(plan_of(old="refused"), plan_of(old="refused"))

    assert failure is not None
    assert not failure.retry
    assert "because | refused" in failure.message


def test_plan_that_changes_between_two_looks_is_looked_at_again() -> None:
    failure = obstacle(plan_of(old="refused"), plan_of(OTHER, old="delete"))

    assert failure is not None
    assert failure.retry


def test_changed_plan_is_never_applied() -> None:
    assert change_since(SHA, plan_of(SHA, old="delete")) is None
    failure = change_since(SHA, plan_of(OTHER, old="delete", older="delete"))

    assert failure is not None
    assert not failure.retry
    for expected in (SHA, OTHER, "deletes 2 snapshots"):
        assert expected in failure.message


def test_question_shows_the_whole_plan_with_deletions_first(cluster: ClusterConfig) -> None:
    run = read_run(cluster, FakeDagRun(), now=SLOT)

    question = prune_question(run, plan_of(new="keep", case="held", old="delete"))

    assert question.subject == "Delete 1 snapshots of aca-redshift-cluster?"
    assert "deletes **1 of 3** snapshots" in question.body
    assert SHA in question.body
    assert "Retention 7 days, shared with 058264155998, 111122223333." in question.body
    assert question.body.splitlines()[-5:] == [
        "| verdict | snapshot | age | reason |",
        "| --- | --- | --- | --- |",
        "| delete | old | 9.0 d | because \\| delete |",
        "| held | case | 9.0 d | because \\| held |",
        "| keep | new | 9.0 d | because \\| keep |",
    ]


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [("delete", "**delete** (expired: 30.1 days old)"), (None, "**not known** (expired")],
)
def test_question_of_a_release_shows_what_the_next_prune_does(
    verdict: str | None, shown: str
) -> None:
    request = ReleaseRequest(snapshot_id="snapshot-1", reason="case is closed")

    question = release_question("orders", request, release_of(prune_verdict=verdict))

    assert question.subject == "Release the hold of snapshot-1?"
    for expected in ("**legal case 7**", "case is closed", shown):
        assert expected in question.body


@pytest.mark.parametrize("held_for", ["legal case 8", None])
def test_other_hold_than_the_one_shown_is_never_released(held_for: str | None) -> None:
    failure = hold_changed("legal case 7", release_of(held_for=held_for))

    assert hold_changed("legal case 7", release_of()) is None
    assert failure is not None
    assert not failure.retry
    assert str(held_for or "not held") in failure.message


@pytest.mark.parametrize(
    "answer",
    [None, {}, {"chosen_options": ["Reject"]}, {"chosen_options": []}, "Approve"],
)
def test_only_an_approval_is_one(answer: Any) -> None:
    assert not is_approved(answer)
    assert is_approved({"chosen_options": ["Approve"]})


def test_who_has_answered() -> None:
    assert who({"responded_by_user": {"id": "7", "name": "ada"}}) == "ada"
    assert who({"responded_by_user": None}) == "somebody"
