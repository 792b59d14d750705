"""The backup and drill DAGs of the repository, each cluster with an accident of its own.

The test of the alerts puts this file into a DAG folder of its own. Names of clusters are names of
accidents; the DAGs are otherwise those of the repository, with shorter pauses.
"""

import importlib.util
import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

from redshift_dr.config import load_fleet

FOLDER = Path(os.environ["ALERT_TEST_FOLDER"])
DAGS = Path(os.environ["ALERT_TEST_DAGS"])
LONGEST_WAIT_SECONDS = 600
NEVER = timedelta(hours=1)


def _module(name: str) -> ModuleType:
    """A DAG file of the repository, without its DAGs."""
    spec = importlib.util.spec_from_file_location(f"real_{name}", DAGS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with patch.dict(os.environ, {"REDSHIFT_DR_CONFIG": str(FOLDER / "no-such-file")}):
        spec.loader.exec_module(module)
    return module


def _raise(_context: Any) -> None:
    raise RuntimeError("the accident of this test")


def _raise_once(_context: Any) -> None:
    met = FOLDER / "raised-once"
    if not met.exists():
        met.touch()
        raise RuntimeError("the accident of this test")


def _raise_until_mended(context: Any) -> None:
    if not (FOLDER / f"mended-{context['dag'].dag_id}").exists():
        _raise(context)


def _die(_context: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hang(_context: Any) -> None:
    time.sleep(LONGEST_WAIT_SECONDS)


def _first_task(accident: Callable[[Any], None], *, retries: int = 0) -> Callable[[Any], None]:
    def fit(dag: Any) -> None:
        task = dag.get_task("create_snapshot")
        task.pre_execute, task.retries = accident, retries

    return fit


def _defer_for_too_long(dag: Any) -> None:
    wait = dag.get_task("wait_for_snapshot")
    wait.retries = 0
    wait.execute = lambda context: wait.defer(
        trigger=TimeDeltaTrigger(NEVER),
        method_name="execute_complete",
        timeout=timedelta(seconds=1),
    )


def _late_after(seconds: int) -> Callable[[Any], None]:
    def fit(dag: Any) -> None:
        (alert,) = dag.deadline
        alert.interval = timedelta(seconds=seconds)

    return fit


def _time_out(dag: Any) -> None:
    dag.dagrun_timeout = timedelta(seconds=2)


ACCIDENTS: dict[str, tuple[Callable[[Any], None], ...]] = {
    "exception": (_first_task(_raise_until_mended),),
    "retried": (_first_task(_raise_once, retries=2),),
    "deferral": (_defer_for_too_long,),
    "killed": (_first_task(_die),),
    "marked": (_first_task(_hang),),
    "timed-out": (_time_out,),
    "late": (_late_after(1),),
    "failed-and-late": (_first_task(_raise), _late_after(150)),
    "template": (_first_task(_raise),),
}

fleet = load_fleet()
fleet.raise_for_faults()
backups, drills = _module("redshift_backup"), _module("redshift_restore_validation")
for settings in fleet.clusters.values():
    name = settings.cluster_identifier
    alerts = FOLDER / ("broken" if name == "template" else "include") / "alerts"
    made = [backups.backup_dag(settings, alerts)]
    if settings.drill is not None:
        made.append(drills.drill_dag(settings, settings.drill, alerts))
    for dag in made:
        for task in dag.tasks:
            task.retry_delay, task.retry_exponential_backoff = timedelta(seconds=1), 1
        globals()[dag.dag_id] = dag
    for fit in ACCIDENTS.get(name, ()):
        fit(made[0])
