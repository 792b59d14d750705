"""How long the sandbox's snapshots, copies, restores and deletions take, and how they end."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import RLock
from typing import Literal

from sandbox.clock import CLOCK

OPERATIONS = ("snapshot", "copy", "restore", "delete_cluster")
OUTCOMES = ("available", "failed", "never")
_DEFAULT_SECONDS = {"snapshot": 3.0, "copy": 3.0, "restore": 3.0, "delete_cluster": 2.0}

Outcome = Literal["available", "failed", "never"]


class RunState(StrEnum):
    """Where a run stands: still going, or ended well or badly."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Duration:
    """What the next operation of a kind will do: take ``seconds``, then end with ``outcome``."""

    seconds: float
    outcome: Outcome = "available"


@dataclass(frozen=True)
class Run:
    """One started operation. All its future follows from these three values and a clock."""

    started_at: datetime
    seconds: float
    outcome: Outcome

    @property
    def finished_at(self) -> datetime | None:
        """The instant at which it ends, or None if it never does."""
        if self.outcome == "never":
            return None
        return self.started_at + timedelta(seconds=self.seconds)

    @property
    def succeeded_at(self) -> datetime | None:
        """The instant at which it ends well, or None if it does not."""
        return self.finished_at if self.outcome == "available" else None

    def state(self, now: datetime) -> RunState:
        """Return where the run stands at ``now``.

        A run that begins later than ``now`` was begun before the clock was set back: it is over, so
        that what was ready before stays ready.
        """
        if self.finished_at is None or self.started_at <= now < self.finished_at:
            return RunState.RUNNING
        return RunState.SUCCEEDED if self.outcome == "available" else RunState.FAILED

    def progress(self, now: datetime) -> float:
        """Return the part that is done at ``now``; below 1.0 until the run has succeeded."""
        if self.state(now) is RunState.SUCCEEDED:
            return 1.0
        done = (now - self.started_at).total_seconds() / self.seconds if self.seconds else 0.0
        return min(max(done, 0.0), 0.99)

    def elapsed_seconds(self, now: datetime) -> int:
        """Return the whole seconds it has taken until ``now``, or took in all."""
        end = min(now, self.finished_at) if self.finished_at else now
        return max(int((end - self.started_at).total_seconds()), 0)

    def remaining_seconds(self, now: datetime) -> int:
        """Return the estimate a client sees: 0 when ended, the full duration if it never ends."""
        if self.state(now) is not RunState.RUNNING:
            return 0
        if self.finished_at is None:
            return math.ceil(self.seconds)
        return math.ceil((self.finished_at - now).total_seconds())


class Lifecycle:
    """What ``POST /_sandbox/lifecycle`` sets, for operations that start later."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._durations: dict[str, Duration] = {}
        self.reset()

    def set(self, operation: str, seconds: float, outcome: str) -> None:
        """Decide duration and end of every ``operation`` that starts from now on.

        :param operation: ``snapshot``, ``copy``, ``restore`` or ``delete_cluster``.
        :param seconds: 0 or more, in the sandbox's clock.
        :param outcome: ``available`` (it works), ``failed``, or ``never`` (it stays in progress).
        :raises ValueError: naming everything that is wrong, one fault a line.
        """
        faults = []
        if operation not in OPERATIONS:
            faults.append(f"operation is {operation!r}, expected one of {', '.join(OPERATIONS)}")
        if not _is_duration(seconds):
            faults.append(f"seconds is {seconds!r}, expected a number of 0 or more")
        if outcome not in OUTCOMES:
            faults.append(f"outcome is {outcome!r}, expected one of {', '.join(OUTCOMES)}")
        if faults:
            raise ValueError("\n".join(faults))
        with self._lock:
            self._durations[operation] = Duration(float(seconds), outcome)  # type: ignore[arg-type]

    def get(self, operation: str) -> Duration:
        """Return what the next ``operation`` will do.

        :raises ValueError: an operation that has no lifecycle.
        """
        with self._lock:
            if operation not in self._durations:
                raise ValueError(
                    f"operation is {operation!r}, expected one of {', '.join(OPERATIONS)}"
                )
            return self._durations[operation]

    def start(self, operation: str) -> Run:
        """Begin an operation now, with the settings that hold now."""
        duration = self.get(operation)
        return Run(CLOCK.now(), duration.seconds, duration.outcome)

    def reset(self) -> None:
        """Return to the defaults: everything works within 2 to 3 seconds."""
        with self._lock:
            self._durations = {name: Duration(_DEFAULT_SECONDS[name]) for name in OPERATIONS}


def _is_duration(seconds: object) -> bool:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return False
    return math.isfinite(seconds) and seconds >= 0


LIFECYCLE = Lifecycle()
