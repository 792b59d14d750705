"""Keep the core's log lines and metrics off standard output."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from redshift_backup.telemetry import logger


@contextmanager
def quiet_core(*, verbose: bool) -> Iterator[None]:
    """Send the core's log to standard error, or nowhere; metrics go nowhere.

    Metrics are lines that Lambda reads from the function's output: from a laptop they would count
    for nothing, and standard output belongs to the answer.
    """
    handlers = [one for one in logger.handlers if isinstance(one, logging.StreamHandler)]
    streams = [one.stream for one in handlers]
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        try:
            for one in handlers:
                one.setStream(sys.stderr if verbose else nowhere)
            with redirect_stdout(nowhere):
                yield
        finally:
            for one, stream in zip(handlers, streams, strict=True):
                one.setStream(stream)
