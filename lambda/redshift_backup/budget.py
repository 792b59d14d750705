"""How long an invocation may go on, counted so that a shifted clock cannot mislead it."""

import time
from collections.abc import Callable

MAXIMUM_INVOCATION_SECONDS = 900.0
# Left over for what follows a wait or a loop: the share, the answer, the log.
_MARGIN_SECONDS = 20.0


class Budget:
    """The time left before an action has to return.

    :param remaining_seconds: what Lambda granted at the start of the invocation.
    :param sleep: and ``monotonic``: replaced by tests.

    The end is counted from the start by a monotonic clock, and by the seconds slept where that
    one stands still too: the wall clock may be frozen or moved, and a loop that trusted it alone
    would never end.
    """

    def __init__(
        self,
        remaining_seconds: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        granted = min(remaining_seconds, MAXIMUM_INVOCATION_SECONDS)
        self._usable_seconds = granted - min(_MARGIN_SECONDS, granted * 0.25)
        self._sleep = sleep
        self._monotonic = monotonic
        self._started = monotonic()
        self._slept_seconds = 0.0

    def elapsed_seconds(self) -> float:
        """Return how long the invocation has gone on."""
        return max(self._monotonic() - self._started, self._slept_seconds)

    def remaining_seconds(self) -> float:
        """Return the seconds left, less a margin for the answer; negative when time is up."""
        return self._usable_seconds - self.elapsed_seconds()

    @property
    def is_used_up(self) -> bool:
        """Whether no step may begin any more."""
        return self.remaining_seconds() <= 0

    def sleep(self, seconds: float) -> bool:
        """Sleep if that fits into what is left; tell whether it did."""
        if seconds > self.remaining_seconds():
            return False
        self._sleep(seconds)
        self._slept_seconds += seconds
        return True
