"""The one clock of the sandbox: lifecycles, schedules, alarms and functions follow it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import RLock
from time import monotonic


class Clock:
    """Real time, shifted or frozen.

    Everything in the sandbox that asks for the time asks here, so that a test can let a day pass
    without waiting for it. Listeners are told after every change, because what was due meanwhile
    has to happen; a function's process looks at the time with each invocation.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._offset = timedelta()
        self._frozen_at: datetime | None = None
        self._advanced_seconds = 0.0
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """Return the sandbox's time, aware, UTC."""
        with self._lock:
            return self._frozen_at or datetime.now(UTC) + self._offset

    @property
    def offset_seconds(self) -> float:
        """Seconds by which the sandbox is ahead of the machine (of no meaning while frozen)."""
        return self._offset.total_seconds()

    @property
    def advanced_seconds(self) -> float:
        """Seconds that were let pass at once since the process began; it never goes back."""
        return self._advanced_seconds

    @property
    def frozen_at(self) -> datetime | None:
        """The instant at which the clock stands, or None while it runs."""
        return self._frozen_at

    def advance(self, seconds: float) -> None:
        """Move the clock forward; a frozen clock stays frozen at the later instant."""
        if seconds < 0:
            raise ValueError(f"the clock only moves forward, not by {seconds} seconds")
        with self._lock:
            step = timedelta(seconds=seconds)
            self._offset += step
            self._advanced_seconds += seconds
            if self._frozen_at is not None:
                self._frozen_at += step
        self._tell()

    def freeze(self, instant: datetime | None = None) -> None:
        """Stop the clock, now or at the given aware instant."""
        if instant is not None and instant.tzinfo is None:
            raise ValueError(
                f"the clock is frozen at an instant with a time zone, not at {instant}"
            )
        with self._lock:
            self._frozen_at = (instant or self.now()).astimezone(UTC)
        self._tell()

    def resume(self) -> None:
        """Let a frozen clock run on from where it stands."""
        with self._lock:
            if self._frozen_at is None:
                return
            self._offset = self._frozen_at - datetime.now(UTC)
            self._frozen_at = None
        self._tell()

    def reset(self) -> None:
        """Return to the machine's own time. Listeners stay."""
        with self._lock:
            changed = bool(self._offset) or self._frozen_at is not None
            self._offset = timedelta()
            self._frozen_at = None
        if changed:
            self._tell()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every change; the same listener is kept once."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()


CLOCK = Clock()


class Stopwatch:
    """Measures how long something lasts: real seconds, and those that the clock let pass at once.

    A clock that is frozen, or set to another instant, makes nothing shorter or longer.
    """

    def __init__(self) -> None:
        self._started = monotonic() + CLOCK.advanced_seconds

    @property
    def seconds(self) -> float:
        """Seconds since it was made."""
        return monotonic() + CLOCK.advanced_seconds - self._started
