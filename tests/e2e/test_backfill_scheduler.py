"""Scheduled, backfilled and manual runs under a real scheduler on PostgreSQL, as designed."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from demo.accounts import Accounts
from demo.airflow import Airflow
from fleet.postgres import Postgres
from fleet.programs import MissingProgramError
from tests.drills import SOURCE, TARGET
from tests.e2e.aws_calls import changing_calls, forget_calls
from tests.e2e.scenery import CLUSTER_SETTINGS, START_SECONDS, running_accounts, wait_until

pytestmark = [pytest.mark.alone, pytest.mark.timeout(900)]

CLUSTER = "aca-redshift-cluster"
DAG_ID = f"redshift_backup__{CLUSTER}"
PREFIX = "aca-lambda-snapshot"
DAY = timedelta(days=1)
CONFIGURATION = {
    "defaults": {**CLUSTER_SETTINGS, "schedule": "0 2 * * *", "drill": None},
    "clusters": {CLUSTER: {}},
}


@dataclass(frozen=True)
class Ended:
    """A run that has ended.

    :param origin: what the function said of the snapshot; None where it said nothing.
    :param tries: how often the snapshot was asked for.
    """

    run_id: str
    state: str
    snapshot_id: str | None
    origin: str | None
    tries: int
    tasks: dict[str, str]


@dataclass(frozen=True)
class Stage:
    """A running sandbox and a running Airflow."""

    accounts: Accounts
    airflow: Airflow

    def snapshots(self) -> dict[str, dict[str, Any]]:
        """The cluster's manual snapshots."""
        found = self.accounts.client("redshift", "source").describe_cluster_snapshots(
            ClusterIdentifier=CLUSTER, SnapshotType="manual"
        )
        return {row["SnapshotIdentifier"]: row for row in found["Snapshots"]}

    def shared(self) -> set[str]:
        """What the DR account sees."""
        found = self.accounts.client("redshift", "target").describe_cluster_snapshots(
            OwnerAccount=SOURCE
        )
        return {row["SnapshotIdentifier"] for row in found["Snapshots"]}

    def runs(self) -> list[dict[str, Any]]:
        """The DAG's runs."""
        rows: list[dict[str, Any]] = self._call("GET", f"dags/{DAG_ID}/dagRuns")["dag_runs"]
        return rows

    def end(self, run_id: str) -> Ended:
        """Wait until a run has ended."""
        client = self.airflow.client
        state = client.wait_for_run(DAG_ID, run_id)
        rows = {row["task_id"]: row for row in client.task_instances(DAG_ID, run_id)}
        created = client.xcom(DAG_ID, run_id, "create_snapshot") or {}
        return Ended(
            run_id=run_id,
            state=state,
            snapshot_id=created.get("snapshot_id"),
            origin=created.get("origin"),
            tries=rows["create_snapshot"]["try_number"],
            tasks={name: row["state"] for name, row in rows.items()},
        )

    def backfill(self, first: datetime, last: datetime, reprocess: str) -> list[Ended]:
        """Backfill from the first to the last slot; return its runs in the order of the slots."""
        # A second backfill of the DAG is refused until a sweep has noted that the first is over.
        wait_until(self._no_backfill_is_active, "end of the backfill before")
        self._call(
            "POST",
            "backfills",
            {
                "dag_id": DAG_ID,
                "from_date": first.isoformat(),
                "to_date": last.isoformat(),
                "max_active_runs": 2,
                "reprocess_behavior": reprocess,
            },
        )
        found = [row for row in self.runs() if row["run_type"] == "backfill"]
        found.sort(key=lambda row: str(row["logical_date"]))
        return [self.end(row["dag_run_id"]) for row in found]

    def _no_backfill_is_active(self) -> bool:
        rows = self._call("GET", f"backfills?dag_id={DAG_ID}")["backfills"]
        return all(row["completed_at"] for row in rows)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.airflow.url}/api/v2/{path}"
        answer = httpx.request(method, url, json=body, trust_env=False, timeout=60)
        assert answer.is_success, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("backfill")
    try:
        postgres = Postgres(folder / "postgres.log")
    except MissingProgramError as missing:
        pytest.skip(f"SQLite refuses backfills: {missing}")
    configuration = folder / "clusters.yaml"
    configuration.write_text(json.dumps(CONFIGURATION))
    with ExitStack() as stack:
        accounts = stack.enter_context(running_accounts(folder))
        stack.enter_context(postgres)
        airflow = Airflow(
            home=folder / "airflow",
            environment={**accounts.environment, "REDSHIFT_DR_CONFIG": str(configuration)},
            run_schedules=True,
            database_url=postgres.url,
        )
        stack.callback(airflow.client.close)
        stack.callback(airflow.stop)
        airflow.start(timeout_seconds=START_SECONDS)
        airflow.client.wait_for_dag(DAG_ID, timeout_seconds=START_SECONDS)
        yield Stage(accounts, airflow)


