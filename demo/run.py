"""``make demo``: a warehouse is backed up into another account, and the backup is looked into."""

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from demo import report, tpch
from demo.accounts import SOURCE_ACCOUNT_ID, TARGET_ACCOUNT_ID, Accounts
from demo.airflow import Airflow
from demo.airflow_client import AirflowTimeoutError
from demo.drill import DRILL_DAG_ID, run_drill
from demo.drill_verdict import drill_faults, drill_result
from demo.history import CLUSTER_IDENTIFIER, OlderSnapshot, older_snapshots
from demo.processes import ProcessError
from demo.progress import Progress
from demo.proof import rows_in_snapshot
from demo.sandbox import ROOT, SandboxProcess
from demo.screen import Screen
from demo.shelf import look
from demo.verdict import Evidence, faults, result
from demo.warehouse import SqlError, Warehouse

DAG_ID = f"redshift_backup__{CLUSTER_IDENTIFIER}"
FUNCTION_NAME = "aca-redshift-backup"
BUCKET = "aca-redshift-staging"
COPY_ROLE_ARN = f"arn:aws:iam::{SOURCE_ACCOUNT_ID}:role/aca-redshift-copy"
ACCIDENT_TABLE = f"{tpch.SCHEMA}.orders"
RUN_TIMEOUT_SECONDS = 240.0
WORK_FOLDER = ROOT / ".run" / "demo"


class DemoError(Exception):
    """The demonstration did not show what it promises."""


EXPECTED_ERRORS = (
    DemoError,
    ProcessError,
    AirflowTimeoutError,
    SqlError,
    ClientError,
    BotoCoreError,
    httpx.HTTPError,
    subprocess.CalledProcessError,
)
"""What ends the demonstration with a sentence; anything else is a defect and shows its trace."""


@dataclass(frozen=True)
class Deployed:
    """What the function is deployed with."""

    retention_days: int
    description: str


def run(folder: Path = WORK_FOLDER) -> int:
    """Run the whole demonstration; return the exit code.

    The last line on standard output is one JSON object. Everything that was started is stopped,
    whatever happens; the logs stay in the folder.

    :param folder: logs and temporary files; emptied first.
    """
    screen = Screen()
    with _alone(folder):
        try:
            outcome = _demonstrate(screen, folder)
        except EXPECTED_ERRORS as error:
            screen.fail(f"\n{_sentence(error)}")
            screen.fail(f"The logs are in {folder}.")
            return 1
        _tidy(folder)
    screen.console.print()
    screen.flush()
    sys.stdout.write(json.dumps(outcome) + "\n")
    sys.stdout.flush()
    return 0


def _demonstrate(screen: Screen, folder: Path) -> dict[str, Any]:
    with ExitStack() as stack:
        screen.title("Two AWS accounts, a cluster and the backup function")
        screen.say("starting the sandbox")
        sandbox = stack.enter_context(SandboxProcess(folder))
        accounts = Accounts(sandbox.environment)
        stack.callback(accounts.close)
        screen.say(
            f"sandbox at {sandbox.environment['AWS_ENDPOINT_URL']}: "
            f"source {SOURCE_ACCOUNT_ID}, target {TARGET_ACCOUNT_ID}"
        )
        deployed = _deployed(accounts)
        screen.say(deployed.description)
        loaded = _load(screen, accounts, folder)
        history = _plant(screen, accounts, deployed.retention_days)
        screen.title("Airflow")
        screen.say("starting scheduler, triggerer, DAG processor and API")
        airflow = stack.enter_context(
            Airflow(home=folder / "airflow", environment=sandbox.environment)
        )
        screen.say(f"Airflow is up at {airflow.url}")
        evidence = _back_up(screen, accounts, airflow, history, loaded)
        _require(faults(evidence))
        drill = _drill(screen, accounts, airflow, evidence.snapshot_id)
        screen.title("Stopping everything")
    screen.say("nothing is left running", style="green")
    return {**result(evidence), "drill": drill}


def _require(faults_found: list[str]) -> None:
    if faults_found:
        words = "\n".join(f"- {fault}" for fault in faults_found)
        raise DemoError(f"The demonstration failed:\n{words}")


def _drill(
    screen: Screen, accounts: Accounts, airflow: Airflow, snapshot_id: str
) -> dict[str, Any]:
    screen.title("The drill: restore it, check it, keep a copy, delete the cluster, keep evidence")
    seen = run_drill(screen, accounts, airflow.client, snapshot_id)
    report.show_drill(screen, seen)
    if seen.state != "success":
        raise DemoError(_what_failed(airflow, DRILL_DAG_ID, seen.run_id, seen.tasks))
    _require(drill_faults(seen))
    return drill_result(seen)


