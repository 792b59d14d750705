"""Runs a DAG to its end in this process: real tasks, triggers, XComs and asset events."""

import copy
import functools
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DAG_ID = "redshift_backup__aca-redshift-cluster"
DRILL_DAG_ID = "redshift_restore_validation__aca-redshift-cluster"
INVENTORIES = ("record_inventory_before", "record_inventory_after")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session", autouse=True)
def _endpoints_are_read_once() -> Iterator[None]:
    """Every AWS client reads the large list of endpoints anew; a run makes dozens of clients.

    The models of the services are left alone: botocore changes them in place.
    """
    from botocore.loaders import JSONFileLoader

    original = JSONFileLoader.load_file
    cached = functools.cache(lambda path: original(JSONFileLoader(), path))

    def load_file(self: Any, path: str) -> Any:
        return cached(path) if path.endswith("endpoints") else original(self, path)

    JSONFileLoader.load_file = load_file
    yield
    JSONFileLoader.load_file = original


@pytest.fixture(scope="session", autouse=True)
def _garbage_is_collected_rarely() -> Iterator[None]:
    """Airflow's modules are a million objects; walking them again and again is a sixth of the time.

    They are imported first, so that they can be left out for good.
    """
    import airflow.dag_processing.dagbag  # noqa: F401

    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@dataclass(frozen=True)
class Ended:
    """A run that has ended.

    :ivar states: the state of each task of the backup itself.
    :ivar inventories: the state of each task that records an inventory.
    :ivar results: what each task returned; absent for those that returned nothing.
    :ivar failures: what each failed task left for the alert.
    """

    state: str
    run_id: str
    states: dict[str, str]
    inventories: dict[str, str]
    results: dict[str, Any]
    failures: dict[str, Any]


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """The tables of this process's own Airflow home."""
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture(scope="session")
def parsed_dags(airflow_database: None) -> Any:
    """The DAGs as the dags folder makes them; parsing them depends on no test."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(ROOT / "dags"))
    assert bag.import_errors == {}
    return bag.dags


@pytest.fixture
def backup_dag(parsed_dags: Any) -> Any:
    """The DAG with no asset events of other tests."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(AssetEvent))
    # A copy: the alert keeps its AWS client, whose credentials end with the test's sandbox.
    return copy.deepcopy(parsed_dags[DAG_ID])


@contextmanager
def _without_retries(dag: Any) -> Iterator[None]:
    """``dag.test()`` sleeps through retry delays; what retries is tested on the operators."""
    before = {task.task_id: task.retries for task in dag.tasks}
    for task in dag.tasks:
        task.retries = 0
    yield
    for task in dag.tasks:
        task.retries = before[task.task_id]


@pytest.fixture
def run_backup(backup_dag: Any) -> Callable[..., Ended]:
    """Run the DAG once; the arguments are those of ``dag.test()``."""
    return functools.partial(_run, backup_dag)


@pytest.fixture
def run_dag() -> Callable[..., Ended]:
    """Run any DAG once; the arguments are the DAG and those of ``dag.test()``."""
    return _run


@pytest.fixture
def run_drill(parsed_dags: Any) -> Callable[..., Ended]:
    """Run the drill once; the arguments are those of ``dag.test()``."""
    return functools.partial(_run, copy.deepcopy(parsed_dags[DRILL_DAG_ID]))


def _run(dag: Any, **arguments: Any) -> Ended:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with _without_retries(dag):
        dag_run = dag.test(**arguments)
    with create_session() as session:
        rows = session.scalars(select(XComModel).filter_by(run_id=dag_run.run_id)).all()
        values = {(row.key, row.task_id): XComModel.deserialize_value(row) for row in rows}
    every = {ti.task_id: str(ti.state) for ti in dag_run.get_task_instances()}
    inventories = {task: state for task, state in every.items() if task in INVENTORIES}
    states = {task: state for task, state in every.items() if task not in INVENTORIES}
    results = {task: value for (key, task), value in values.items() if key == "return_value"}
    failures = {task: value for (key, task), value in values.items() if key == "failure"}
    run_id, state = dag_run.run_id, str(dag_run.state)
    return Ended(state, run_id, states, inventories, results, failures)
