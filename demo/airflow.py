"""A real Airflow on this machine: scheduler, triggerer, DAG processor and API, on SQLite."""

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.airflow_client import AirflowClient
from demo.processes import (
    ProcessError,
    clean_environment,
    free_port,
    start_group,
    stop_group,
    tail,
)

ROOT = Path(__file__).resolve().parents[1]


class Airflow:
    """``airflow standalone`` in a process group of its own, with its own home.

    As a context manager it starts, waits until all parts are healthy, and stops everything it
    started on the way out::

        with Airflow(home=tmp_path, environment=sandbox_environment) as airflow:
            airflow.client.wait_for_dag(dag_id)
            airflow.client.unpause(dag_id)
            run_id = airflow.client.trigger(dag_id)
            assert airflow.client.wait_for_run(dag_id, run_id) == "success"

    :param home: ``AIRFLOW_HOME``; made when missing; holds database, logs and ``standalone.log``.
    :param environment: what DAGs and tasks need besides: endpoint, credentials, connections.
    :param dags_folder: default: this repository's ``dags``.
    :param plugins_folder: default: this repository's ``plugins``.
    :param run_schedules: False (default): only triggered runs happen. True: unpausing a DAG makes
        the run of its latest slot, as in production.
    :param port: of the API and the UI; 0 chooses a free one.
    """

    def __init__(
        self,
        *,
        home: Path,
        environment: Mapping[str, str],
        dags_folder: Path = ROOT / "dags",
        plugins_folder: Path = ROOT / "plugins",
        run_schedules: bool = False,
        port: int = 0,
    ) -> None:
        self.home = home
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = home / "standalone.log"
        self.client = AirflowClient(self.url)
        self._environment = {
            **environment,
            **airflow_settings(home, dags_folder, plugins_folder, self.port),
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": str(run_schedules),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def group_id(self) -> int:
        """The id of the process group (the pid of ``airflow standalone``)."""
        if self._process is None:
            raise ProcessError("Airflow is not running; call start() first")
        return self._process.pid

    def start(self, *, timeout_seconds: float = 240.0) -> None:
        """Start and wait until API, scheduler, triggerer and DAG processor are healthy.

        :raises ProcessError: it ended, or is not healthy in time; the end of its log is in the
            message, and everything is stopped.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        airflow = Path(sys.executable).parent / "airflow"
        self._process = start_group(
            [str(airflow), "standalone"],
            log_path=self.log_path,
            environment=clean_environment(self._environment),
            folder=self.home,
        )
        try:
            self._wait_until_healthy(timeout_seconds)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all parts, and wait for their end. Harmless when nothing runs."""
        if self._process is not None:
            stop_group(self._process.pid, process=self._process)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.client.close()
        self.stop()

    def _wait_until_healthy(self, timeout_seconds: float) -> None:
        assert self._process is not None
        deadline = time.monotonic() + timeout_seconds
        while not self.client.healthy():
            code = self._process.poll()
            if code is not None:
                raise ProcessError(f"Airflow ended with code {code}:\n{tail(self.log_path)}")
            if time.monotonic() > deadline:
                raise ProcessError(
                    f"Airflow is not healthy after {timeout_seconds:.0f} s:\n{tail(self.log_path)}"
                )
            time.sleep(0.25)


def airflow_settings(
    home: Path, dags_folder: Path, plugins_folder: Path, port: int
) -> dict[str, str]:
    """Return the settings of a small, quick Airflow that listens on loopback only.

    All times are seconds. The default of one second between two scheduling rounds, and of five
    minutes until a new DAG file is seen, are for a shared cluster, not for one run that is watched.
    """
    url = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags_folder),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins_folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "2",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "NO_COLOR": "1",
    }
