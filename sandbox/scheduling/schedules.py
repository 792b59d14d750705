"""The schedules of both accounts as one source of the timeline, with the retries under way."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

from moto.scheduler.models import scheduler_backends

from sandbox.accounts import OWN_ACCOUNT_IDS
from sandbox.clock import CLOCK
from sandbox.scheduling.delivery import DELIVERY, Delivery, DeliveryError, dead_letter
from sandbox.scheduling.models import SandboxSchedule

FIRST_RETRY_SECONDS = 60
LONGEST_RETRY_SECONDS = 3600


class Schedules:
    """Fires what is due.

    :ivar deliveries: how often each firing is delivered; Scheduler promises at least once.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._retries: list[Delivery] = []
        self.deliveries = 1

    def next_due(self, after: datetime) -> datetime | None:
        """Return when the next schedule or retry is due."""
        with self._lock:
            dues = [delivery.due for delivery in self._retries]
        dues += [due for one in _all() if (due := one.next_due(after)) is not None]
        return min(dues, default=None)

    def run(self, due: datetime, reach: Callable[[], None]) -> None:
        """Deliver all that is due at an instant."""
        reach()
        with self._lock:
            ready = [delivery for delivery in self._retries if delivery.due <= due]
            self._retries = [delivery for delivery in self._retries if delivery.due > due]
        for schedule in list(_all()):
            if schedule.next_due(due - timedelta(microseconds=1)) == due:
                ready += [Delivery.first(schedule, due)] * self.deliveries
                self._complete(schedule, due)
        for delivery in ready:
            self._deliver(delivery)

    def reset(self) -> None:
        """Forget the retries under way."""
        with self._lock:
            self._retries = []
        self.deliveries = 1

    def _deliver(self, delivery: Delivery) -> None:
        try:
            DELIVERY.deliver(delivery)
        except DeliveryError as error:
            pause = FIRST_RETRY_SECONDS * 2 ** min(delivery.attempt - 1, 10)
            due = CLOCK.now() + timedelta(seconds=min(pause, LONGEST_RETRY_SECONDS))
            exhausted = delivery.exhausted(due)
            if error.is_temporary and exhausted is None:
                with self._lock:
                    self._retries.append(replace(delivery, attempt=delivery.attempt + 1, due=due))
            else:
                dead_letter(delivery, error, exhausted or "MaximumRetryAttempts")

    def _complete(self, schedule: SandboxSchedule, due: datetime) -> None:
        """Delete a schedule that has fired for the last time, if it is to be deleted then."""
        if schedule.action_after_completion == "DELETE" and schedule.next_due(due) is None:
            backend = scheduler_backends[schedule.account_id][schedule.region]
            backend.delete_schedule(schedule.group_name, schedule.name)


def _all() -> Iterator[SandboxSchedule]:
    for account_id in OWN_ACCOUNT_IDS:
        if account_id not in scheduler_backends:
            continue
        for backend in list(scheduler_backends[account_id].values()):
            for group in list(backend.schedule_groups.values()):
                yield from list(group.schedules.values())


SCHEDULES = Schedules()
