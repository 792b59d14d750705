"""The tasks around a person's decision, with the function replaced by prepared answers."""

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.providers.amazon.aws.hooks.sns import SnsHook
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from botocore.exceptions import ClientError

from redshift_dr.config import ClusterConfig
from redshift_dr.config.approvals import Approvals
from redshift_dr.operators.approval import RedshiftApprovalOperator
from redshift_dr.operators.approved_prune import (
    RedshiftPlanPruneOperator,
    RedshiftPruneApprovedPlanOperator,
)
from redshift_dr.operators.release import RedshiftPlanReleaseOperator, RedshiftReleaseHoldOperator
from tests.unit.redshift_dr.fakes import FakeDagRun, FakeFunction, FakeTaskInstance, context_of

SHA, OTHER = "a" * 64, "b" * 64
ANSWER = {
    "chosen_options": ["Approve"],
    "params_input": {},
    "responded_at": datetime(2026, 11, 20, 9, tzinfo=UTC),
    "responded_by_user": {"id": "7", "name": "ada"},
}
PLANNED = {"plan_sha256": SHA, "subject": "Delete 1 snapshots?", "body": "a table"}
RELEASE = {"snapshot_id": "snapshot-1", "reason": "case is closed"}


def plan_of(verdict: str, sha256: str = SHA, **fields: Any) -> dict[str, Any]:
    row = {"id": "old", "age_days": 9.0, "verdict": verdict, "reason": f"because {verdict}"}
    return {"plan": [row], "plan_sha256": sha256, "deleted": 0, "remaining": 0, **fields}


def hold_of(held_for: str | None, **fields: Any) -> dict[str, Any]:
    return {
        "snapshot_id": "snapshot-1",
        "held": held_for is not None,
        "held_for": held_for,
        "changed": held_for is not None,
        "prune_verdict": "delete",
        "prune_reason": "expired",
        **fields,
    }


def plan_prune(cluster: ClusterConfig) -> RedshiftPlanPruneOperator:
    return RedshiftPlanPruneOperator(task_id="plan_prune", cluster=cluster)


def apply(cluster: ClusterConfig, **values: Any) -> RedshiftPruneApprovedPlanOperator:
    values = {"planned": PLANNED, "approved": ANSWER, **values}
    return RedshiftPruneApprovedPlanOperator(task_id="prune_snapshots", cluster=cluster, **values)


def approve(cluster: ClusterConfig, asked: Any = PLANNED) -> RedshiftApprovalOperator:
    return RedshiftApprovalOperator(
        task_id="approve_prune", cluster=cluster, asked=asked, asked_by="plan_prune"
    )


def release(cluster: ClusterConfig, **values: Any) -> RedshiftReleaseHoldOperator:
    values = {"planned": {"held_for": "legal case 7"}, "approved": ANSWER, **values}
    return RedshiftReleaseHoldOperator(task_id="release_hold", cluster=cluster, **values)


