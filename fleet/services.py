"""The parts of Airflow, and how each is started: as the compose file does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.processes import ProcessError, tail
from demo.program import Program
from fleet.credentials import ROOT

ENTRYPOINT = ROOT / "fleet" / "entrypoint.sh"
COMMANDS = {
    "api-server": ("airflow", "api-server"),
    "scheduler": ("airflow", "scheduler"),
    "dag-processor": ("airflow", "dag-processor"),
    "triggerer": ("airflow", "triggerer"),
    "worker": ("airflow", "celery", "worker"),
}
"""By the name of the compose file's service."""
MIGRATE = ("airflow", "db", "migrate")


@dataclass(frozen=True)
class Place:
    """Where a part runs on a machine that it shares with the others.

    :param name: the part; workers are numbered.
    :param home: its own ``AIRFLOW_HOME``, as in a container.
    :param environment: its whole environment, but for the home.
    """

    name: str
    home: Path
    environment: Mapping[str, str]


class Service(Program):
    """One part of Airflow. Starting it does not wait until it is healthy: the API knows that.

    :param command: what the entry point is to run.
    """

    def __init__(self, place: Place, command: tuple[str, ...]) -> None:
        super().__init__(place.name, place.home / f"{place.name}.log")
        self._place = place
        self._command = command

    def start(self) -> None:
        """Start, and return at once."""
        home = self._place.home
        home.mkdir(parents=True, exist_ok=True)
        self._run(
            ["sh", str(ENTRYPOINT), *self._command],
            environment={**self._place.environment, "AIRFLOW_HOME": str(home)},
            folder=home,
            is_ready=lambda: True,
            timeout_seconds=0,
        )

    def check(self) -> None:
        """Tell whether it still runs.

        :raises ProcessError: it has ended; the end of its log is in the message.
        """
        code = self._process.poll() if self._process else None
        if code is not None:
            raise ProcessError(f"{self.name} ended with code {code}:\n{tail(self.log_path)}")

    def wait(self, timeout_seconds: float) -> None:
        """Wait until a part that does one thing has done it.

        :raises ProcessError: it failed.
        :raises subprocess.TimeoutExpired: it is not done in time.
        """
        if self._process is not None and self._process.wait(timeout_seconds):
            self.check()
