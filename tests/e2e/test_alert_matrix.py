"""What people are told of each accident, under a real scheduler, triggerer and DAG processor.

Every cluster has one accident, and all of them happen at the same time in one Airflow; the messages
are read back from a queue.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from demo.accounts import Accounts
from demo.airflow import ROOT, Airflow
from tests.drills import SOURCE
from tests.e2e.databases import database
from tests.e2e.scenery import (
    CLUSTER_SETTINGS,
    START_SECONDS,
    admit_clusters,
    running_accounts,
    wait_until,
)
from tests.pages import TOPIC, subscribe, take

pytestmark = [pytest.mark.alone, pytest.mark.timeout(900)]

END_SECONDS = 600
"""Bound of what takes a minute or two on an idle machine."""

FAILED = ("exception", "deferral", "killed", "marked", "timed-out", "failed-and-late", "template")
GOOD = ("retried", "late")
BACKED_UP = ("exception", "deferral", *GOOD)
STACK = "aca-lambda-backup"
DRILLED = "drilled"
FIFTY = tuple(f"fifty-{number:02}" for number in range(50))
INCIDENT_OF_FIFTY = "access/aws_source/us-east-1/no-such-function"

PATIENCE = {
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
    "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "300",
    "AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD": "900",
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
}
"""One DAG file holds all runs, one process their callbacks, and one API is asked by all of them."""


def backup_of(cluster: str) -> str:
    """The backup DAG of a cluster."""
    return f"redshift_backup__{cluster}"


DRILL = f"redshift_restore_validation__{DRILLED}"


@dataclass
class Stage:
    """A running sandbox and a running Airflow, and what people were told so far."""

    accounts: Accounts
    airflow: Airflow
    folder: Path
    queue: str
    runs: dict[str, str] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)

    def start(self, dag_id: str) -> None:
        """Start a run."""
        self.airflow.client.unpause(dag_id)
        now = datetime.now(UTC).isoformat()  # Only a run with a slot can be late.
        self.runs[dag_id] = self.airflow.client.trigger(dag_id, logical_date=now)

    def end(self, dag_id: str) -> str:
        """Wait until the run has ended."""
        run_id = self.runs[dag_id]
        return self.airflow.client.wait_for_run(dag_id, run_id, timeout_seconds=END_SECONDS)

    def clear(self, dag_id: str, task_id: str) -> None:
        """Clear a task and all after it, as a person does who has mended the cause."""
        httpx.post(
            f"{self.airflow.url}/api/v2/dags/{dag_id}/clearTaskInstances",
            json={
                "dry_run": False,
                "dag_run_id": self.runs[dag_id],
                "task_ids": [task_id],
                "include_downstream": True,
                "only_failed": False,
            },
            trust_env=False,
            timeout=60,
        ).raise_for_status()

    def get(self, path: str, **parameters: Any) -> Any:
        """Ask Airflow's API."""
        url = f"{self.airflow.url}/{path}"
        answer = httpx.get(url, params=parameters, trust_env=False, timeout=60)
        return answer.raise_for_status().json()

    def told(self, dag_id: str, kind: str) -> list[dict[str, Any]]:
        """The messages of a kind about a DAG, by now."""
        client = self.accounts.client("sqs", "source")
        self.messages.extend(take(client, self.queue))
        return [
            one
            for one in self.messages
            if attribute(one, "kind") == kind and f"{dag_id}\n" in one["Message"]
        ]

    def wait_for(self, dag_id: str, kind: str) -> dict[str, Any]:
        """Wait for the message: a callback follows its run."""
        found = wait_until(lambda: self.told(dag_id, kind), f"{kind} of {dag_id}", seconds=120)
        first: dict[str, Any] = found[0]
        return first


def attribute(message: dict[str, Any], name: str) -> str:
    """An attribute of a message."""
    value: str = message["MessageAttributes"][name]["Value"]
    return value


def write_configuration(folder: Path) -> Path:
    """The clusters, and texts of which one folder is broken."""
    path = folder / "include" / "clusters.yaml"
    shutil.copytree(ROOT / "include" / "alerts", path.parent / "alerts")
    broken = folder / "broken" / "alerts" / "backup_failed.txt.jinja"
    broken.parent.mkdir(parents=True)
    broken.write_text("{{ nothing.of.this }}")
    clusters: dict[str, Any] = {name: {} for name in (*FAILED, *GOOD)}
    clusters[DRILLED] = {"drill": {"schedule": None}}
    clusters.update({name: {"function_name": "no-such-function"} for name in FIFTY})
    path.write_text(json.dumps({"defaults": CLUSTER_SETTINGS, "clusters": clusters}))
    return path


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("alerts")
    dags = folder / "dags"
    dags.mkdir()
    shutil.copy(Path(__file__).with_name("alert_runs.py"), dags)
    configuration = write_configuration(folder)
    with ExitStack() as stack:
        accounts = stack.enter_context(running_accounts(folder))
        lifecycle = {"operation": "snapshot", "seconds": 1, "outcome": "available"}
        accounts.control("POST", "lifecycle", lifecycle)
        admit_clusters(accounts, BACKED_UP, allowed=",".join(BACKED_UP), release="alerts")
        environment = {
            **accounts.environment,
            "REDSHIFT_DR_CONFIG": str(configuration),
            "ALERT_TEST_FOLDER": str(folder),
            "ALERT_TEST_DAGS": str(ROOT / "dags"),
            **PATIENCE,
        }
        queue = subscribe(accounts.client("sqs", "source"), accounts.client("sns", "source"), TOPIC)
        airflow = Airflow(
            home=folder / "airflow",
            environment=environment,
            dags_folder=dags,
            database_url=stack.enter_context(database(folder)),
        )
        stack.callback(airflow.client.close)
        stack.callback(airflow.stop)
        airflow.start(timeout_seconds=START_SECONDS)
        airflow.client.wait_for_dag(DRILL, timeout_seconds=START_SECONDS)
        stage = Stage(accounts, airflow, folder, queue)
        for dag_id in (*map(backup_of, (*FAILED, *GOOD)), DRILL):
            stage.start(dag_id)
        mark_failed(stage, backup_of("marked"))
        for cluster in FIFTY:
            stage.start(backup_of(cluster))
        yield stage