@pytest.fixture(scope="module")
def slot(stage: Stage) -> datetime:
    """The newest slot that is due; nothing is unpaused before it is known."""
    lifecycle = {"operation": "snapshot", "seconds": 1, "outcome": "available"}
    stage.accounts.control("POST", "lifecycle", lifecycle)
    today = datetime.now(UTC).replace(hour=2, minute=0, second=0, microsecond=0)
    return today if today <= datetime.now(UTC) else today - DAY


@pytest.fixture(scope="module")
def scheduled(stage: Stage, slot: datetime) -> Ended:
    """The run that the schedule makes."""
    stage.airflow.client.unpause(DAG_ID)
    (run,) = wait_until(stage.runs, "scheduled run")
    return stage.end(run["dag_run_id"])


def name_of(slot: datetime) -> str:
    """How the snapshot of a slot is called."""
    return f"{PREFIX}-{slot:%Y%m%d-%H%M%S}"


@pytest.fixture(scope="module")
def past(slot: datetime) -> list[datetime]:
    """The five slots before the newest, the oldest first."""
    return [slot - days * DAY for days in range(5, 0, -1)]


@pytest.fixture(scope="module")
def backfilled(stage: Stage, scheduled: Ended, past: list[datetime]) -> list[Ended]:
    """Five past slots: nothing, two automated snapshots, two of ours."""
    assert scheduled.state == "success"
    _, *automated, ours, ours_too = past
    rows: list[dict[str, Any]] = [
        {
            "cluster_identifier": CLUSTER,
            "snapshot_identifier": name_of(one),
            "create_time": one.isoformat(),
            "shared_with": [TARGET],
            "tags": {
                "redshift-backup:managed-by": "redshift-backup",
                "redshift-backup:slot": f"{one:%Y-%m-%dT%H:%M:%SZ}",
                "redshift-backup:origin": "created",
            },
        }
        for one in (ours, ours_too)
    ]
    rows += [
        {
            "cluster_identifier": CLUSTER,
            "type": "automated",
            "create_time": (one + timedelta(hours=5)).isoformat(),
        }
        for one in automated
    ]
    stage.accounts.control("POST", "snapshots", rows)
    forget_calls(stage.accounts)
    return stage.backfill(past[0], past[-1], "none")


def test_scheduled_run_makes_and_shares_the_snapshot_of_its_slot(
    stage: Stage, scheduled: Ended, slot: datetime
) -> None:
    assert (scheduled.state, scheduled.snapshot_id) == ("success", name_of(slot))
    assert scheduled.origin == "created"
    assert scheduled.snapshot_id in stage.shared()


def test_backfill_adopts_ours_promotes_automated_ones_and_says_where_there_is_nothing(
    stage: Stage, backfilled: list[Ended], past: list[datetime]
) -> None:
    nothing, *found = backfilled

    assert [one.state for one in backfilled] == ["failed", *["success"] * 4]
    assert [one.origin for one in found] == ["promoted", "promoted", "adopted", "adopted"]
    assert [one.snapshot_id for one in found] == [name_of(slot) for slot in past[1:]]
    assert {name_of(slot) for slot in past[1:]} <= stage.shared()
    assert name_of(past[0]) not in stage.snapshots()
    log = stage.airflow.client.log(DAG_ID, nothing.run_id, "create_snapshot", 1)
    assert f"no automated snapshot of {CLUSTER} was made in the window" in log
    assert nothing.tries == 1
    assert {one.tasks["prune_snapshots"] for one in found} == {"skipped"}


def test_backfill_changes_only_what_promotion_and_sharing_need(
    stage: Stage, backfilled: list[Ended]
) -> None:
    made = Counter(row["operation"] for row in changing_calls(stage.accounts))

    assert made["CopyClusterSnapshot"] == made["AuthorizeSnapshotAccess"] == 2
    assert set(made) <= {"CopyClusterSnapshot", "AuthorizeSnapshotAccess", "CreateTags"}


def test_reprocessing_a_finished_backfill_makes_no_changing_call(
    stage: Stage, backfilled: list[Ended], past: list[datetime]
) -> None:
    before = stage.snapshots()
    forget_calls(stage.accounts)

    again = stage.backfill(past[0], past[-1], "completed")

    assert changing_calls(stage.accounts) == []
    assert stage.snapshots() == before
    assert [one.run_id for one in again] == [one.run_id for one in backfilled]
    assert [one.tries for one in again] == [2] * 5
    assert [one.state for one in again] == [one.state for one in backfilled]
    assert [one.origin for one in again[1:]] == ["adopted"] * 4


@pytest.mark.parametrize("dated", [False, True], ids=["without a logical date", "with one"])
def test_manual_run_makes_and_shares_a_snapshot_of_the_moment(
    stage: Stage, scheduled: Ended, dated: bool
) -> None:
    began = datetime.now(UTC).replace(microsecond=0)
    logical_date = began.isoformat() if dated else None

    ended = stage.end(stage.airflow.client.trigger(DAG_ID, logical_date=logical_date))

    assert (ended.state, ended.origin) == ("success", "created")
    assert ended.snapshot_id in stage.shared()
    if dated:
        assert ended.snapshot_id == name_of(began)
    assert str(ended.snapshot_id) >= name_of(began)


def test_airflow_shows_no_import_error(stage: Stage) -> None:
    assert stage.airflow.client.import_errors() == {}
