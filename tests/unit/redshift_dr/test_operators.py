"""The operators, with the function replaced by prepared answers."""

from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    DagRunTriggerException,
)
from botocore.exceptions import ClientError, ReadTimeoutError

from redshift_dr.assets import shared_snapshot
from redshift_dr.config import ClusterConfig
from redshift_dr.config.approvals import Approvals
from redshift_dr.operators.backup import (
    RedshiftCreateSnapshotOperator,
    RedshiftShareSnapshotOperator,
)
from redshift_dr.operators.backup_function import INVOKE_CONFIG
from redshift_dr.operators.prune import RedshiftPruneSnapshotsOperator
from tests.unit.redshift_dr.fakes import FakeDagRun, FakeFunction, FakeTaskInstance, context_of

SNAPSHOT = "aca-lambda-snapshot-20261120-020000"
CREATED = {
    "snapshot_id": SNAPSHOT,
    "exists": True,
    "slot": "2026-11-20T02:00:00Z",
    "past_slot": None,
}
CONFIRMED = {"snapshot_id": SNAPSHOT}


@pytest.fixture
def prune(cluster: ClusterConfig) -> Callable[..., RedshiftPruneSnapshotsOperator]:
    def make(**arguments: Any) -> RedshiftPruneSnapshotsOperator:
        asset = shared_snapshot(cluster.cluster_identifier)
        values = {
            "cluster": cluster,
            "created": CREATED,
            "confirmed": CONFIRMED,
            "asset": asset,
            **arguments,
        }
        return RedshiftPruneSnapshotsOperator(task_id="prune_snapshots", **values)

    return make


def create(cluster: ClusterConfig) -> RedshiftCreateSnapshotOperator:
    return RedshiftCreateSnapshotOperator(task_id="create_snapshot", cluster=cluster)


def round_of(deleted: int, remaining: int) -> dict[str, Any]:
    return {"plan": [], "plan_sha256": "a" * 64, "deleted": deleted, "remaining": remaining}


def test_invocation_is_never_repeated_by_botocore(cluster: ClusterConfig) -> None:
    operator = create(cluster)

    assert operator.botocore_config == {"read_timeout": 900, "retries": {"max_attempts": 0}}
    assert operator.hook.conn.meta.config.read_timeout == INVOKE_CONFIG["read_timeout"]


