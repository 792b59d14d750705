"""The drill under a real scheduler and triggerer: killed, marked, restarted, and never green unless
it deserves it. The runs are of clusters of their own, so that several go on at the same time.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from demo.accounts import Accounts
from demo.airflow import ROOT, Airflow, airflow_settings
from demo.processes import group_exists
from demo.program import Program
from tests.drills import BUCKET, TARGET, TASKS, drill_clusters
from tests.e2e.databases import database
from tests.e2e.scenery import CLUSTER_SETTINGS, START_SECONDS, running_accounts, wait_until
from tests.pages import TOPIC, subscribe, take

pytestmark = [pytest.mark.alone, pytest.mark.timeout(900)]

AT_ONCE = 4
"""Drills at the same time: each is mostly waiting."""
ONE_WRITER = Lock()
"""Two changes by the API at once lock SQLite, where that is the database, until both time out."""
DEFAULTS = {
    **CLUSTER_SETTINGS,
    "drill": {
        "schedule": None,
        "deadlines": {"restore_minutes": 20, "copy_minutes": 20, "delete_minutes": 10},
        "expires_hours": 1,
        "db_user": "awsuser",
    },
}
# The planted snapshots hold no tables, and a drill in which nothing passes proves nothing.
CHECK = "-- name: what is never there\nSELECT 1 AS offending WHERE 1 = 0\n"


@dataclass(frozen=True)
class Scenario:
    """One run, and what happens to it.

    :param cluster: the source cluster of its DAG; ``once-`` leaves out the retries.
    :param doors: the tasks, or ``tags`` within the restore, that wait for what happens.
    :param act: what happens to each.
    :param state: how the run has to end.
    """

    cluster: str
    doors: tuple[str, ...]
    act: str
    state: str


# A killed task is tried again, so this run deserves to pass; the verdict is not.
SCENARIOS = (
    Scenario("kill-each", TASKS[:-1], "kill", "success"),
    Scenario("kill-verdict", ("verdict",), "kill", "failed"),
    Scenario("once-cut-restore", ("tags",), "kill", "failed"),
    Scenario("once-killed-validate", ("validate",), "kill", "failed"),
    Scenario("mark-restore", ("tags",), "mark_task", "failed"),
    Scenario("mark-validate", ("validate",), "mark_task", "failed"),
    Scenario("fail-run-restore", ("tags",), "mark_run", "failed"),
    Scenario("fail-run-validate", ("validate",), "mark_run", "failed"),
    Scenario("fail-run-keep", ("keep_dr_copy",), "mark_run", "failed"),
)
RESTARTED, UNDELETED = "triggerer-restarted", "delete-refused"


@dataclass(frozen=True)
class Ended:
    """A run that has ended.

    :param tasks: the state of each task.
    :param tries: how often each task was tried.
    """

    run_id: str
    state: str
    tasks: dict[str, str]
    tries: dict[str, int]


class Triggerer(Program):
    """A triggerer beside the standalone Airflow, whose own was killed."""

    def __init__(self, airflow: Airflow, environment: dict[str, str]) -> None:
        super().__init__("the triggerer", airflow.home / "triggerer.log")
        self._airflow = airflow
        self._environment = environment

    def start(self) -> None:
        self._run(
            [str(Path(sys.executable).parent / "airflow"), "triggerer"],
            environment=self._environment,
            folder=self._airflow.home,
            is_ready=lambda: group_exists(self.group_id),
            timeout_seconds=60,
        )


@dataclass(frozen=True)
class Stage:
    """A running sandbox, a running Airflow, the doors, and the queue of the pages.

    :param database_url: Airflow's database; None is its SQLite.
    """

    accounts: Accounts
    airflow: Airflow
    environment: dict[str, str]
    doors: Path
    queue: str
    database_url: str | None

    def dag_id(self, cluster: str) -> str:
        """The drill of a cluster."""
        return f"redshift_restore_validation__{cluster}"

    def client(self, service: str, account: Any) -> Any:
        """A boto3 client of one account."""
        return self.accounts.client(service, account)

    def start(self, cluster: str, doors: tuple[str, ...] = ()) -> str:
        """Start a drill whose tasks wait at their doors."""
        for door in doors:
            (self.doors / f"{cluster}.{door}").touch()
        with ONE_WRITER:
            self.airflow.client.unpause(self.dag_id(cluster))
            return self.airflow.client.trigger(self.dag_id(cluster))

    def pid_at(self, cluster: str, door: str) -> int:
        """The process that waits at a door."""
        path = self.doors / f"{cluster}.{door}.pid"
        wait_until(path.exists, f"task at the door {path.name}", seconds=START_SECONDS)
        return int(path.read_text())

    def patch(self, cluster: str, run_id: str, body: dict[str, str], task: str = "") -> None:
        """Mark a run or a task, as a person does in the UI."""
        path = f"/api/v2/dags/{self.dag_id(cluster)}/dagRuns/{quote(run_id, safe='')}"
        if task:
            path += f"/taskInstances/{task}"
        url = f"{self.airflow.url}{path}"
        with ONE_WRITER:
            httpx.patch(url, json=body, trust_env=False, timeout=60).raise_for_status()

    def end(self, cluster: str, run_id: str) -> Ended:
        """Wait until the run has ended."""
        client, dag_id = self.airflow.client, self.dag_id(cluster)
        state = client.wait_for_run(dag_id, run_id, timeout_seconds=900)
        rows = client.task_instances(dag_id, run_id)
        states = {row["task_id"]: row["state"] for row in rows}
        return Ended(run_id, state, states, {row["task_id"]: row["try_number"] for row in rows})

    def pages(self) -> list[dict[str, Any]]:
        """The pages since the last time that somebody asked; the summary of a pass is none."""
        told = take(self.client("sqs", "source"), self.queue)
        return [one for one in told if one["MessageAttributes"]["kind"]["Value"] == "drill_failed"]

    def clusters_of(self, cluster: str) -> list[str]:
        """What is left of the drills of a cluster."""
        names = [row["ClusterIdentifier"] for row in drill_clusters(self.client)]
        return [name for name in names if name.startswith(f"drill-{cluster}-")]


def plant(accounts: Accounts, clusters: list[str]) -> None:
    """A fresh shared snapshot of each cluster, and short lifecycles."""
    created = (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)
    rows = [
        {
            "cluster_identifier": cluster,
            "snapshot_identifier": f"{cluster}-lambda-snapshot-{created:%Y%m%d-%H%M%S}",
            "create_time": created.isoformat(),
            "shared_with": [TARGET],
        }
        for cluster in clusters
    ]
    accounts.control("POST", "snapshots", rows)
    for operation in ("snapshot", "restore", "delete_cluster"):
        setting = {"operation": operation, "seconds": 1, "outcome": "available"}
        accounts.control("POST", "lifecycle", setting)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("drills")
    dags, doors = folder / "dags", folder / "doors"
    dags.mkdir()
    doors.mkdir()
    shutil.copy(Path(__file__).with_name("held_drills.py"), dags)
    clusters = [*(scenario.cluster for scenario in SCENARIOS), RESTARTED, UNDELETED]
    configuration = folder / "include" / "clusters.yaml"
    configuration.parent.mkdir()
    shutil.copytree(ROOT / "include" / "alerts", configuration.parent / "alerts")
    fleet = {"defaults": DEFAULTS, "clusters": {key: {} for key in clusters}}
    configuration.write_text(json.dumps(fleet))
    for cluster in clusters:
        check = configuration.parent / "validation" / cluster / "never.sql"
        check.parent.mkdir(parents=True)
        check.write_text(CHECK)
    with ExitStack() as stack:
        accounts = stack.enter_context(running_accounts(folder))
        environment = {
            **accounts.environment,
            "REDSHIFT_DR_CONFIG": str(configuration),
            "DRILL_TEST_DOORS": str(doors),
            "DRILL_TEST_DAG": str(ROOT / "dags" / "redshift_restore_validation.py"),
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "12",
        }
        plant(accounts, clusters)
        queue = subscribe(accounts.client("sqs", "source"), accounts.client("sns", "source"), TOPIC)
        database_url = stack.enter_context(database(folder))
        airflow = Airflow(
            home=folder / "airflow",
            environment=environment,
            dags_folder=dags,
            database_url=database_url,
        )
        stack.callback(airflow.client.close)
        stack.callback(airflow.stop)
        airflow.start(timeout_seconds=START_SECONDS)
        dag_id = f"redshift_restore_validation__{UNDELETED}"
        airflow.client.wait_for_dag(dag_id, timeout_seconds=START_SECONDS)
        yield Stage(accounts, airflow, environment, doors, queue, database_url)


def play(stage: Stage, scenario: Scenario) -> Ended:
    """Run a drill, let happen what happens when a task is at its door, and wait for the end."""
    run_id = stage.start(scenario.cluster, scenario.doors)
    for door in scenario.doors:
        act(stage, scenario, run_id, door)
    return stage.end(scenario.cluster, run_id)


def act(stage: Stage, scenario: Scenario, run_id: str, door: str) -> None:
    """Do what is done to the task at a door."""
    pid = stage.pid_at(scenario.cluster, door)
    if scenario.act == "kill":
        os.kill(pid, signal.SIGKILL)
    elif scenario.act == "mark_task":
        task = "restore_cluster" if door == "tags" else door
        stage.patch(scenario.cluster, run_id, {"new_state": "failed"}, task)
    else:
        stage.patch(scenario.cluster, run_id, {"state": "failed"})


@pytest.fixture(scope="module")
def played(stage: Stage, request: pytest.FixtureRequest) -> dict[str, Future[Ended]]:
    """The scenarios of the chosen tests, some at the same time: each is mostly waiting."""
    parameters = [getattr(item, "callspec", None) for item in request.session.items]
    chosen = [one.params["scenario"] for one in parameters if one and "scenario" in one.params]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {one.cluster: pool.submit(play, stage, one) for one in chosen}


@pytest.fixture(scope="module")
def paged(stage: Stage, played: dict[str, Future[Ended]]) -> Callable[[str], int]:
    """How many pages of a run have come; asked again, because a callback follows its run."""
    found: list[dict[str, Any]] = []

    def count(run_id: str) -> int:
        found.extend(stage.pages())
        return sum(run_id in page["Message"] for page in found)

    return count


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.cluster)
def test_cluster_is_gone_and_the_run_is_green_only_if_it_deserves_it(
    stage: Stage,
    played: dict[str, Future[Ended]],
    paged: Callable[[str], int],
    scenario: Scenario,
) -> None:
    ended = played[scenario.cluster].result()

    assert stage.clusters_of(scenario.cluster) == []
    assert ended.state == scenario.state, ended.tasks
    assert ended.tasks["delete_cluster"] == "success"
    if scenario.state == "failed":
        wait_until(lambda: paged(ended.run_id), f"page of {ended.run_id}", seconds=60)
        assert paged(ended.run_id) == 1
    else:
        assert paged(ended.run_id) == 0
        # Airflow's own troubles may cost a further one.
        assert all(ended.tries[task] >= 2 for task in scenario.doors), ended.tries


@dataclass(frozen=True)
class Undeleted:
    """A run whose cluster AWS did not delete.

    :param name: the cluster.
    :param pages: what it told.
    """

    ended: Ended
    name: str
    pages: list[dict[str, Any]]


@pytest.fixture(scope="module")
def undeleted(stage: Stage, played: dict[str, Future[Ended]]) -> Undeleted:
    """A drill whose DeleteCluster fails five times: as often as its task is tried."""
    fault = {"service": "redshift", "operation": "DeleteCluster", "times": 5, "kind": "throttle"}
    stage.accounts.control("POST", "faults", fault)
    ended = stage.end(UNDELETED, stage.start(UNDELETED))
    (name,) = stage.clusters_of(UNDELETED)

    def pages() -> list[dict[str, Any]]:
        # A late page of another run is not this one's.
        return [page for page in stage.pages() if ended.run_id in page["Message"]]

    found = wait_until(pages, "page", seconds=60)
    return Undeleted(ended, name, found + pages())


def test_deletion_refused_five_times_fails_the_run_and_pages_once(
    stage: Stage, undeleted: Undeleted
) -> None:
    ended, name = undeleted.ended, undeleted.name

    assert ended.state == "failed"
    assert ended.tasks["delete_cluster"] == "failed"
    assert ended.tasks["validate"] == "success"
    (page,) = undeleted.pages
    for expected in (ended.run_id, name, "AWS did not delete cluster", "sweep", "delete_cluster"):
        assert expected in page["Message"]
    intent = intent_of(stage, name)
    assert intent["cluster_identifier"] == name
    assert intent["run_id"] == ended.run_id


def test_restarted_triggerer_goes_on_with_the_wait(stage: Stage) -> None:
    stage.accounts.control(
        "POST", "lifecycle", {"operation": "restore", "seconds": 20, "outcome": "available"}
    )
    run_id = stage.start(RESTARTED)

    def waits() -> bool:
        rows = stage.airflow.client.task_instances(stage.dag_id(RESTARTED), run_id)
        return ("wait_for_cluster", "deferred") in {(r["task_id"], r["state"]) for r in rows}

    wait_until(waits, "deferred wait")
    for pid in triggerers_of(stage.airflow.group_id):
        os.kill(pid, signal.SIGKILL)
    settings = airflow_settings(
        stage.airflow.home,
        stage.airflow.home.parent / "dags",
        ROOT / "plugins",
        stage.airflow.port,
        stage.database_url,
    )
    with Triggerer(stage.airflow, {**stage.environment, **settings}):
        ended = stage.end(RESTARTED, run_id)

        assert ended.tasks == dict.fromkeys(TASKS, "success")
        assert ended.state == "success"
        assert stage.clusters_of(RESTARTED) == []


def test_sweep_deletes_what_airflow_could_not_once_its_intent_has_expired(
    stage: Stage, undeleted: Undeleted
) -> None:
    (early,) = sweep(stage)
    later = datetime.fromisoformat(early["expires_at"]) + timedelta(seconds=1)
    # The account's own schedule may come first: its hour strikes on the way.
    stage.accounts.control("POST", "clock", {"freeze": later.isoformat()})
    sweep(stage)
    stage.accounts.control("POST", "clock", {"advance_seconds": 60})

    assert (early["id"], early["verdict"]) == (undeleted.name, "kept")
    assert drill_clusters(stage.client) == []


def sweep(stage: Stage) -> list[dict[str, Any]]:
    """Let the DR account's function sweep; what it says of each cluster."""
    invoked = stage.client("lambda", "target").invoke(
        FunctionName="aca-redshift-dr", Payload=b'{"action": "sweep"}'
    )
    response = json.load(invoked["Payload"])
    assert "FunctionError" not in invoked, response
    rows: list[dict[str, Any]] = response["clusters"]
    return rows


def intent_of(stage: Stage, name: str) -> dict[str, Any]:
    """What was announced before a cluster was restored."""
    found = stage.client("s3", "target").get_object(Bucket=BUCKET, Key=f"intents/{name}.json")
    intent: dict[str, Any] = json.loads(found["Body"].read())
    return intent


def triggerers_of(group_id: int) -> list[int]:
    """The triggerer's processes in a process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
            group = os.getpgid(int(entry.name))
        except (OSError, ProcessLookupError):
            continue
        if group == group_id and b"triggerer" in command:
            found.append(int(entry.name))
    return found
