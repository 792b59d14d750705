"""The deployment script of the product, run against the sandbox."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.accounts import SOURCE
from sandbox.command_line import CommandLine

RUNTIME = "python3.13"
FUNCTION_NAME = "aca-redshift-backup"
CLUSTER_IDENTIFIER = "aca-redshift-cluster"
EXTERNAL_ID = "redshift-dr-sandbox"
EVIDENCE_BUCKET = "aca-redshift-dr-evidence"
AIRFLOW_ROLE = "aca-redshift-backup-airflow"
INVENTORY_ROLE = "aca-redshift-backup-inventory"
RESTORE_ROLE = "aca-redshift-dr-restore"

_LAMBDA = Path(__file__).parents[1] / "lambda"
_SCRIPT = _LAMBDA / "deploy-lambda-backup.sh"
_BUILD_ZIP = _LAMBDA / "build_zip.py"
_TIMEOUT_SECONDS = 300
_AIRFLOW_PRINCIPAL = ("--airflow-principal-arn", f"arn:aws:iam::{SOURCE.account_id}:root")


class PlaygroundError(Exception):
    """The example could not be built; the message says which step failed and why."""


@dataclass(frozen=True)
class Stack:
    """One of the two stacks, and the flags that it is deployed with."""

    name: str
    flags: tuple[str, ...]


SOURCE_STACK = Stack(
    "aca-lambda-backup",
    # Airflow schedules the backups.
    ("--account", "source", *_AIRFLOW_PRINCIPAL, "--backup-schedule-state", "DISABLED"),
)
DR = Stack(
    "aca-redshift-dr",
    (
        *("--account", "dr", "--external-id", EXTERNAL_ID, *_AIRFLOW_PRINCIPAL),
        *("--evidence-bucket-name", EVIDENCE_BUCKET),
        *("--inventory-role-arn", f"arn:aws:iam::{SOURCE.account_id}:role/{INVENTORY_ROLE}"),
    ),
)


class Deployment:
    """Runs the script as a person would, with a command line that is warm, and a zip built once.

    :param directory: of the sandbox; zip and temporary files go there.
    :param environment: the variables that lead to the sandbox.
    """

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = environment
        self._command_line: CommandLine | None = None
        self._zip = directory / "function.zip"

    def deploy(self, stack: Stack) -> None:
        """Deploy a stack.

        :raises PlaygroundError: the zip could not be built, or the script failed.
        """
        if not self._zip.exists():
            self._run([sys.executable, str(_BUILD_ZIP), "--output", str(self._zip)])
        self._run(["bash", str(_SCRIPT), *stack.flags, "--code", str(self._zip), "--skip-check"])

    @property
    def commands(self) -> Path:
        """Folder of the command ``aws`` that is warm."""
        if self._command_line is None:
            self._command_line = CommandLine(self._directory, self._base())
        return self._command_line.folder

    def close(self) -> None:
        """End the command line."""
        if self._command_line is not None:
            self._command_line.close()
            self._command_line = None

    def _run(self, command: list[str]) -> None:
        with subprocess.Popen(
            command,
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=_TIMEOUT_SECONDS)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        if process.returncode != 0:
            name = Path(command[1]).name
            raise PlaygroundError(f"{name} ended with exit code {process.returncode}:\n{output}")

    def _variables(self) -> dict[str, str]:
        """Return the script's whole environment: nothing of the user's own account gets in."""
        return self._base() | {"PATH": f"{self.commands}{os.pathsep}{os.environ['PATH']}"}

    def _base(self) -> dict[str, str]:
        return {
            **self._environment,
            "LANG": "C.UTF-8",
            "HOME": str(self._directory),
            "TMPDIR": str(self._directory),
            "PYTHON": sys.executable,
            "PATH": os.environ["PATH"],
            # A call that is sent twice would find what the first has made.
            "AWS_MAX_ATTEMPTS": "1",
        }
