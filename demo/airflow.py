"""A real Airflow on this machine: scheduler, triggerer, DAG processor and API in one program."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo.airflow_client import AirflowClient
from demo.processes import free_port
from demo.program import Program

ROOT = Path(__file__).resolve().parents[1]


class Airflow(Program):
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
    :param database_url: as SQLAlchemy names it; default: SQLite in the home.
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
        database_url: str | None = None,
    ) -> None:
        super().__init__("Airflow", home / "standalone.log")
        self.home = home
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = AirflowClient(self.url)
        self._environment = {
            **environment,
            **airflow_settings(home, dags_folder, plugins_folder, self.port, database_url),
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": str(run_schedules),
        }

    def start(self, *, timeout_seconds: float = 240.0) -> None:
        """Start and wait until API, scheduler, triggerer and DAG processor are healthy."""
        self.home.mkdir(parents=True, exist_ok=True)
        airflow = Path(sys.executable).parent / "airflow"
        self._run(
            [str(airflow), "standalone"],
            environment=self._environment,
            folder=self.home,
            is_ready=self.client.healthy,
            timeout_seconds=timeout_seconds,
        )

    def __exit__(self, *error: Any) -> None:
        self.client.close()
        super().__exit__(*error)


def airflow_settings(
    home: Path,
    dags_folder: Path,
    plugins_folder: Path,
    port: int,
    database_url: str | None = None,
) -> dict[str, str]:
    """Return the settings of a small, quick Airflow that listens on loopback only.

    All times are seconds. The default of one second between two scheduling rounds, and of five
    minutes until a new DAG file is seen, are for a shared cluster, not for one run that is watched.
    """
    url = f"http://127.0.0.1:{port}"
    # Where cores are few, another process may hold SQLite's lock for more than the usual 5 s.
    sqlite = f"sqlite:///{home}/airflow.db?timeout=20"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url or sqlite,
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
