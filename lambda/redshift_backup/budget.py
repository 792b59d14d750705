"""How long an invocation may go on, counted so that a shifted clock cannot mislead it."""

import time
from collections.abc import Callable

MAXIMUM_INVOCATION_SECONDS = 900.0
# Left over for what follows a wait or a loop: the share, the answer, the log.
_MARGIN_SECONDS = 20.0


class Budget:
    """The time left before an action has to return.

    :param remaining_milliseconds: Lambda's own ``get_remaining_time_in_millis``.
    :param sleep: replaced by tests.

    Slept seconds are counted besides: while a clock stands still the runtime's number does too,
    and a loop that trusted it alone would never end.
    """

    def __init__(
        self,
        remaining_milliseconds: Callable[[], float],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._remaining_milliseconds = remaining_milliseconds
        self._sleep = sleep
        self._slept_seconds = 0.0
        self._total_seconds = min(remaining_milliseconds() / 1000, MAXIMUM_INVOCATION_SECONDS)
        self._margin_seconds = min(_MARGIN_SECONDS, self._total_seconds * 0.25)

    def remaining_seconds(self) -> float:
        """Return the seconds left, less the margin; negative when the time is up."""
        counted = self._total_seconds - self._slept_seconds
        return min(counted, self._remaining_milliseconds() / 1000) - self._margin_seconds

    def sleep(self, seconds: float) -> bool:
        """Sleep if that fits into what is left; tell whether it did."""
        if seconds > self.remaining_seconds():
            return False
        self._sleep(seconds)
        self._slept_seconds += seconds
        return True
