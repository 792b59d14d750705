"""Components that fork load what tasks need; a task's own process does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.sdk.execution_time.task_runner import TaskRunnerMarker

from redshift_dr import preloading
from redshift_dr.preloading import MODULES, Preloader

ROOT = Path(__file__).parents[3]

STARTS_A_JOB = """
import sys
from airflow.jobs.job import Job
assert "boto3" not in sys.modules
Job()
from redshift_dr.preloading import MODULES
assert set(MODULES) <= set(sys.modules), set(MODULES) - set(sys.modules)
before = set(sys.modules)
import runpy
runpy.run_path("dags/redshift_backup.py")
third_party = {name.split(".")[0] for name in set(sys.modules) - before}
print(sorted(third_party - set(sys.stdlib_module_names)))
"""


class Job:
    """Known by its name."""


def test_job_of_airflow_loads_all(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(preloading, "import_module", loaded.append)

    Preloader().on_starting(Job())

    assert tuple(loaded) == MODULES


def test_process_of_a_task_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(preloading, "import_module", loaded.append)

    Preloader().on_starting(TaskRunnerMarker())

    assert loaded == []


def test_module_that_a_later_provider_lacks_stops_neither_airflow_nor_the_other_modules(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loaded: list[str] = []

    def import_module(name: str) -> None:
        if name == MODULES[0]:
            raise ModuleNotFoundError(f"No module named {name!r}")
        loaded.append(name)

    monkeypatch.setattr(preloading, "import_module", import_module)

    Preloader().on_starting(Job())

    assert tuple(loaded) == MODULES[1:]
    assert f"{MODULES[0]} is not preloaded" in caplog.text


@pytest.mark.slow
def test_a_real_job_leaves_the_dag_file_nothing_but_our_own_modules_to_import(
    tmp_path: Path,
) -> None:
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", STARTS_A_JOB],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == "['redshift_dr']"
