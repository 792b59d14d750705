"""The DAGs that ask a person, against the sandbox: real tasks, real waits, the real zip."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.dags.answering import answering
from tests.dags.shelf import changing_calls, limit_deletions, plant, snapshots
from tests.pages import TOPIC, subscribe, take

pytestmark = pytest.mark.slow

CLUSTER = "aca-redshift-cluster"
PRUNE = f"redshift_prune_approval__{CLUSTER}"
RELEASE = f"redshift_release_hold__{CLUSTER}"
OVER_THE_LIMIT = [40, 30, 20, 12]
Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _limit_is_low_and_snapshots_take_no_time(playground: Any) -> None:
    limit_deletions(playground, 2)
    playground.control(
        "POST", "lifecycle", {"operation": "snapshot", "seconds": 0, "outcome": "available"}
    )


@pytest.fixture
def run_prune(parsed_dags: Any, run_dag: Run) -> Run:
    return lambda **arguments: run_dag(copy.deepcopy(parsed_dags[PRUNE]), **arguments)


@pytest.fixture
def run_release(parsed_dags: Any, run_dag: Run) -> Run:
    return lambda **arguments: run_dag(copy.deepcopy(parsed_dags[RELEASE]), **arguments)


def approval_runs() -> list[Any]:
    """The runs that wait to be scheduled, by which a backup has asked."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        found = session.scalars(select(DagRun).filter_by(dag_id=PRUNE, state="queued")).all()
        session.expunge_all()
        return list(found)


def test_backup_over_the_limit_ends_well_and_asks(playground: Any, run_backup: Run) -> None:
    old = plant(playground, OVER_THE_LIMIT)

    ended = run_backup(logical_date=None, run_conf={"retention_days": 9})

    assert (ended.state, ended.states["prune_snapshots"]) == ("success", "success")
    assert set(old) <= set(snapshots(playground))
    (asked,) = [run for run in approval_runs() if ended.run_id in run.run_id]
    assert asked.conf == {"retention_days": 9}


def test_approved_plan_is_shown_and_applied(playground: Any, run_prune: Run) -> None:
    old = plant(playground, OVER_THE_LIMIT)
    young = plant(playground, [3, 0.5])
    sqs = playground.client("sqs")
    queue = subscribe(sqs, playground.client("sns"), TOPIC)

    with answering(PRUNE, "Approve") as person:
        ended = run_prune(logical_date=None)

    assert (ended.state, set(ended.states.values())) == ("success", {"success"})
    assert set(snapshots(playground)) == set(young)
    assert ended.results["prune_snapshots"]["cleaned_up_snapshots"] == len(old)
    assert ended.results["approve_prune"]["responded_by_user"]["name"] == "ada"
    assert person.question is not None
    subject, body = person.question
    assert subject == f"Delete 4 snapshots of {CLUSTER}?"
    assert [line.split(" | ")[1] for line in body.splitlines() if "| delete |" in line] == old[::-1]
    (message,) = take(sqs, queue)
    assert subject in message["Message"]


def test_rejected_plan_deletes_nothing_and_the_run_ends_without_a_page(
    playground: Any, run_prune: Run
) -> None:
    plant(playground, [*OVER_THE_LIMIT, 3, 0.5])
    sqs = playground.client("sqs")
    queue = subscribe(sqs, playground.client("sns"), TOPIC)

    with answering(PRUNE, "Reject"):
        ended = run_prune(logical_date=None)

    assert ended.state == "success"
    assert ended.states == {
        "plan_prune": "success",
        "approve_prune": "success",
        "prune_snapshots": "skipped",
    }
    assert changing_calls(playground) == []
    assert [message["Subject"][:15] for message in take(sqs, queue)] == ["Approval wanted"]


def test_plan_that_changes_while_a_person_thinks_is_refused(
    playground: Any, run_prune: Run
) -> None:
    plant(playground, [*OVER_THE_LIMIT, 3, 0.5])

    with answering(PRUNE, "Approve", before=lambda: plant(playground, [90])):
        ended = run_prune(logical_date=None)

    assert (ended.state, ended.states["prune_snapshots"]) == ("failed", "failed")
    assert "PlanChangedError" in ended.failures["prune_snapshots"]["error"]
    assert changing_calls(playground) == []


def test_run_with_nothing_to_approve_neither_waits_nor_deletes(
    playground: Any, run_prune: Run
) -> None:
    plant(playground, [20, 12, 3, 0.5])

    with answering(PRUNE, "Approve") as person:
        ended = run_prune(logical_date=None)

    assert (ended.state, set(ended.states.values())) == ("success", {"skipped"})
    assert person.question is None
    assert changing_calls(playground) == []


def test_hold_is_released_once_a_person_has_seen_what_follows(
    playground: Any, run_release: Run
) -> None:
    (held,) = plant(playground, [30], hold="legal case 7")
    plant(playground, [3, 0.5])

    with answering(RELEASE, "Approve") as person:
        ended = run_release(
            logical_date=None, run_conf={"snapshot_id": held, "reason": "case is closed"}
        )

    assert (ended.state, set(ended.states.values())) == ("success", {"success"})
    assert person.question is not None
    for expected in ("legal case 7", "case is closed", "**delete**"):
        assert expected in person.question[1]
    tags = {tag["Key"] for tag in snapshots(playground)[held]["Tags"]}
    assert "redshift-backup:hold" not in tags