def mark_failed(stage: Stage, dag_id: str) -> None:
    """Mark the run's first task as failed while it runs, as a person does in the UI."""
    run_id = stage.runs[dag_id]

    def runs() -> bool:
        rows = stage.airflow.client.task_instances(dag_id, run_id)
        return ("create_snapshot", "running") in {(row["task_id"], row["state"]) for row in rows}

    wait_until(runs, "running task", seconds=120)
    run = f"{stage.airflow.url}/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"
    httpx.patch(
        f"{run}/taskInstances/create_snapshot",
        json={"new_state": "failed"},
        trust_env=False,
        timeout=60,
    ).raise_for_status()


def test_late_run_is_told_while_it_goes_on_and_its_success_recovers_it(stage: Stage) -> None:
    dag_id = backup_of("late")
    run_id = stage.runs[dag_id]

    late = stage.wait_for(dag_id, "backup_late")

    assert stage.end(dag_id) == "success"
    recovered = stage.wait_for(dag_id, "recovered")
    assert attribute(late, "severity") == "warning"
    assert attribute(late, "incident") == attribute(recovered, "incident") == f"{dag_id}/{run_id}"
    assert "Good copy:  " in late["Message"]
    assert "the backup_late message" in recovered["Message"]


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        ("exception", "Task:       create_snapshot (task_failure)"),
        ("deferral", "Task:       wait_for_snapshot (task_failure)"),
        ("killed", "Task:       create_snapshot (task_failure)"),
        ("marked", "Task:       create_snapshot (task_failure)"),
        ("timed-out", "the run took longer than it may"),
        ("failed-and-late", "Task:       create_snapshot (task_failure)"),
        ("template", "task_id: create_snapshot"),
    ],
)
def test_failed_run_is_paged(stage: Stage, cluster: str, told: str) -> None:
    dag_id = backup_of(cluster)

    assert stage.end(dag_id) == "failed"

    page = stage.wait_for(dag_id, "backup_failed")
    assert told in page["Message"]
    assert stage.runs[dag_id] in page["Message"]
    assert attribute(page, "severity") == "critical"
    assert attribute(page, "cluster") == cluster
    assert attribute(page, "account") == SOURCE
    assert attribute(page, "incident") == f"{dag_id}/{stage.runs[dag_id]}"


def test_first_success_after_a_page_is_told_as_its_recovery(stage: Stage) -> None:
    dag_id = backup_of("exception")
    page = stage.wait_for(dag_id, "backup_failed")
    (stage.folder / f"mended-{dag_id}").touch()

    stage.clear(dag_id, "create_snapshot")

    assert stage.end(dag_id) == "success"
    recovered = stage.wait_for(dag_id, "recovered")
    assert attribute(recovered, "incident") == attribute(page, "incident")
    created = stage.airflow.client.xcom(dag_id, stage.runs[dag_id], "create_snapshot")
    assert created["snapshot_id"] in recovered["Message"]


def test_failed_drill_is_paged(stage: Stage) -> None:
    assert stage.end(DRILL) == "failed"

    page = stage.wait_for(DRILL, "drill_failed")
    assert "Task:       select_snapshot" in page["Message"]


def test_fifty_clusters_with_the_same_fault_are_one_page(stage: Stage) -> None:
    assert {stage.end(backup_of(cluster)) for cluster in FIFTY} == {"failed"}

    def all_had_their_callback() -> bool:
        pattern = "redshift_dr_incident__redshift_backup__fifty-%"
        found = stage.get("api/v2/variables", variable_key_pattern=pattern, limit=100)
        return bool(found["total_entries"] == len(FIFTY))

    wait_until(all_had_their_callback, "callback of each of the fifty", seconds=120)
    stage.told("", "")
    pages = [one for one in stage.messages if attribute(one, "incident") == INCIDENT_OF_FIFTY]
    assert len(pages) == 1
    assert attribute(pages[0], "cluster") == "*"
    assert "every cluster that uses connection aws_source" in pages[0]["Message"]


def test_deadline_of_the_failed_run_has_passed(stage: Stage) -> None:
    dag_id = backup_of("failed-and-late")
    path = f"ui/dags/{dag_id}/dagRuns/{quote(stage.runs[dag_id], safe='')}/deadlines"

    def missed() -> bool:
        return [one["missed"] for one in stage.get(path)["deadlines"]] == [True]

    wait_until(missed, "missed deadline", seconds=240)


def test_every_incident_was_paged_once_and_nothing_else_was_told(stage: Stage) -> None:
    """The last: by now every callback has run."""
    assert stage.end(backup_of("retried")) == "success"
    tries = stage.airflow.client.task_instances(
        backup_of("retried"), stage.runs[backup_of("retried")]
    )
    assert max(row["try_number"] for row in tries) == 2

    stage.told("", "")
    found = Counter((attribute(one, "cluster"), attribute(one, "kind")) for one in stage.messages)

    expected = Counter((cluster, "backup_failed") for cluster in (*FAILED, "*"))
    expected.update({("exception", "recovered"): 1, (DRILLED, "drill_failed"): 1})
    expected.update({("late", "backup_late"): 1, ("late", "recovered"): 1})
    assert found == expected
    assert stage.airflow.client.import_errors() == {}
