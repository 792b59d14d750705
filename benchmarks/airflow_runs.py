"""What a run of a DAG took, from what Airflow's REST API says of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any


@dataclass(frozen=True)
class TaskTime:
    """One task of a run, in seconds since the run's start.

    A deferred task starts twice; Airflow keeps the first start, and when it was queued last.

    :ivar queued: when the scheduler gave it to the executor; None where Airflow does not say.
    """

    task_id: str
    queued: float | None
    started: float
    ended: float

    @property
    def seconds(self) -> float:
        """From the start of its work to its end."""
        return self.ended - self.started


@dataclass(frozen=True)
class RunTime:
    """One run that succeeded.

    :ivar seconds: from its start to its end, as Airflow has them.
    :ivar aws_seconds: of these, how long AWS took to answer.
    :ivar tasks: in the order of their start.
    """

    seconds: float
    aws_seconds: float
    tasks: tuple[TaskTime, ...]

    @property
    def own_seconds(self) -> float:
        """The run apart from AWS's answers."""
        return self.seconds - self.aws_seconds

    @property
    def task_seconds(self) -> float:
        """The work of all tasks, apart from AWS's answers and from the scheduler's pauses."""
        return sum(task.seconds for task in self.tasks) - self.aws_seconds


def run_time(
    run: Mapping[str, Any], instances: Sequence[Mapping[str, Any]], *, aws_seconds: float
) -> RunTime:
    """Read a run.

    :param run: and ``instances``: as the API gives a run and its task instances.
    :raises ValueError: the run or one of its tasks did not succeed. Inventories may be skipped.
    """
    states = {row["task_id"]: row["state"] for row in instances} | {"the run": run["state"]}
    wrong = [
        f"{name} is {state}"
        for name, state in states.items()
        if state != "success" and not name.startswith("record_inventory_")
    ]
    if wrong:
        raise ValueError(f"{run['dag_id']} {run['dag_run_id']} cannot be timed: {', '.join(wrong)}")
    start = datetime.fromisoformat(run["start_date"])

    def since_start(text: str) -> float:
        return (datetime.fromisoformat(text) - start).total_seconds()

    tasks = tuple(
        TaskTime(
            task_id=row["task_id"],
            queued=since_start(row["queued_when"]) if row["queued_when"] else None,
            started=since_start(row["start_date"]),
            ended=since_start(row["end_date"]),
        )
        for row in sorted(instances, key=lambda row: row["start_date"])
    )
    return RunTime(since_start(run["end_date"]), aws_seconds, tasks)


def usual(runs: Sequence[RunTime]) -> RunTime:
    """Return the run whose time is nearest to the median: the one to draw.

    :raises statistics.StatisticsError: no run.
    """
    middle = median(run.seconds for run in runs)
    return min(runs, key=lambda run: abs(run.seconds - middle))
