"""The sandbox as a process of its own."""

import shlex
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.processes import (
    ProcessError,
    clean_environment,
    free_port,
    start_group,
    stop_group,
    tail,
)

ROOT = Path(__file__).resolve().parents[1]


class SandboxProcess:
    """``python -m sandbox up``: two AWS accounts with the example, until stopped.

    :param folder: log, exports and temporary files go there.
    :param port: 0 chooses a free one.
    """

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.log_path = folder / "sandbox.log"
        self.env_file = folder / "sandbox.env"
        self.environment: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def group_id(self) -> int:
        """The id of the process group (the pid of the sandbox)."""
        if self._process is None:
            raise ProcessError("the sandbox is not running; call start() first")
        return self._process.pid

    def start(self, *, timeout_seconds: float = 90.0) -> None:
        """Start, and wait until the example is built and the exports are written.

        :raises ProcessError: it ended, or is not ready in time; the end of its log is in the
            message, and it is stopped.
        """
        temporary = self.folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        self.env_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "sandbox", "up"]
        command += ["--port", str(self.port), "--env-file", str(self.env_file)]
        self._process = start_group(
            command,
            log_path=self.log_path,
            environment=clean_environment({"TMPDIR": str(temporary)}),
            folder=ROOT,
        )
        try:
            self._wait_until_ready(timeout_seconds)
        except BaseException:
            self.stop()
            raise
        self.environment = read_exports(self.env_file)

    def stop(self) -> None:
        """End the sandbox, and wait for it. Harmless when nothing runs."""
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
        self.stop()

    def _wait_until_ready(self, timeout_seconds: float) -> None:
        assert self._process is not None
        deadline = time.monotonic() + timeout_seconds
        while not self.env_file.exists():
            code = self._process.poll()
            if code is not None:
                raise ProcessError(f"the sandbox ended with code {code}:\n{tail(self.log_path)}")
            if time.monotonic() > deadline:
                raise ProcessError(
                    f"the sandbox is not ready after {timeout_seconds:.0f} s:\n"
                    f"{tail(self.log_path)}"
                )
            time.sleep(0.1)


def read_exports(path: Path) -> dict[str, str]:
    """Read a file of shell exports, one ``export NAME='value'`` a line.

    :raises ValueError: a line that is something else.
    """
    variables = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if len(words) != 2 or words[0] != "export" or "=" not in words[1]:
            raise ValueError(f"{path}: not an export of one variable: {line!r}")
        name, _, value = words[1].partition("=")
        variables[name] = value
    return variables
