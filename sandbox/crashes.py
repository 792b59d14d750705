"""Unexpected exceptions of the sandbox itself, kept so that a test can fail loudly."""

import traceback
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True)
class Crash:
    """An exception that no AWS call should ever cause."""

    service: str
    operation: str
    traceback: str


class Crashes:
    """The crashes since the last reset."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._crashes: list[Crash] = []

    def record(self, service: str, operation: str, error: BaseException) -> Crash:
        """Keep an exception with its traceback."""
        text = "".join(traceback.format_exception(error))
        crash = Crash(service, operation, text)
        with self._lock:
            self._crashes.append(crash)
        return crash

    def all(self) -> list[Crash]:
        """Return the crashes, oldest first."""
        with self._lock:
            return list(self._crashes)

    def clear(self) -> None:
        """Forget the crashes."""
        with self._lock:
            self._crashes.clear()
