"""A program of the demonstration, from its start to the end of its whole process group."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.processes import ProcessError, clean_environment, start_group, stop_group, tail


class Running:
    """Something that runs from its start to its stop; as a context manager, from entry to exit."""

    def start(self) -> None:
        """Start, and wait until it is ready.

        :raises ProcessError: it is not ready in time; nothing of it is left running.
        """
        raise NotImplementedError

    def stop(self) -> None:
        """End all of it. Harmless when nothing runs."""
        raise NotImplementedError

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


class Program(Running):
    """Runs in a process group of its own.

    :param name: how messages call it.
    :param log_path: its output goes there.
    """

    def __init__(self, name: str, log_path: Path) -> None:
        self.name = name
        self.log_path = log_path
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def group_id(self) -> int:
        """The id of the process group, which is the pid of its leader."""
        if self._process is None:
            raise ProcessError(f"{self.name} is not running; call start() first")
        return self._process.pid

    def stop(self) -> None:
        """End the whole group, and wait for it. Harmless when nothing runs."""
        if self._process is not None:
            stop_group(self._process.pid, process=self._process)
            self._process = None

    def _run(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        is_ready: Callable[[], bool],
        timeout_seconds: float,
    ) -> None:
        self._process = start_group(
            command,
            log_path=self.log_path,
            environment=clean_environment(environment),
            folder=folder,
        )
        try:
            self._wait_until(self._process, is_ready, timeout_seconds)
        except BaseException:
            self.stop()
            raise

    def _wait_until(
        self,
        process: subprocess.Popen[bytes],
        is_ready: Callable[[], bool],
        timeout_seconds: float,
    ) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not is_ready():
            code = process.poll()
            if code is not None:
                raise ProcessError(f"{self.name} ended with code {code}:\n{tail(self.log_path)}")
            if time.monotonic() > deadline:
                raise ProcessError(
                    f"{self.name} is not ready after {timeout_seconds:.0f} s:\n"
                    f"{tail(self.log_path)}"
                )
            time.sleep(0.1)
