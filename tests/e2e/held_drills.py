"""The drill's DAGs with doors: a task waits at its door until it is killed or let in.

The scheduler test puts this file into a DAG folder of its own. The DAGs are those of the
repository; only the pauses between tries are shorter.
"""

import importlib.util
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import airflow.sdk  # noqa: F401  Airflow puts plugins/ on the path when it is imported

DOORS = Path(os.environ["DRILL_TEST_DOORS"])
REAL = Path(os.environ["DRILL_TEST_DAG"])
LONGEST_WAIT_SECONDS = 120


def wait_at_door(name: str) -> None:
    """Wait at a closed door, once; say who waits there."""
    door = DOORS / name
    if not door.exists():
        return
    door.rename(DOORS / f"{name}.met")
    partial = DOORS / f"{name}.partial"
    partial.write_text(str(os.getpid()))
    partial.rename(DOORS / f"{name}.pid")
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while not (DOORS / f"{name}.open").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def _fit_doors(dag: Any) -> None:
    cluster = dag.dag_id.partition("__")[2]
    for task in dag.tasks:
        task.retry_delay = timedelta(seconds=1)
        task.retry_exponential_backoff = 1
        if cluster.startswith("once-"):
            task.retries = 0
        name = f"{cluster}.{task.task_id}"
        task.pre_execute = lambda context, name=name: wait_at_door(name)
    restore = dag.get_task("restore_cluster")
    tag = restore._tag

    def tag_behind_door(*arguments: Any) -> None:
        wait_at_door(f"{cluster}.tags")
        tag(*arguments)

    restore._tag = tag_behind_door


_spec = importlib.util.spec_from_file_location("real_drills", REAL)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
for _settings in _module.fleet.clusters.values():
    _dag = _module.drill_dag(_settings, _settings.drill, _module.fleet.path.parent / "alerts")
    _fit_doors(_dag)
    globals()[_dag.dag_id] = _dag
