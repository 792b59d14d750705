"""Twenty clusters at once on two Celery workers, one of which dies while the triggerer restarts."""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import celery
import pytest

from demo.accounts import Accounts
from demo.processes import group_exists
from fleet.native import Fleet
from fleet.programs import MissingProgramError
from fleet.services import Service
from tests.drills import SOURCE
from tests.e2e.aws_calls import changing_calls, forget_calls
from tests.e2e.scenery import (
    CLUSTER_SETTINGS,
    START_SECONDS,
    admit_clusters,
    running_accounts,
    wait_until,
)

pytestmark = [pytest.mark.alone, pytest.mark.timeout(1200)]

CLUSTERS = [f"fleet-{number:02}" for number in range(20)]
RUNS_SECONDS = 900
"""Bound of what takes four minutes on an idle machine."""
AT_ONCE = 4
CONFIGURATION = {
    "defaults": {**CLUSTER_SETTINGS, "drill": None},
    "clusters": {cluster: {} for cluster in CLUSTERS},
}
# What is minutes in production is seconds here, so that what died is noticed while a test looks.
SETTINGS = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    # Longer than half of the tasks wait for the other half, or they count as lost, too.
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "90",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "10",
    "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "10",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "12",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
}


def dag_id(cluster: str) -> str:
    """The backup of a cluster."""
    return f"redshift_backup__{cluster}"


@dataclass(frozen=True)
class Stage:
    """A running sandbox with twenty clusters, and a running fleet."""

    accounts: Accounts
    fleet: Fleet

    def states(self, run_ids: dict[str, str]) -> Counter[tuple[str, str]]:
        """How many tasks of the runs are in which state."""
        return Counter(
            (row["task_id"], row["state"])
            for cluster, run_id in run_ids.items()
            for row in self.fleet.client.task_instances(dag_id(cluster), run_id)
        )

    def busy(self, worker: str) -> bool:
        """Tell whether a worker has a task in hand."""
        with celery.Celery(
            broker=self.fleet.credentials["broker_url"], set_as_current=False
        ) as queue:
            active: dict[str, list[Any]] = queue.control.inspect(timeout=1.0).active() or {}
        return any(tasks for name, tasks in active.items() if name.startswith(f"{worker}@"))

    def kill(self, name: str) -> Service:
        """End a part as the kernel does it when memory is short: at once, with all of its tasks."""
        service = self.fleet.services[name]
        group_id = service.group_id
        os.killpg(group_id, signal.SIGKILL)
        service.stop()
        assert not group_exists(group_id)
        return service


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("fleet")
    configuration = folder / "clusters.yaml"
    configuration.write_text(json.dumps(CONFIGURATION))
    with ExitStack() as stack:
        accounts = stack.enter_context(running_accounts(folder))
        environment = {**accounts.environment, "REDSHIFT_DR_CONFIG": str(configuration)}
        try:
            fleet = Fleet(folder / "fleet", environment=environment, settings=SETTINGS)
        except MissingProgramError as missing:
            pytest.skip(str(missing))
        admit_clusters(accounts, CLUSTERS, allowed="fleet-*", release="fleet")
        # Long enough for some to be waiting when the triggerer is restarted.
        lifecycle = {"operation": "snapshot", "seconds": 60, "outcome": "available"}
        accounts.control("POST", "lifecycle", lifecycle)
        stack.callback(fleet.stop)
        fleet.start(timeout_seconds=START_SECONDS)
        for cluster in CLUSTERS:
            fleet.client.wait_for_dag(dag_id(cluster), timeout_seconds=START_SECONDS)
        yield Stage(accounts, fleet)


def start_all(stage: Stage) -> dict[str, str]:
    """Start the backup of every cluster; the ids of the runs by cluster."""

    def start(cluster: str) -> str:
        stage.fleet.client.unpause(dag_id(cluster))
        return stage.fleet.client.trigger(dag_id(cluster))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(CLUSTERS, pool.map(start, CLUSTERS), strict=True))


def test_killed_worker_and_restarted_triggerer_cost_no_cluster_its_one_snapshot(
    stage: Stage,
) -> None:
    client = stage.fleet.client
    forget_calls(stage.accounts)

    run_ids = start_all(stage)
    running = ("create_snapshot", "running")
    wait_until(
        lambda: stage.states(run_ids)[running] and stage.busy("worker-1"),
        "task on the first worker",
    )
    stage.kill("worker-1")
    waiting = ("wait_for_snapshot", "deferred")
    wait_until(
        lambda: stage.states(run_ids)[waiting], "wait in the triggerer", seconds=START_SECONDS
    )
    stage.kill("triggerer").start()
    ended = {
        cluster: client.wait_for_run(dag_id(cluster), run_id, timeout_seconds=RUNS_SECONDS)
        for cluster, run_id in run_ids.items()
    }

    assert ended == dict.fromkeys(CLUSTERS, "success")
    assert stage.fleet.workers_online() == 1
    made = {
        cluster: client.xcom(dag_id(cluster), run_id, "create_snapshot")["snapshot_id"]
        for cluster, run_id in run_ids.items()
    }
    for account, more in (("source", {}), ("target", {"OwnerAccount": SOURCE})):
        redshift = stage.accounts.client("redshift", account)
        pages = redshift.get_paginator("describe_cluster_snapshots").paginate(
            SnapshotType="manual", **more
        )
        rows = [row for page in pages for row in page["Snapshots"]]
        assert {row["ClusterIdentifier"]: row["SnapshotIdentifier"] for row in rows} == made
        assert [row["Status"] for row in rows] == ["available"] * len(CLUSTERS)
    calls = Counter(row["operation"] for row in changing_calls(stage.accounts))
    assert calls["CreateClusterSnapshot"] == calls["AuthorizeSnapshotAccess"] == len(CLUSTERS)
