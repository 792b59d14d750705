"""The whole backup DAG under a real scheduler, against an empty DAG of the same shape."""

from collections.abc import Callable
from statistics import median

from benchmarks.airflow_runs import RunTime, usual
from benchmarks.airflow_session import Series, scheduler_session
from benchmarks.airflow_waterfall import draw
from benchmarks.row import Context, Row
from demo.sandbox import SandboxProcess

NAME = "airflow_dag"
LIMIT = 1.3
SNAPSHOT_SECONDS = 9
"""How long AWS makes the snapshot where the sensor has to defer. Well over five seconds: Airflow
takes a task for failed, and tries it again, if its trigger fires just when the worker that deferred
it reports back, which on a busy machine is five seconds late."""
AIRFLOWS_PAUSE_SECONDS, DEMO_PAUSE_SECONDS = "1", "0.1"
"""``scheduler_idle_sleep_time``: Airflow's default, and what the demonstration sets."""


def run(context: Context) -> list[Row]:
    """Compare; see the module."""
    # A run at Airflow's pace takes five times as long as a hurried one, and differs little.
    paced_repetitions, repetitions = (1, 1) if context.quick else (3, 5)
    with SandboxProcess(context.scratch / "sandbox") as sandbox:
        with scheduler_session(
            context.scratch / "paced", sandbox, pause_seconds=AIRFLOWS_PAUSE_SECONDS
        ) as bench:
            context.say(f"{paced_repetitions} runs of the backup DAG and of its empty twin")
            bench.snapshots_take(0)
            paced = bench.series(paced_repetitions)
            context.say(f"the same with a snapshot that takes {SNAPSHOT_SECONDS} s")
            bench.snapshots_take(SNAPSHOT_SECONDS)
            deferred = bench.series(paced_repetitions, wait_seconds=SNAPSHOT_SECONDS, warm_up=False)
        with scheduler_session(
            context.scratch / "hurried", sandbox, pause_seconds=DEMO_PAUSE_SECONDS
        ) as bench:
            context.say(f"{repetitions} runs of both, the scheduler hardly pausing")
            bench.snapshots_take(0)
            hurried = bench.series(repetitions)
    draw(
        {"backup DAG": usual(hurried.ours), "empty twin": usual(hurried.twin)},
        context.output / "airflow_dag.png",
    )
    return rows(paced, deferred, hurried)


def rows(paced: Series, deferred: Series, hurried: Series) -> list[Row]:
    """Compare what was measured; AWS's answers, and the snapshot's time, do not count.

    :param paced: the scheduler pauses as Airflow sets it.
    :param deferred: likewise, and the snapshot takes :data:`SNAPSHOT_SECONDS`.
    :param hurried: the scheduler hardly pauses.
    """
    answers = median(one.aws_seconds for one in hurried.ours)
    return [
        _row("run", paced, lambda one: one.own_seconds, LIMIT, "Airflow's own settings"),
        _row(
            "run, one task defers",
            deferred,
            lambda one: one.own_seconds - SNAPSHOT_SECONDS,
            LIMIT,
            f"the snapshot takes {SNAPSHOT_SECONDS} s, which are taken off",
        ),
        _row(
            "run, scheduler pauses 0.1 s",
            hurried,
            lambda one: one.own_seconds,
            None,
            f"the tasks' work, which Airflow's pause of 1 s hides; AWS's {answers:.2f} s are off",
        ),
        _row(
            "work of one task",
            hurried,
            lambda one: one.task_seconds / len(one.tasks),
            None,
            "a task assumes its role and makes its AWS client; the twin's does nothing",
        ),
    ]


def _row(
    subject: str,
    series: Series,
    seconds_of: Callable[[RunTime], float],
    limit: float | None,
    note: str,
) -> Row:
    ours = tuple(seconds_of(one) for one in series.ours)
    twin = tuple(seconds_of(one) for one in series.twin)
    return Row(
        name=NAME,
        subject=subject,
        ours=median(ours),
        floor=median(twin),
        unit="seconds",
        limit=limit,
        note=note,
        ours_samples=ours,
        floor_samples=twin,
    )