def _sentence(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"{error}\n{error.stderr}"
    return str(error)


def _deployed(accounts: Accounts) -> Deployed:
    """Read back the function that the deployment script has deployed in the sandbox."""
    function = accounts.client("lambda", "source").get_function_configuration(
        FunctionName=FUNCTION_NAME
    )
    return Deployed(
        retention_days=int(function["Environment"]["Variables"]["RETENTION_DAYS"]),
        description=(
            f"function {FUNCTION_NAME} deployed by lambda/deploy-lambda-backup.sh: "
            f"{function['CodeSize'] / 1024:,.0f} KB, {function['Runtime']}, "
            f"sha256 {function['CodeSha256'][:12]}"
        ),
    )


def _load(screen: Screen, accounts: Accounts, folder: Path) -> dict[str, int]:
    screen.title("A warehouse full of data")
    data = folder / "tpch"
    files = tpch.generate(data)
    sent = tpch.stage(accounts.client("s3", "source"), BUCKET, data, files)
    screen.say(
        f"TPC-H, scale {tpch.SCALE_FACTOR}: {len(files)} files, {sent / 1e6:.1f} MB "
        f"in s3://{BUCKET}/{tpch.SCHEMA}/"
    )
    warehouse = Warehouse(accounts.client("redshift-data", "source"), CLUSTER_IDENTIFIER)
    rows = tpch.load(warehouse, BUCKET, COPY_ROLE_ARN)
    screen.say(f"COPY into {CLUSTER_IDENTIFIER}: {sum(rows.values()):,} rows, {len(rows)} tables")
    report.show_rows(screen, rows)
    return rows


def _plant(screen: Screen, accounts: Accounts, retention_days: int) -> list[OlderSnapshot]:
    screen.title("Two weeks of older backups")
    history = older_snapshots(
        datetime.now(UTC),
        source_account_id=SOURCE_ACCOUNT_ID,
        target_account_id=TARGET_ACCOUNT_ID,
        retention_days=retention_days,
    )
    accounts.control("POST", "snapshots", [older.row for older in history])
    expired = sum(older.expires for older in history)
    screen.say(
        f"{len(history)} snapshots on the shelf, all shared: {expired} older than the "
        f"{retention_days} days of retention, 1 on hold, 1 of another team"
    )
    report.show_shelf(screen, look(accounts, CLUSTER_IDENTIFIER))
    return history


def _back_up(
    screen: Screen,
    accounts: Accounts,
    airflow: Airflow,
    history: list[OlderSnapshot],
    loaded: dict[str, int],
) -> Evidence:
    client = airflow.client
    client.wait_for_dag(DAG_ID)
    client.unpause(DAG_ID)
    run_id = client.trigger(DAG_ID)
    screen.say(f"triggered {DAG_ID}, run {run_id}")
    progress = Progress(screen)
    state = client.wait_for_run(
        DAG_ID, run_id, timeout_seconds=RUN_TIMEOUT_SECONDS, on_poll=progress.show
    )
    tasks = client.task_instances(DAG_ID, run_id)
    report.show_tasks(screen, tasks)
    if state != "success":
        raise DemoError(_what_failed(airflow, DAG_ID, run_id, tasks))
    snapshot_id = client.xcom(DAG_ID, run_id, "create_snapshot")["snapshot_id"]
    prune = client.xcom(DAG_ID, run_id, "prune_snapshots")
    shelf = look(accounts, CLUSTER_IDENTIFIER)
    screen.title("What happened, seen from both accounts")
    report.show_shelf(screen, shelf)
    report.show_plan(screen, prune["plan"])
    screen.title("The proof: an accident in the source, a restore in the DR account")
    source = Warehouse(accounts.client("redshift-data", "source"), CLUSTER_IDENTIFIER)
    source.execute(f"DELETE FROM {ACCIDENT_TABLE}")
    screen.say(f"DELETE FROM {ACCIDENT_TABLE} in {CLUSTER_IDENTIFIER}: the source has lost it")
    restored = rows_in_snapshot(accounts, snapshot_id)
    evidence = Evidence(
        dag_id=DAG_ID,
        run_id=run_id,
        state=state,
        snapshot_id=snapshot_id,
        target_account_id=TARGET_ACCOUNT_ID,
        prune=prune,
        history=history,
        shelf=shelf,
        loaded_rows=loaded,
        restored_rows=restored,
    )
    screen.say(f"{snapshot_id}: restored, counted, and the temporary cluster deleted again")
    report.show_proof(screen, evidence, now=source.count_rows(tpch.QUALIFIED_TABLES))
    return evidence


def _what_failed(
    airflow: Airflow, dag_id: str, run_id: str, tasks: Sequence[Mapping[str, Any]]
) -> str:
    """Return the failed tasks' names and their last logs."""
    failed = [task for task in tasks if task["state"] == "failed"]
    parts = [f"The run {run_id} failed: {', '.join(task['task_id'] for task in failed)}"]
    for task in failed:
        log = airflow.client.log(dag_id, run_id, task["task_id"], task["try_number"])
        parts.append(f"--- log of {task['task_id']}, try {task['try_number']}\n{log}")
    return "\n".join(parts)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Empty the folder, and refuse a second demonstration in the same checkout."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("another demonstration runs in this checkout; wait for it") from None
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield


def _tidy(folder: Path) -> None:
    """Keep the logs of the two programs, remove the rest."""
    standalone = folder / "airflow" / "standalone.log"
    if standalone.exists():
        standalone.replace(folder / "airflow.log")
    for leftover in ("airflow", "tpch", "tmp"):
        shutil.rmtree(folder / leftover, ignore_errors=True)
