"""The services of the compose file without containers: processes on loopback."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import celery

from demo.airflow_client import AirflowClient
from demo.processes import ProcessError, free_port, tail
from demo.program import Program, Running
from fleet.credentials import ROOT, Addresses, new_credentials, write_files
from fleet.postgres import Postgres
from fleet.redis import Redis
from fleet.services import COMMANDS, MIGRATE, Place, Service
from fleet.settings import native_settings, shared_settings

WORKERS = 2


class Fleet(Running):
    """PostgreSQL, Redis, and every part of Airflow in a process group and a home of its own.

    Starting it waits until all is healthy.

    :param folder: homes, logs and secrets; must not exist.
    :param environment: what DAGs and tasks need besides: endpoint, credentials, connections.
    :param workers: how many.
    :param settings: of Airflow, instead of what the shared environment says.
    :param dags_folder: default: this repository's ``dags``.
    :raises MissingProgramError: PostgreSQL or Redis is not installed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        environment: Mapping[str, str],
        workers: int = WORKERS,
        settings: Mapping[str, str] | None = None,
        dags_folder: Path = ROOT / "dags",
        plugins_folder: Path = ROOT / "plugins",
    ) -> None:
        ports = {name: free_port() for name in ("postgres", "redis", "api")}
        self.folder = folder
        self.url = f"http://127.0.0.1:{ports['api']}"
        self.credentials = new_credentials(
            Addresses(f"127.0.0.1:{ports['postgres']}", f"127.0.0.1:{ports['redis']}")
        )
        self.client = AirflowClient(self.url)
        self.postgres = Postgres(
            folder / "postgres.log",
            port=ports["postgres"],
            password=self.credentials["postgres_password"],
        )
        self.redis = Redis(
            folder / "redis", self.credentials["redis_password"], port=ports["redis"]
        )
        self._environment = {
            **environment,
            **shared_settings(folder / "secrets"),
            **native_settings(
                folder, ports["api"], dags_folder=dags_folder, plugins_folder=plugins_folder
            ),
            **(settings or {}),
        }
        self.services = {name: self.service(name) for name in COMMANDS if name != "worker"} | {
            name: self.service(name) for name in _workers(workers)
        }
        self._stack = ExitStack()

    @property
    def programs(self) -> tuple[Program, ...]:
        """Everything that runs, in the order in which it is started."""
        return (self.postgres, self.redis, *self.services.values())

    def service(self, name: str) -> Service:
        """Return a part that is not started yet.

        :param name: as the compose file calls it; a worker is called ``worker-1`` and so on.
        """
        kind = name if name in COMMANDS else "worker"
        command = COMMANDS[kind]
        ports: dict[str, str] = {}
        if kind == "worker":
            command = (*command, "--celery-hostname", f"{name}@%h")
            ports["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] = str(free_port())
        if kind == "triggerer":
            ports["AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT"] = str(free_port())
        return Service(Place(name, self.folder / name, self._environment | ports), command)

    def start(self, *, timeout_seconds: float = 300.0) -> None:
        """Start everything, and wait until it is healthy.

        :raises ProcessError: a part ended, or is not healthy in time; nothing is left running.
        """
        deadline = time.monotonic() + timeout_seconds
        self.folder.mkdir(parents=True, mode=0o700)
        write_files(self.folder / "secrets", self.credentials)
        with ExitStack() as stack:
            stack.enter_context(self.postgres)
            stack.enter_context(self.redis)
            migration = Place("migration", self.folder / "migration", self._environment)
            with Service(migration, MIGRATE) as migrate:
                migrate.wait(timeout_seconds)
            for service in self.services.values():
                stack.enter_context(service)
            self._wait_until_healthy(deadline)
            self.client.login("admin", self.credentials["admin_password"])
            self._stack = stack.pop_all()

    def stop(self) -> None:
        """Stop everything, the last started first. Harmless when nothing runs."""
        self._stack.close()
        self.client.close()

    def workers_online(self) -> int:
        """Return how many workers answer on the queue."""
        with celery.Celery(broker=self.credentials["broker_url"], set_as_current=False) as app:
            return len(app.control.ping(timeout=1.0))

    def _wait_until_healthy(self, deadline: float) -> None:
        workers = [name for name in self.services if name.startswith("worker")]
        while not (self.client.healthy() and self.workers_online() >= len(workers)):
            for service in self.services.values():
                service.check()
            if time.monotonic() > deadline:
                logs = "\n".join(
                    f"{service.name}:\n{tail(service.log_path, 10)}"
                    for service in self.services.values()
                )
                raise ProcessError(f"the fleet is not healthy in time:\n{logs}")
            time.sleep(0.5)


def _workers(count: int) -> list[str]:
    return [f"worker-{number}" for number in range(1, count + 1)]
