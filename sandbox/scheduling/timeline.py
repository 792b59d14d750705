"""What happens by itself as the sandbox's time passes: one step after the other, in order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Condition, RLock, Thread
from typing import Protocol

from sandbox.awslambda.events import EVENTS
from sandbox.clock import CLOCK
from sandbox.crashes import Crashes

WORK_SECONDS = 300.0
"""How long an advance of the clock waits, in real time, for the functions of one instant."""


class UnfinishedWorkError(Exception):
    """Functions that an advance of the clock started had not ended in time."""


class Source(Protocol):
    """Something that has work at certain instants."""

    def next_due(self, after: datetime) -> datetime | None:
        """Return the first instant after ``after`` at which there is work, or None."""

    def run(self, due: datetime, reach: Callable[[], None]) -> None:
        """Do or start the work of an instant.

        :param reach: moves the clock to that instant; to be called before anything that shows.
        """


class Timeline:
    """Lets time pass for its sources: in real time by a thread, or at once when told to.

    The thread runs only while a source has something to come.
    """

    def __init__(self) -> None:
        self.crashes: Crashes | None = None
        self._sources: list[Source] = []
        self._pass_lock = RLock()
        self._changed = Condition()
        self._seen = CLOCK.now()
        self._moving = False
        self._has_unfinished = False  # what the thread has started and nobody has waited for
        self._closing = False
        self._thread: Thread | None = None
        CLOCK.on_change(self._jumped)

    def add(self, source: Source) -> None:
        """Ask a further source; the same one is kept once."""
        if source not in self._sources:
            self._sources.append(source)

    def advance(self, seconds: float) -> None:
        """Move the clock forward through every due instant, each with its work done.

        A clock that runs goes on running while functions work, one that is frozen stands still.
        What lasts longer than :data:`WORK_SECONDS` is kept as a crash.

        :raises OverflowError: there is no such instant.
        :raises ValueError: ``seconds`` is negative.
        """
        with self._pass_lock:
            target = CLOCK.now() + timedelta(seconds=seconds)
            if self._has_unfinished:
                self._wait_for_work(CLOCK.now())
            if self._pass(target, wait=True):
                self._reach(target)
            else:
                self._move(seconds)

    def changed(self) -> None:
        """Look again at what is due next: a source has something new."""
        with self._changed:
            self._changed.notify_all()
            if self._thread is None and self._next() is not None:
                self._closing = False
                self._thread = Thread(target=self._follow, name="sandbox-timeline", daemon=True)
                self._thread.start()

    def reset(self) -> None:
        """Begin anew from the present."""
        with self._changed:
            self._has_unfinished = False
            self._seen = CLOCK.now()
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()
        self._thread = None

    def _next(self) -> datetime | None:
        dues = [source.next_due(self._seen) for source in self._sources]
        return min((due for due in dues if due is not None), default=None)

    def _pass(self, until: datetime, *, wait: bool) -> bool:
        """Do the work of every instant up to ``until``; tell whether there was any."""
        worked = False
        while (due := self._next()) is not None and due <= until:
            for source in self._sources:
                if source.next_due(self._seen) == due:
                    source.run(due, lambda: self._reach(due))
                    self._has_unfinished = True
                    if wait:
                        self._wait_for_work(due)
            self._seen, worked = max(self._seen, due), True
        return worked

    def _reach(self, due: datetime) -> None:
        seconds = (due - CLOCK.now()).total_seconds()
        if seconds > 0:
            self._move(seconds)

    def _move(self, seconds: float) -> None:
        self._moving = True
        try:
            CLOCK.advance(seconds)
        finally:
            self._moving = False

    def _wait_for_work(self, due: datetime) -> None:
        self._has_unfinished = False
        if EVENTS.wait_until_idle(WORK_SECONDS) or self.crashes is None:
            return
        error = UnfinishedWorkError(
            f"functions started at {due.isoformat()} still ran after {WORK_SECONDS:.0f} seconds of "
            "real time; the clock went on without them"
        )
        self.crashes.record("sandbox", "AdvanceClock", error)

    def _jumped(self) -> None:
        """Begin anew where the clock was set to: what lies between did not pass."""
        if self._moving:
            return
        with self._changed:
            now = CLOCK.now()
            if self._seen != now:  # Work of this very instant is still to be done.
                self._seen = now - timedelta(microseconds=1)
            self._changed.notify_all()

    def _follow(self) -> None:
        while True:
            with self._changed:
                if not self._closing:
                    self._changed.wait(self._seconds_to_next())
                if self._closing:
                    return
            with self._pass_lock:
                if not self._closing and CLOCK.frozen_at is None:
                    self._pass(CLOCK.now(), wait=False)

    def _seconds_to_next(self) -> float | None:
        due = self._next()
        if due is None or CLOCK.frozen_at is not None:
            return None
        # A timeout has a limit of its own, and the clock may be moved meanwhile.
        return min(max(0.0, (due - CLOCK.now()).total_seconds()), 3600.0)


TIMELINE = Timeline()
