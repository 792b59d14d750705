"""The backup DAG under a real scheduler, triggerer and DAG processor, as production runs it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest

from demo.airflow import Airflow
from demo.sandbox import SandboxProcess
from tests.e2e.databases import database
from tests.e2e.scenery import wait_until
from tests.pages import TOPIC, subscribe, take

pytestmark = pytest.mark.alone

DAG_ID = "redshift_backup__aca-redshift-cluster"
SOURCE, TARGET = "164543933824", "058264155998"
TASKS = (
    "create_snapshot",
    "wait_for_snapshot",
    "share_snapshot",
    "wait_for_share",
    "prune_snapshots",
)


@dataclass(frozen=True)
class Stage:
    """A running sandbox and a running Airflow, each in processes of its own."""

    sandbox: SandboxProcess
    airflow: Airflow

    def client(self, service: str, account: str) -> Any:
        """A boto3 client of one account, made from what the sandbox wrote for its users."""
        variables = self.sandbox.environment
        session = boto3.session.Session(profile_name=account, region_name="us-east-1")
        return session.client(service, endpoint_url=variables["AWS_ENDPOINT_URL"])

    def control(self, path: str, body: Any) -> None:
        """Send a control request to the sandbox."""
        url = f"{self.sandbox.environment['AWS_ENDPOINT_URL']}/_sandbox/{path}"
        httpx.post(url, json=body, trust_env=False).raise_for_status()

    def clear(self, run_id: str, task_id: str) -> None:
        """Clear a task and all after it, as a person does in the UI."""
        httpx.post(
            f"{self.airflow.url}/api/v2/dags/{DAG_ID}/clearTaskInstances",
            json={
                "dry_run": False,
                "dag_run_id": run_id,
                "task_ids": [task_id],
                "include_downstream": True,
                "only_failed": False,
            },
            trust_env=False,
        ).raise_for_status()

    def run_ids(self) -> list[str]:
        """The DAG's runs."""
        url = f"{self.airflow.url}/api/v2/dags/{DAG_ID}/dagRuns"
        rows = httpx.get(url, trust_env=False).raise_for_status().json()["dag_runs"]
        return [row["dag_run_id"] for row in rows]

    def states(self, run_id: str) -> dict[str, str]:
        """The state of each task of a run that makes the backup itself."""
        rows = self.airflow.client.task_instances(DAG_ID, run_id)
        return {row["task_id"]: row["state"] for row in rows if row["task_id"] in TASKS}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("scheduler")
    with (
        SandboxProcess(folder / "sandbox") as sandbox,
        database(folder) as database_url,
        Airflow(
            home=folder / "airflow",
            environment=sandbox.environment,
            run_schedules=True,
            database_url=database_url,
        ) as airflow,
    ):
        airflow.client.wait_for_dag(DAG_ID)
        yield Stage(sandbox, airflow)


@pytest.fixture(autouse=True)
def _profiles(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, stage.sandbox.environment[name])


def test_scheduled_run_backs_up_its_slot_and_shares_it(stage: Stage) -> None:
    # Long enough for the first look to come before the snapshot on a busy machine, too.
    stage.control("lifecycle", {"operation": "snapshot", "seconds": 15})
    stage.airflow.client.unpause(DAG_ID)
    (run_id,) = wait_until(stage.run_ids, "scheduled run")

    state = stage.airflow.client.wait_for_run(DAG_ID, run_id)

    assert run_id.startswith("scheduled__")
    assert state == "success"
    assert stage.states(run_id) == dict.fromkeys(TASKS, "success")
    created = stage.airflow.client.xcom(DAG_ID, run_id, "create_snapshot")
    assert created["slot"][:19] == run_id.removeprefix("scheduled__")[:19]
    seen = stage.client("redshift", "target").describe_cluster_snapshots(OwnerAccount=SOURCE)
    assert [row["SnapshotIdentifier"] for row in seen["Snapshots"]] == [created["snapshot_id"]]
    waited = stage.airflow.client.log(DAG_ID, run_id, "wait_for_snapshot", 1)
    assert "is creating" in waited
    assert "is available" in waited


def test_failed_snapshot_pages_once_with_the_first_step_and_taking_it_mends_the_run(
    stage: Stage,
) -> None:
    sqs = stage.client("sqs", "source")
    queue = subscribe(sqs, stage.client("sns", "source"), TOPIC)
    stage.control("lifecycle", {"operation": "snapshot", "seconds": 2, "outcome": "failed"})
    stage.airflow.client.unpause(DAG_ID)

    run_id = stage.airflow.client.trigger(DAG_ID)
    state = stage.airflow.client.wait_for_run(DAG_ID, run_id)

    assert state == "failed"
    assert stage.states(run_id)["wait_for_snapshot"] == "failed"
    created = stage.airflow.client.xcom(DAG_ID, run_id, "create_snapshot")

    def pages() -> list[dict[str, Any]]:
        return take(sqs, queue)

    (page,) = wait_until(pages, "page")
    for expected in (
        run_id,
        created["snapshot_id"],
        f"snapshot {created['snapshot_id']} is failed",
        "Clear create_snapshot.",
        "wait_for_snapshot",
        "aca-redshift-cluster",
    ):
        assert expected in page["Message"]
    assert pages() == []

    stage.control("lifecycle", {"operation": "snapshot", "seconds": 1, "outcome": "available"})
    stage.clear(run_id, "create_snapshot")

    assert stage.airflow.client.wait_for_run(DAG_ID, run_id) == "success"
    shared = stage.client("redshift", "target").describe_cluster_snapshots(
        OwnerAccount=SOURCE, SnapshotIdentifier=created["snapshot_id"]
    )
    assert [row["Status"] for row in shared["Snapshots"]] == ["available"]


def test_airflow_shows_no_import_error(stage: Stage) -> None:
    assert stage.airflow.client.import_errors() == {}