def test_create_asks_for_the_slot_and_returns_the_answer(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [{"snapshot_id": SNAPSHOT, "origin": "created"}]

    answer = create(cluster).execute(context_of(FakeDagRun()))

    assert function.requests[0]["slot"] == "2026-11-20T02:00:00Z"
    assert answer["snapshot_id"] == SNAPSHOT
    assert answer["statusCode"] == 200
    assert (answer["exists"], answer["skip_reason"]) == (True, None)


def test_bad_configuration_is_refused_before_the_function_is_asked(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    ti = FakeTaskInstance()

    with pytest.raises(AirflowFailException, match="typo: is not a known key"):
        create(cluster).execute(context_of(FakeDagRun(conf={"typo": 1}), ti))

    assert function.requests == []
    assert "typo" in ti.pushed["failure"]["error"]


def test_refusal_fails_without_retry_and_is_left_for_the_alert(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [{"errorType": "NoSnapshotForSlotError", "errorMessage": "none in window"}]
    ti = FakeTaskInstance()

    with pytest.raises(AirflowFailException, match="NoSnapshotForSlotError: none in window"):
        create(cluster).execute(context_of(FakeDagRun(), ti))

    assert ti.pushed["failure"]["error"] == "NoSnapshotForSlotError: none in window."
    assert "automated snapshot retention" in ti.pushed["failure"]["next_step"]


@pytest.mark.parametrize(
    "answer",
    [
        {"errorType": "ThrottledError", "errorMessage": "slow down"},
        ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "x"}}, "Invoke"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1"),
    ],
)
def test_fault_fails_with_retry(
    cluster: ClusterConfig, function: FakeFunction, answer: dict[str, Any] | Exception
) -> None:
    function.answers = [answer]
    ti = FakeTaskInstance()

    with pytest.raises(AirflowException) as caught:
        create(cluster).execute(context_of(FakeDagRun(), ti))

    assert not isinstance(caught.value, AirflowFailException)
    assert ti.pushed["failure"]["next_step"].endswith("The task retries by itself.")


def test_last_try_does_not_promise_another(cluster: ClusterConfig, function: FakeFunction) -> None:
    function.answers = [{"errorType": "ThrottledError", "errorMessage": "slow down"}]
    ti = FakeTaskInstance(try_number=4, max_tries=3)

    with pytest.raises(AirflowException, match="No retry is left: clear create_snapshot"):
        create(cluster).execute(context_of(FakeDagRun(), ti))

    assert "retries by itself" not in ti.pushed["failure"]["next_step"]


def test_failure_is_left_with_what_tells_a_fault_that_other_clusters_have_too(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    code = "ExpiredTokenException"
    function.answers = [ClientError({"Error": {"Code": code, "Message": "x"}}, "Invoke")]
    ti = FakeTaskInstance()

    with pytest.raises(AirflowException, match=code):
        create(cluster).execute(context_of(FakeDagRun(), ti))

    left = ti.pushed["failure"]
    assert (left["error_type"], left["conn_id"]) == (code, "aws_source")


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
def test_function_that_cannot_be_invoked_fails_without_retry(
    cluster: ClusterConfig, function: FakeFunction, code: str
) -> None:
    function.answers = [ClientError({"Error": {"Code": code, "Message": "x"}}, "Invoke")]

    with pytest.raises(AirflowFailException, match=code):
        create(cluster).execute(context_of(FakeDagRun()))


def test_dry_run_of_create_leaves_a_reason_to_skip_the_waits(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [{"snapshot_id": SNAPSHOT, "origin": "created"}]

    answer = create(cluster).execute(context_of(FakeDagRun(conf={"dry_run": True})))

    assert function.requests[0]["dry_run"] is True
    assert answer["exists"] is False
    assert f"{SNAPSHOT} would be made" in answer["skip_reason"]


def test_paused_cluster_skips_every_later_task(
    cluster: ClusterConfig,
    function: FakeFunction,
    prune: Callable[..., RedshiftPruneSnapshotsOperator],
) -> None:
    function.answers = [{"status": "skipped", "reason": "cluster is paused"}]
    skipping = cluster.model_copy(update={"when_paused": "skip"})
    context = context_of(FakeDagRun())

    created = create(skipping).execute(context)
    share = RedshiftShareSnapshotOperator(
        task_id="share_snapshot", cluster=skipping, created=created, waited=None
    )

    assert function.requests[0]["when_paused"] == "skip"
    assert "cluster is paused" in created["skip_reason"]
    with pytest.raises(AirflowSkipException, match="cluster is paused"):
        share.execute(context)
    with pytest.raises(AirflowSkipException, match="cluster is paused"):
        prune(created=created, confirmed=None).execute(context)
    assert len(function.requests) == 1


def test_run_for_an_existing_snapshot_makes_none(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    answer = create(cluster).execute(context_of(FakeDagRun(conf={"snapshot_id": "older-one"})))

    assert function.requests == []
    assert (answer["snapshot_id"], answer["exists"]) == ("older-one", True)


def test_share_names_the_slot_of_the_snapshot_in_the_event(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [{"snapshot_id": "older-one", "shared": True}]
    share = RedshiftShareSnapshotOperator(
        task_id="share_snapshot",
        cluster=cluster,
        created={"snapshot_id": "older-one", "exists": True, "slot": None},
        waited={"slot": "2026-11-01T02:00:00Z"},
    )

    answer = share.execute(context_of(FakeDagRun()))

    assert answer["asset_event"] == {
        "snapshot_id": "older-one",
        "cluster_identifier": "aca-redshift-cluster",
        "slot": "2026-11-01T02:00:00Z",
        "source_account_id": "164543933824",
        "target_account_ids": ["058264155998", "111122223333"],
    }


def test_share_that_is_not_complete_fails(cluster: ClusterConfig, function: FakeFunction) -> None:
    function.answers = [{"snapshot_id": SNAPSHOT, "shared": False}]
    share = RedshiftShareSnapshotOperator(
        task_id="share_snapshot", cluster=cluster, created=CREATED, waited=None
    )

    with pytest.raises(AirflowException, match="shared"):
        share.execute(context_of(FakeDagRun()))


def share_of(cluster: ClusterConfig, **created: Any) -> RedshiftShareSnapshotOperator:
    return RedshiftShareSnapshotOperator(
        task_id="share_snapshot", cluster=cluster, created={**CREATED, **created}, waited=None
    )


HOLD = {"hold_reason": "legal case 7"}
SHARED = {"snapshot_id": SNAPSHOT, "shared": True}


def test_snapshot_is_held_once_it_is_shared(cluster: ClusterConfig, function: FakeFunction) -> None:
    held = {"snapshot_id": SNAPSHOT, "reason": "legal case 7", "held": True, "changed": True}
    function.answers = [SHARED, held]

    answer = share_of(cluster).execute(context_of(FakeDagRun(conf=HOLD)))

    assert [request["action"] for request in function.requests] == ["share", "hold"]
    assert function.requests[1]["snapshot_id"] == SNAPSHOT
    assert function.requests[1]["reason"] == "legal case 7"
    assert answer["hold"] == {"reason": "legal case 7", "held": True, "changed": True}


def test_run_without_a_hold_asks_for_none(cluster: ClusterConfig, function: FakeFunction) -> None:
    function.answers = [SHARED]

    assert share_of(cluster).execute(context_of(FakeDagRun()))["hold"] is None
    assert len(function.requests) == 1


def test_snapshot_that_is_not_shared_is_not_held(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [{**SHARED, "shared": False}]

    with pytest.raises(AirflowException, match="not shared"):
        share_of(cluster).execute(context_of(FakeDagRun(conf=HOLD)))

    assert len(function.requests) == 1


def test_hold_that_is_not_there_afterwards_fails(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [
        SHARED,
        {"snapshot_id": SNAPSHOT, "reason": "legal case 7", "held": False, "changed": True},
    ]
    ti = FakeTaskInstance()

    with pytest.raises(AirflowException, match="is not held for 'legal case 7'"):
        share_of(cluster).execute(context_of(FakeDagRun(conf=HOLD), ti))

    assert "is not held" in ti.pushed["failure"]["error"]


def test_hold_for_another_reason_is_never_replaced(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    refused = {"errorType": "HeldError", "errorMessage": "is held already, for another reason"}
    function.answers = [SHARED, refused]

    with pytest.raises(AirflowFailException, match="Talk to whoever set the hold"):
        share_of(cluster).execute(context_of(FakeDagRun(conf=HOLD)))


def test_dry_run_shows_what_would_be_held(cluster: ClusterConfig, function: FakeFunction) -> None:
    context = context_of(FakeDagRun(conf={**HOLD, "dry_run": True}))
    nothing = {"exists": False, "skip_reason": "dry run: it would be made"}
    function.answers = [
        {**SHARED, "shared": False},
        {"snapshot_id": SNAPSHOT, "reason": "legal case 7", "held": False, "changed": True},
    ]

    with pytest.raises(AirflowSkipException, match="and held for 'legal case 7'"):
        share_of(cluster, **nothing).execute(context)
    answer = share_of(cluster).execute(context)

    assert [request["dry_run"] for request in function.requests] == [True, True]
    assert answer["hold"] == {"reason": "legal case 7", "held": False, "changed": True}


def test_prune_is_asked_again_while_some_remain(
    function: FakeFunction, prune: Callable[..., RedshiftPruneSnapshotsOperator]
) -> None:
    function.answers = [round_of(100, 150), round_of(100, 50), round_of(50, 0)]

    answer = prune().execute(context_of(FakeDagRun()))

    assert (answer["cleaned_up_snapshots"], answer["rounds"]) == (250, 3)


def test_prune_stops_when_a_round_removes_nothing(
    function: FakeFunction, prune: Callable[..., RedshiftPruneSnapshotsOperator]
) -> None:
    function.answers = [round_of(10, 5), round_of(0, 5), round_of(5, 0)]

    with pytest.raises(AirflowException, match="removed 10, 5 expired remain"):
        prune().execute(context_of(FakeDagRun()))

    assert len(function.requests) == 2


def test_prune_rounds_are_bounded(
    function: FakeFunction, prune: Callable[..., RedshiftPruneSnapshotsOperator]
) -> None:
    function.answers = [round_of(1, 100)] * 10

    with pytest.raises(AirflowException, match="round 3 of at most 3"):
        prune(max_rounds=3).execute(context_of(FakeDagRun()))

    assert len(function.requests) == 3


def test_prune_in_a_dry_run_asks_once(
    function: FakeFunction, prune: Callable[..., RedshiftPruneSnapshotsOperator]
) -> None:
    function.answers = [round_of(0, 7)]

    answer = prune(confirmed=None).execute(context_of(FakeDagRun(conf={"dry_run": True})))

    assert function.requests[0]["dry_run"] is True
    assert (answer["remaining"], answer["cleaned_up_snapshots"]) == (7, 0)


@pytest.mark.parametrize("confirmed", [None, {"snapshot_id": "another-one"}])
def test_prune_never_runs_before_the_own_snapshot_is_confirmed_shared(
    function: FakeFunction,
    prune: Callable[..., RedshiftPruneSnapshotsOperator],
    confirmed: dict[str, Any] | None,
) -> None:
    with pytest.raises(AirflowFailException, match="wait_for_share confirmed"):
        prune(confirmed=confirmed).execute(context_of(FakeDagRun()))

    assert function.requests == []


def test_older_run_skips_prune_when_a_newer_slot_is_shared(
    function: FakeFunction, prune: Callable[..., RedshiftPruneSnapshotsOperator]
) -> None:
    context = context_of(FakeDagRun(), None, "2026-11-21T02:00:00Z", None, "2026-11-20T02:00:00Z")

    with pytest.raises(AirflowSkipException, match="newer slot 2026-11-21T02:00:00Z"):
        prune().execute(context)

    assert function.requests == []


def test_run_whose_snapshot_was_asked_for_after_its_slot_never_prunes(
    function: FakeFunction, prune: Callable[..., RedshiftPruneSnapshotsOperator]
) -> None:
    created = {**CREATED, "past_slot": "it is a backfill of the slot 2026-11-20T02:00:00Z"}

    with pytest.raises(AirflowSkipException, match="backfill of the slot"):
        prune(created=created).execute(context_of(FakeDagRun()))

    assert function.requests == []


LIMIT = {
    "errorType": "DeletionLimitError",
    "errorMessage": "the plan deletes 25 snapshots and one run may delete 20",
}


def asking(cluster: ClusterConfig) -> ClusterConfig:
    return cluster.model_copy(update={"approvals": Approvals(prune=True)})


def test_prune_over_the_limit_fails_where_nobody_is_asked(
    function: FakeFunction, prune: Callable[..., RedshiftPruneSnapshotsOperator]
) -> None:
    function.answers = [LIMIT]

    with pytest.raises(AirflowFailException, match="the plan deletes 25 snapshots"):
        prune().execute(context_of(FakeDagRun()))


def test_prune_over_the_limit_starts_the_approval_with_what_the_run_was_asked_for(
    cluster: ClusterConfig,
    function: FakeFunction,
    prune: Callable[..., RedshiftPruneSnapshotsOperator],
) -> None:
    function.answers = [LIMIT]
    conf = {"retention_days": 30, "target_account_ids": ["058264155998"], "hold_reason": "audit"}
    ti = FakeTaskInstance(try_number=2)

    with pytest.raises(DagRunTriggerException) as caught:
        prune(cluster=asking(cluster)).execute(context_of(FakeDagRun(conf=conf), ti))

    assert caught.value.trigger_dag_id == "redshift_prune_approval__aca-redshift-cluster"
    assert caught.value.dag_run_id == "approval__manual__2026-11-20T02:10:00+00:00__2"
    assert caught.value.conf == {"retention_days": 30, "target_account_ids": ["058264155998"]}
    assert caught.value.wait_for_completion is False
    assert len(function.requests) == 1
    assert ti.pushed == {}


def test_paused_approval_fails_the_prune_since_nobody_would_see_it(
    cluster: ClusterConfig,
    function: FakeFunction,
    prune: Callable[..., RedshiftPruneSnapshotsOperator],
) -> None:
    function.answers = [LIMIT]
    ti = FakeTaskInstance(other_dag_is_paused=True)

    with pytest.raises(AirflowFailException, match="the plan deletes 25 snapshots"):
        prune(cluster=asking(cluster)).execute(context_of(FakeDagRun(), ti))


def test_plan_that_the_run_approves_and_that_has_changed_fails(
    cluster: ClusterConfig,
    function: FakeFunction,
    prune: Callable[..., RedshiftPruneSnapshotsOperator],
) -> None:
    function.answers = [LIMIT]
    conf = {"approved_plan_sha256": "a" * 64}

    with pytest.raises(AirflowFailException, match="the plan deletes 25 snapshots"):
        prune(cluster=asking(cluster)).execute(context_of(FakeDagRun(conf=conf)))


def test_stale_chain_is_no_question_to_a_person(
    cluster: ClusterConfig,
    function: FakeFunction,
    prune: Callable[..., RedshiftPruneSnapshotsOperator],
) -> None:
    function.answers = [{"errorType": "StaleChainError", "errorMessage": "nothing is fresh"}]

    with pytest.raises(AirflowFailException, match="nothing is fresh"):
        prune(cluster=asking(cluster)).execute(context_of(FakeDagRun()))


def test_task_marked_successful_by_hand_is_no_ground_to_go_on(
    cluster: ClusterConfig,
    function: FakeFunction,
    prune: Callable[..., RedshiftPruneSnapshotsOperator],
) -> None:
    share = RedshiftShareSnapshotOperator(
        task_id="share_snapshot", cluster=cluster, created=None, waited=None
    )

    for operator in (share, prune(created=None, confirmed=None)):
        with pytest.raises(AirflowFailException, match="clear create_snapshot"):
            operator.execute(context_of(FakeDagRun()))
    assert function.requests == []


def test_create_leaves_its_answer_as_one_xcom(
    cluster: ClusterConfig, function: FakeFunction
) -> None:
    function.answers = [{"snapshot_id": SNAPSHOT, "origin": "created"}]
    ti = FakeTaskInstance()

    create(cluster).execute(context_of(FakeDagRun(), ti))

    assert ti.pushed == {}
    assert not create(cluster).multiple_outputs
