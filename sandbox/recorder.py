"""The log of every AWS call that reached the sandbox."""

from collections import deque
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

MAXIMUM_CALLS = 100_000


@dataclass(frozen=True)
class Call:
    """One call as the control API shows it; ``status`` is None where no answer was sent."""

    service: str
    operation: str
    account_id: str | None
    principal: str | None
    parameters: dict[str, Any]
    status: int | None
    error_code: str | None


class Recorder:
    """The calls in the order of their arrival, the newest ``maximum`` of them."""

    def __init__(self, maximum: int = MAXIMUM_CALLS) -> None:
        self._lock = Lock()
        self._calls: deque[tuple[int, Call]] = deque(maxlen=maximum)
        self._next = 0

    def arrive(self) -> int:
        """Take the number that puts a call in its place, whenever it ends."""
        with self._lock:
            self._next += 1
            return self._next

    def record(self, number: int, call: Call) -> None:
        """Keep an ended call under the number it arrived with."""
        with self._lock:
            self._calls.append((number, call))

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls as JSON-safe objects, in the order of their arrival."""
        with self._lock:
            entries = list(self._calls)
        return [asdict(call) for _, call in sorted(entries, key=lambda entry: entry[0])]

    def clear(self) -> int:
        """Empty the log and return how many calls it held."""
        with self._lock:
            held = len(self._calls)
            self._calls.clear()
            return held

    def __len__(self) -> int:
        """Return how many calls the log holds."""
        return len(self._calls)