def test_plan_within_the_limit_skips_the_approval(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [plan_of("delete")]

    with pytest.raises(AirflowSkipException, match="Nothing is to be approved"):
        plan_prune(cluster).execute(context_of(FakeDagRun()))

    assert [request["dry_run"] for request in function.requests] == [True]


def test_plan_is_shown_as_it_would_be_once_approved(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [plan_of("refused"), plan_of("delete")]
    conf = {"retention_days": 30, "target_account_ids": ["058264155998"]}

    asked = plan_prune(cluster).execute(context_of(FakeDagRun(conf=conf)))

    assert asked["plan_sha256"] == SHA
    assert "| delete | old | 9.0 d | because delete |" in asked["body"]
    first, second = function.requests
    assert (first["dry_run"], second["dry_run"]) == (True, True)
    assert (first["retention_days"], second["retention_days"]) == (30, 30)
    assert second["target_account_ids"] == ["058264155998"]
    assert second["approved_plan_sha256"] == SHA


def test_plan_that_no_approval_lifts_fails(cluster: ClusterConfig, function: FakeFunction) -> None:
    function.answers = [plan_of("refused"), plan_of("refused")]

    with pytest.raises(AirflowFailException, match="no approval lifts this: because refused"):
        plan_prune(cluster).execute(context_of(FakeDagRun()))


def test_plan_that_changes_while_it_is_made_is_made_again(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [plan_of("refused"), plan_of("delete", OTHER)]

    with pytest.raises(AirflowException, match="changed while the plan was made") as caught:
        plan_prune(cluster).execute(context_of(FakeDagRun()))

    assert not isinstance(caught.value, AirflowFailException)


def test_approval_is_asked_for_a_prune_only(cluster: ClusterConfig, function: FakeFunction) -> None:
    with pytest.raises(AirflowFailException, match="skip_prune: is not a known key"):
        plan_prune(cluster).execute(context_of(FakeDagRun(conf={"skip_prune": True})))

    assert function.requests == []


def test_approved_plan_is_applied_by_its_sum(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [plan_of("delete"), plan_of("delete", deleted=1)]

    answer = apply(cluster).execute(context_of(FakeDagRun(conf={"retention_days": 30})))

    look, applied = function.requests
    assert look["dry_run"] is True
    assert "dry_run" not in applied
    assert applied["approved_plan_sha256"] == SHA
    assert applied["retention_days"] == 30
    assert answer["cleaned_up_snapshots"] == 1


def test_changed_plan_is_never_applied(cluster: ClusterConfig, function: FakeFunction) -> None:
    function.answers = [plan_of("delete", OTHER)]
    ti = FakeTaskInstance()

    with pytest.raises(AirflowFailException, match=f"by now it is {OTHER}"):
        apply(cluster).execute(context_of(FakeDagRun(), ti))

    assert [request["dry_run"] for request in function.requests] == [True]
    assert ti.pushed["failure"]["next_step"].startswith("Clear plan_prune")


def test_plan_that_changes_at_the_last_moment_is_shown_again(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    refused = {"errorType": "DeletionLimitError", "errorMessage": "the plan deletes 26"}
    function.answers = [plan_of("delete"), refused]
    ti = FakeTaskInstance()

    with pytest.raises(AirflowFailException, match="the plan deletes 26"):
        apply(cluster).execute(context_of(FakeDagRun(), ti))

    assert ti.pushed["failure"]["next_step"].startswith("Clear plan_prune")


@pytest.mark.parametrize(
    "values",
    [
        {"approved": None},
        {"approved": {**ANSWER, "chosen_options": ["Reject"]}},
        {"planned": None},
    ],
)
def test_nothing_is_deleted_without_an_approval_on_record(
    cluster: ClusterConfig, function: FakeFunction, values: dict[str, Any]
) -> None:
    with pytest.raises(AirflowFailException, match="no approval is on record"):
        apply(cluster, **values).execute(context_of(FakeDagRun()))

    assert function.requests == []


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> list[RedshiftApprovalOperator]:
    """The operators that have come to Airflow's own wait."""
    begun: list[RedshiftApprovalOperator] = []

    def execute(operator: RedshiftApprovalOperator, _context: object) -> None:
        begun.append(operator)

    monkeypatch.setattr(ApprovalOperator, "execute", execute)
    return begun


def test_person_is_shown_the_plan_and_told_where(
    cluster: ClusterConfig,
    published: list[dict[str, Any]],
    waiting: list[RedshiftApprovalOperator],
) -> None:
    approve(cluster).execute(context_of(FakeDagRun()))

    ((operator,), (message,)) = waiting, published
    assert (operator.subject, operator.body) == (PLANNED["subject"], PLANNED["body"])
    assert message["subject"] == "Approval wanted: Delete 1 snapshots?"
    assert message["message_attributes"]["kind"] == "approval_wanted"
    assert "http://localhost:8080/log" in message["message"]


def test_approval_waits_though_the_topic_cannot_be_told(
    cluster: ClusterConfig,
    waiting: list[RedshiftApprovalOperator],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_hook: object, **_message: Any) -> None:
        raise ClientError({"Error": {"Code": "AuthorizationError", "Message": "no"}}, "Publish")

    monkeypatch.setattr(SnsHook, "publish_to_target", refuse)

    approve(cluster).execute(context_of(FakeDagRun()))

    assert len(waiting) == 1


def test_nobody_is_asked_about_a_plan_that_is_not_there(
    cluster: ClusterConfig, waiting: list[RedshiftApprovalOperator]
) -> None:
    with pytest.raises(AirflowFailException, match="plan_prune left no result"):
        approve(cluster, asked=None).execute(context_of(FakeDagRun()))

    assert waiting == []


def test_who_may_answer_and_for_how_long_is_configured(cluster: ClusterConfig) -> None:
    approvals = Approvals(timeout_hours=3, approvers=("ada", "bob"))

    operator = approve(cluster.model_copy(update={"approvals": approvals}))

    assert operator.response_timeout == approvals.timeout
    assert [user["id"] for user in operator.assigned_users] == ["ada", "bob"]


def test_unanswered_approval_fails_for_good(cluster: ClusterConfig) -> None:
    event = {"error": "The response timeout has passed.", "error_type": "timeout"}
    ti = FakeTaskInstance()

    with pytest.raises(AirflowFailException, match="nobody answered within 24 hours"):
        approve(cluster).execute_complete(context_of(FakeDagRun(), ti), event)

    assert "nothing was changed" in ti.pushed["failure"]["error"]
    assert ti.pushed["failure"]["next_step"].startswith("Clear plan_prune")


def test_snapshot_without_a_hold_skips_the_release(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [hold_of(None)]
    plan = RedshiftPlanReleaseOperator(task_id="plan_release", cluster=cluster)

    with pytest.raises(AirflowSkipException, match="snapshot-1 is not held"):
        plan.execute(context_of(FakeDagRun(conf=RELEASE)))

    assert function.requests[0]["dry_run"] is True


def test_release_is_planned_by_a_dry_run(cluster: ClusterConfig, function: FakeFunction) -> None:
    function.answers = [hold_of("legal case 7")]
    plan = RedshiftPlanReleaseOperator(task_id="plan_release", cluster=cluster)

    asked = plan.execute(context_of(FakeDagRun(conf=RELEASE)))

    assert asked["held_for"] == "legal case 7"
    assert "**delete** (expired)" in asked["body"]
    assert [request["dry_run"] for request in function.requests] == [True]


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ({}, "snapshot_id: is missing; reason: is missing"),
        ({**RELEASE, "reason": "why?"}, "cannot stand in a tag"),
        ({**RELEASE, "dry_run": True}, "dry_run: is not a known key"),
    ],
)
def test_bad_release_is_refused_before_the_function_is_asked(
    cluster: ClusterConfig, function: FakeFunction, conf: dict[str, Any], expected: str
) -> None:
    plan = RedshiftPlanReleaseOperator(task_id="plan_release", cluster=cluster)

    with pytest.raises(AirflowFailException, match=expected):
        plan.execute(context_of(FakeDagRun(conf=conf)))

    assert function.requests == []


def test_approved_hold_is_released(cluster: ClusterConfig, function: FakeFunction) -> None:
    function.answers = [hold_of("legal case 7"), hold_of("legal case 7", held=False)]

    answer = release(cluster).execute(context_of(FakeDagRun(conf=RELEASE)))

    look, released = function.requests
    assert look["dry_run"] is True
    assert "dry_run" not in released
    assert (released["action"], released["snapshot_id"]) == ("release", "snapshot-1")
    assert released["reason"] == "case is closed"
    assert answer == {
        "snapshot_id": "snapshot-1",
        "held_for": "legal case 7",
        "prune_verdict": "delete",
        "prune_reason": "expired",
    }


def test_other_hold_than_the_one_shown_is_never_released(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [hold_of("legal case 8")]

    with pytest.raises(AirflowFailException, match="nothing is released"):
        release(cluster).execute(context_of(FakeDagRun(conf=RELEASE)))

    assert len(function.requests) == 1


def test_nothing_is_released_without_an_approval_on_record(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    for values in ({"approved": None}, {"planned": None}):
        with pytest.raises(AirflowFailException, match="no approval is on record"):
            release(cluster, **values).execute(context_of(FakeDagRun(conf=RELEASE)))

    assert function.requests == []


def test_hold_is_released_at_once_where_nobody_is_asked(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [hold_of("legal case 7"), hold_of("legal case 7", held=False)]
    alone = cluster.model_copy(update={"approvals": Approvals(release=False)})

    release(alone, approved=None).execute(context_of(FakeDagRun(conf=RELEASE)))

    assert len(function.requests) == 2
