"""Stop signals: each becomes an exception once, so that everything started is stopped."""

import signal
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InterruptedByUserError(BaseException):
    """A stop signal arrived. No Exception, so that nothing on the way out swallows it.

    :param number: the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


def raise_on_stop_signals() -> None:
    """Turn the first stop signal into an exception; ignore later ones while things are stopped."""
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    for ignored in STOP_SIGNALS:
        signal.signal(ignored, signal.SIG_IGN)
    raise InterruptedByUserError(number)
