"""A prune over the limit under a real scheduler: who is asked, how, and what waits meanwhile."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import boto3
import httpx
import pytest

from demo.airflow import Airflow
from demo.sandbox import SandboxProcess
from tests.dags.shelf import limit_deletions, plant
from tests.e2e.scenery import wait_until
from tests.pages import TOPIC, subscribe, take

pytestmark = pytest.mark.alone

CLUSTER = "aca-redshift-cluster"
BACKUP = f"redshift_backup__{CLUSTER}"
APPROVAL = f"redshift_prune_approval__{CLUSTER}"
RELEASE = f"redshift_release_hold__{CLUSTER}"
SOURCE, TARGET = "164543933824", "058264155998"
EXPIRED, YOUNG = [30, 31, 32, 33, 34], [1, 2]
LIMIT = 2


class Stage:
    """A running sandbox and a running Airflow, each in processes of its own."""

    def __init__(self, sandbox: SandboxProcess, airflow: Airflow) -> None:
        self.airflow = airflow
        self.environment = sandbox.environment
        self.aws = sandbox.environment["AWS_ENDPOINT_URL"]

    def client(self, service: str) -> Any:
        """A boto3 client of the source account."""
        session = boto3.session.Session(profile_name="source", region_name="us-east-1")
        return session.client(service, endpoint_url=self.aws)

    def control(self, method: str, path: str, body: Any = None) -> None:
        """Call the sandbox's control API."""
        url = f"{self.aws}/_sandbox/{path}"
        httpx.request(method, url, json=body, trust_env=False).raise_for_status()

    def get(self, path: str) -> Any:
        """Ask Airflow's API."""
        return httpx.get(f"{self.airflow.url}/api/v2/{path}", trust_env=False).raise_for_status()

    def snapshots(self) -> list[str]:
        """The manual snapshots of the source account."""
        found = self.client("redshift").describe_cluster_snapshots(SnapshotType="manual")
        return [row["SnapshotIdentifier"] for row in found["Snapshots"]]

    def question(self, run_id: str) -> Any:
        """What a run asks, as the UI reads it."""
        path = f"dags/{APPROVAL}/dagRuns/{quote(run_id)}/hitlDetails"
        (question,) = self.get(path).json()["hitl_details"]
        return question

    def answer(self, run_id: str, task_id: str, option: str) -> None:
        """Answer as the UI does."""
        run = f"dags/{APPROVAL}/dagRuns/{quote(run_id)}"
        path = f"{run}/taskInstances/{task_id}/-1/hitlDetails"
        httpx.patch(
            f"{self.airflow.url}/api/v2/{path}",
            json={"chosen_options": [option], "params_input": {}},
            trust_env=False,
        ).raise_for_status()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("approvals")
    with (
        SandboxProcess(folder / "sandbox") as sandbox,
        Airflow(home=folder / "airflow", environment=sandbox.environment) as airflow,
    ):
        for dag_id in (BACKUP, APPROVAL, RELEASE):
            airflow.client.wait_for_dag(dag_id)
        airflow.client.unpause(BACKUP)
        yield Stage(sandbox, airflow)


@pytest.fixture(autouse=True)
def _profiles(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, stage.environment[name])


def test_approval_waits_beside_later_backups_and_applies_what_was_shown(stage: Stage) -> None:
    airflow = stage.airflow.client
    sqs = stage.client("sqs")
    queue = subscribe(sqs, stage.client("sns"), TOPIC)
    limit_deletions(stage, LIMIT)
    plant(stage, [*EXPIRED, *YOUNG])

    first = airflow.trigger(BACKUP)
    assert airflow.wait_for_run(BACKUP, first) == "success"
    asking = f"approval__{first}__1"

    def asked() -> bool:
        states = {row["task_id"]: row["state"] for row in airflow.task_instances(APPROVAL, asking)}
        return states.get("approve_prune") == "awaiting_input"

    wait_until(asked, "question", seconds=120)
    wanted = wait_until(lambda: take(sqs, queue), "message that approval is wanted", seconds=120)
    assert [asking in message["Message"] for message in wanted] == [True]
    question = stage.question(asking)
    assert question["body"].count("| delete |") == len(EXPIRED)

    # The next backup neither waits for the answer nor fails, and its own question comes later.
    second = airflow.trigger(BACKUP)
    assert airflow.wait_for_run(BACKUP, second) == "success"
    assert len(stage.snapshots()) == len(EXPIRED) + len(YOUNG) + 2

    stage.answer(asking, "approve_prune", "Approve")

    assert airflow.wait_for_run(APPROVAL, asking) == "success"
    assert len(stage.snapshots()) == len(YOUNG) + 2
    # By then there is nothing left to approve: it does not wait, and is green.
    later = f"approval__{second}__1"
    assert airflow.wait_for_run(APPROVAL, later) == "success"
    states = {row["task_id"]: row["state"] for row in airflow.task_instances(APPROVAL, later)}
    assert set(states.values()) == {"skipped"}
    assert [one for one in take(sqs, queue) if one["Subject"].startswith("Approval")] == []


def test_tasks_link_to_the_console(stage: Stage) -> None:
    run_id = stage.airflow.client.trigger(BACKUP, conf={"dry_run": True})
    assert stage.airflow.client.wait_for_run(BACKUP, run_id) == "success"

    path = f"dags/{BACKUP}/dagRuns/{quote(run_id)}/taskInstances"
    links = {
        task_id: stage.get(f"{path}/{task_id}/links").json()["extra_links"]
        for task_id in ("create_snapshot", "share_snapshot")
    }

    console = "https://console.aws.amazon.com/redshiftv2/home?region=us-east-1"
    assert links["create_snapshot"]["Cluster"] == f"{console}#cluster-details?cluster={CLUSTER}"
    assert links["share_snapshot"]["Snapshots (DR account)"] == f"{console}#snapshots"
    assert links["share_snapshot"]["Snapshots (source account)"] == f"{console}#snapshots"


@pytest.mark.parametrize(
    "conf",
    [{}, {"snapshot_id": "snapshot-1"}, {"snapshot_id": "snapshot-1", "reason": "why?"}],
)
def test_bad_release_is_refused_by_its_form(stage: Stage, conf: dict[str, str]) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="answered 400"):
        stage.airflow.client.trigger(RELEASE, conf=conf)
