"""Asynchronous invocations: a queue, two retries, and where the outcome is sent."""

import json
import logging
from collections import deque
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Any
from uuid import uuid4

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.utils import get_backend

from sandbox.awslambda import destinations
from sandbox.awslambda.invocation import Outcome

# AWS waits one minute before the first retry and two before the second.
RETRY_DELAYS_SECONDS = (0.2, 0.4)
AWS_RETRY_DELAYS_SECONDS = (60, 120)
DEFAULT_RETRIES = 2
DEFAULT_AGE_SECONDS = 21_600
_WORKERS = 8
_JOIN_SECONDS = 10.0
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Event:
    function: Any
    payload: bytes
    call: dict[str, Any]
    generation: int

    @property
    def config(self) -> dict[str, Any]:
        """The settings of asynchronous invocations of what was invoked."""
        backend = get_backend(self.function.account_id, self.function.region)
        name = self.function.function_name
        config: dict[str, Any] = backend.event_config(name, self.call.get("qualifier"))
        return config


class EventQueue:
    """Runs events in the background, each until it succeeds or its retries are used up."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._queue: deque[_Event] = deque()
        self._workers: list[Thread] = []
        self._generation = 0
        self._open = 0
        self._closing = False

    def put(self, function: Any, payload: bytes, call: dict[str, Any]) -> None:
        """Take an event; ``call`` holds the further arguments of the function's ``run``."""
        with self._changed:
            self._open += 1
            self._closing = False
            self._queue.append(_Event(function, payload, call, self._generation))
            self._workers = [worker for worker in self._workers if worker.is_alive()]
            if len(self._workers) < min(self._open, _WORKERS):
                worker = Thread(target=self._work, name="lambda-events", daemon=True)
                self._workers.append(worker)
                worker.start()
            self._changed.notify_all()

    def reset(self) -> None:
        """Forget all events that wait, and the retries of those that run."""
        with self._changed:
            self._generation += 1
            self._open -= len(self._queue)
            self._queue.clear()
            self._changed.notify_all()

    def close(self) -> None:
        """Forget all events and end the workers; those whose function still runs end with it."""
        self.reset()
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.join(_JOIN_SECONDS)

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Wait until no event waits or runs; False if that takes too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, timeout_seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing)
                if not self._queue:
                    return
                event = self._queue.popleft()
            try:
                self._run(event)
            finally:
                with self._changed:
                    self._open -= 1
                    self._changed.notify_all()

    def _run(self, event: _Event) -> None:
        config = event.config
        retries = int(config.get("MaximumRetryAttempts", DEFAULT_RETRIES))
        oldest_seconds = int(config.get("MaximumEventAgeInSeconds", DEFAULT_AGE_SECONDS))
        age_seconds = 0
        condition = "RetriesExhausted"
        for attempt in range(retries + 1):
            if attempt:
                age_seconds += AWS_RETRY_DELAYS_SECONDS[attempt - 1]
                if age_seconds > oldest_seconds:
                    condition, attempt = "EventAgeExceeded", attempt - 1
                    break
                self._pause(event, RETRY_DELAYS_SECONDS[attempt - 1])
            if not self._is_current(event):
                return
            outcome = _attempt(event)
            if outcome is not None and not outcome.function_error:
                break
        if self._is_current(event):
            self._report(event, outcome, attempt + 1, condition)

    def _report(
        self, event: _Event, outcome: Outcome | None, attempts: int, condition: str
    ) -> None:
        """Send the outcome to the function's destination, if it has one for it."""
        arn = destinations.destination(event.config, outcome)
        if arn is None:
            return
        record = destinations.record(
            event.function, event.payload, event.call, outcome, attempts, condition
        )
        if arn.split(":")[2] == "lambda":
            _, _, _, region, account, _ = arn.split(":", 5)
            function = get_backend(account, region).get_function(arn)
            self.put(function, json.dumps(record).encode(), {"request_id": str(uuid4())})
        else:
            destinations.deliver(arn, record, event.function.role)

    def _pause(self, event: _Event, seconds: float) -> None:
        """Wait before a retry; a reset of the sandbox ends the wait."""
        with self._changed:
            self._changed.wait_for(lambda: event.generation != self._generation, seconds)

    def _is_current(self, event: _Event) -> bool:
        with self._changed:
            return event.generation == self._generation


def _attempt(event: _Event) -> Outcome | None:
    try:
        outcome: Outcome = event.function.run(event.payload, **event.call)
    except LambdaClientError as error:
        _LOGGER.warning("Event for %s: %s", event.function.function_name, error.message)
        return None
    return outcome


EVENTS = EventQueue()
