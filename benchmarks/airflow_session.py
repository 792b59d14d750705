"""A real Airflow over a sandbox, in which the backup DAG and its empty twin run in turn."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from benchmarks import airflow_aws_time
from benchmarks.airflow_runs import RunTime, run_time
from demo.airflow import Airflow
from demo.sandbox import SandboxProcess

ROOT = Path(__file__).resolve().parents[1]
OURS, TWIN = "redshift_backup__aca-redshift-cluster", "empty_twin"


class PacedAirflow(Airflow):
    """The demonstration's Airflow with another pause between two rounds of the scheduler."""

    def __init__(self, *, pause_seconds: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._environment["AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME"] = pause_seconds
        # On a busy machine Airflow sees a task's end up to five seconds late, and keeps its worker.
        self._environment["AIRFLOW__CORE__PARALLELISM"] = "16"
        # Production keeps the bytecode of what it imports.
        self._environment["PYTHONDONTWRITEBYTECODE"] = ""


@dataclass(frozen=True)
class Series:
    """Runs of both DAGs, taken in turn in one scheduler session."""

    ours: list[RunTime]
    twin: list[RunTime]


class Bench:
    """A sandbox and an Airflow that has read both DAGs.

    :param notes: the file in which the backup DAG's tasks note how long AWS took.
    """

    def __init__(self, sandbox: SandboxProcess, airflow: Airflow, notes: Path) -> None:
        self._sandbox = sandbox
        self._airflow = airflow
        self._notes = notes

    def snapshots_take(self, seconds: int) -> None:
        """Let AWS make snapshots in that time from now on."""
        url = f"{self._sandbox.environment['AWS_ENDPOINT_URL']}/_sandbox/lifecycle"
        body = {"operation": "snapshot", "seconds": seconds}
        httpx.post(url, json=body, trust_env=False).raise_for_status()

    def series(self, repetitions: int, *, wait_seconds: int = 0, warm_up: bool = True) -> Series:
        """Run both DAGs in turn.

        :param wait_seconds: how long the twin waits for what stands for its snapshot.
        :param warm_up: whether a turn goes before that does not count.
        """
        series = Series([], [])
        turns: list[tuple[Callable[[], RunTime], list[RunTime]]] = [
            (lambda: self._run(OURS, {}), series.ours),
            (lambda: self._run(TWIN, {"wait_seconds": wait_seconds}), series.twin),
        ]
        for number in range(-1 if warm_up else 0, repetitions):
            for measure, kept in turns if number % 2 == 0 else reversed(turns):
                measured = measure()
                if number >= 0:
                    kept.append(measured)
        return series

    def _run(self, dag_id: str, conf: dict[str, Any]) -> RunTime:
        airflow_aws_time.take_notes(self._notes)
        client = self._airflow.client
        run_id = client.trigger(dag_id, conf=conf)
        client.wait_for_run(dag_id, run_id, timeout_seconds=90.0)
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id, safe='')}"
        answer = httpx.get(f"{self._airflow.url}{path}", trust_env=False).raise_for_status()
        return run_time(
            answer.json(),
            client.task_instances(dag_id, run_id),
            aws_seconds=airflow_aws_time.take_notes(self._notes),
        )


@contextmanager
def scheduler_session(
    folder: Path, sandbox: SandboxProcess, *, pause_seconds: str
) -> Iterator[Bench]:
    """An Airflow with both DAGs unpaused; everything it started is stopped on the way out.

    :param folder: new; for home, logs and DAG files.
    :param pause_seconds: between two rounds of the scheduler.
    """
    notes, dags = folder / "aws-seconds", folder / "dags"
    dags.mkdir(parents=True)
    backup = (ROOT / "dags" / "redshift_backup.py").read_text(encoding="utf-8")
    noted = backup + airflow_aws_time.SOURCE_LINE
    (dags / "redshift_backup.py").write_text(noted, encoding="utf-8")
    shutil.copy(Path(__file__).parent / "airflow_dags" / "empty_twin.py", dags)
    environment = {
        **sandbox.environment,
        "REDSHIFT_DR_CONFIG": str(ROOT / "include" / "clusters.yaml"),
        airflow_aws_time.VARIABLE: str(notes),
    }
    with PacedAirflow(
        pause_seconds=pause_seconds,
        home=folder / "airflow",
        environment=environment,
        dags_folder=dags,
    ) as airflow:
        for dag_id in (OURS, TWIN):
            airflow.client.wait_for_dag(dag_id)
            airflow.client.unpause(dag_id)
        yield Bench(sandbox, airflow, notes)
