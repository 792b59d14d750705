"""What is made of the runs that the DAG benchmark has timed."""

import ast
from pathlib import Path
from typing import Any

import pytest

from benchmarks.airflow_aws_time import take_notes
from benchmarks.airflow_dag import SNAPSHOT_SECONDS, rows
from benchmarks.airflow_runs import RunTime, TaskTime, run_time, usual
from benchmarks.airflow_session import Series
from benchmarks.airflow_waterfall import draw

ROOT = Path(__file__).parents[2]
RUN = {
    "dag_id": "empty_twin",
    "dag_run_id": "manual__1",
    "state": "success",
    "start_date": "2026-11-20T02:00:00Z",
    "end_date": "2026-11-20T02:00:04.500000Z",
}


def instance(task_id: str, start: int, end: int, **changes: Any) -> dict[str, Any]:
    return {
        "task_id": task_id,
        "state": "success",
        "queued_when": None,
        "start_date": f"2026-11-20T02:00:0{start}Z",
        "end_date": f"2026-11-20T02:00:0{end}Z",
        **changes,
    }


def timed(seconds: float, *, aws_seconds: float = 0.0, tasks: int = 5) -> RunTime:
    each = tuple(TaskTime(f"task_{n}", None, float(n), n + 0.5) for n in range(tasks))
    return RunTime(seconds, aws_seconds, each)


def test_run_is_read_in_seconds_since_its_start_and_in_order() -> None:
    found = run_time(RUN, [instance("second", 3, 4), instance("first", 1, 2)], aws_seconds=0.5)

    assert found.seconds == 4.5
    assert found.own_seconds == 4.0
    assert [(task.task_id, task.started, task.ended) for task in found.tasks] == [
        ("first", 1.0, 2.0),
        ("second", 3.0, 4.0),
    ]
    assert found.task_seconds == 1.5


def test_run_that_did_not_succeed_is_not_timed() -> None:
    with pytest.raises(ValueError, match="manual__1 cannot be timed: first is failed"):
        run_time(RUN, [instance("first", 1, 2, state="failed")], aws_seconds=0.0)


def test_usual_run_is_the_one_in_the_middle() -> None:
    runs = [timed(9.0), timed(2.0), timed(3.0)]

    assert usual(runs) is runs[2]


def test_answers_of_aws_and_the_snapshots_time_do_not_count() -> None:
    at_once = Series([timed(6.0, aws_seconds=1.0)], [timed(4.0)])
    waiting = Series([timed(SNAPSHOT_SECONDS + 6.0)], [timed(SNAPSHOT_SECONDS + 5.0)])

    whole, deferred, _, one_task = rows(at_once, waiting, at_once)

    assert (whole.ours, whole.floor, whole.ratio) == (5.0, 4.0, 1.25)
    assert deferred.ratio == pytest.approx(1.2)
    assert (whole.is_within_limit, deferred.is_within_limit) == (True, True)
    assert (one_task.ours, one_task.floor) == (0.3, 0.5)


def test_notes_are_summed_and_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("0.25\n1.5\n", encoding="utf-8")

    assert [take_notes(path), take_notes(path)] == [1.75, 0.0]


def test_waterfall_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "runs.png"

    draw({"ours": timed(5.0), "twin": timed(4.0)}, path)

    assert path.read_bytes().startswith(b"\x89PNG")


def test_twin_has_the_backup_dags_tasks_in_its_order() -> None:
    twin = ast.parse((ROOT / "benchmarks/airflow_dags/empty_twin.py").read_text(encoding="utf-8"))
    (tasks,) = (
        ast.literal_eval(node.value)
        for node in twin.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TASKS"
    )
    backup = ast.parse((ROOT / "dags/redshift_backup.py").read_text(encoding="utf-8"))
    made = [
        ast.literal_eval(keyword.value)
        for node in ast.walk(backup)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "task_id"
    ]
    assert list(tasks) == made
