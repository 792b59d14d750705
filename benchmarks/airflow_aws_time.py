"""Notes how long AWS takes to answer each call of a task. Imported by the measured DAG's copy.

The notes go to the file of the variable :data:`VARIABLE`, one line of seconds for each request.
"""

import os
import time
from pathlib import Path
from typing import Any

VARIABLE = "REDSHIFT_BENCHMARK_AWS_SECONDS"
SOURCE_LINE = f"\nimport {__name__}\n\n{__name__}.note_answers()\n"
"""What is added to the copy of the DAG file."""


def note_answers() -> None:
    """From now on note each request of this process, with the wait for its answer."""
    from botocore.httpsession import URLLib3Session

    path = Path(os.environ[VARIABLE])
    send = URLLib3Session.send

    def noted(self: Any, request: Any) -> Any:
        started = time.perf_counter()
        try:
            return send(self, request)
        finally:
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{time.perf_counter() - started:.6f}\n")

    if send.__name__ != noted.__name__:
        URLLib3Session.send = noted


def take_notes(path: Path) -> float:
    """Return the seconds noted since the last time, and forget them."""
    if not path.exists():
        return 0.0
    seconds = sum(float(line) for line in path.read_text(encoding="utf-8").split())
    path.unlink()
    return seconds
