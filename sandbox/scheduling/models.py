"""Schedules as moto keeps them, with what it takes to fire them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import moto.scheduler.urls
from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule

from sandbox.accounts import OWN_ACCOUNT_IDS
from sandbox.clock import CLOCK
from sandbox.scheduling import validation
from sandbox.scheduling.expressions import Expression, next_due, parse_expression
from sandbox.scheduling.timeline import TIMELINE


class SandboxSchedule(Schedule):
    """One schedule; it knows when it is due.

    :ivar since: creation or last update; nothing before it is due.
    """

    # Set by moto's constructor.
    name: str
    arn: str
    group_name: str
    target: dict[str, Any]
    state: str

    def __init__(self, region: str, account_id: str, **settings: Any) -> None:
        self.account_id = account_id
        self.region = region
        super().__init__(region=region, account_id=account_id, **settings)
        self.since = self.anchor = CLOCK.now()
        self.creation_date = self.last_modified_date = self.since.timestamp()
        self._cached: tuple[datetime, datetime | None] | None = None

    def update(self, **settings: Any) -> None:
        """Take new settings; a rate begins anew if it is another one."""
        before = (self.schedule_expression, self.start_date)
        super().update(**settings)
        self.state = self.state or "ENABLED"
        self.since = CLOCK.now()
        if before != (self.schedule_expression, self.start_date):
            self.anchor = self.since
        self.last_modified_date = self.since.timestamp()
        self._cached = None

    def _validate_start_date(self, start_date: str | None) -> str | None:
        """Check a start date by the sandbox's clock; moto goes by the machine's."""
        if self.account_id not in OWN_ACCOUNT_IDS:
            checked: str | None = super()._validate_start_date(start_date)
            return checked
        start = _instant(start_date)
        is_recurring = not self.schedule_expression.startswith("at(")
        if start is not None and is_recurring and start < CLOCK.now() - timedelta(minutes=5):
            raise ValidationException(
                "The StartDate you specify cannot be earlier than 5 minutes ago."
            )
        return start_date

    @property
    def expression(self) -> Expression:
        """The schedule's expression, read."""
        return parse_expression(self.schedule_expression, self.schedule_expression_timezone)

    def next_due(self, after: datetime) -> datetime | None:
        """Return the first instant after ``after`` at which the schedule is due, or None."""
        if self.state == "DISABLED" or self.account_id not in OWN_ACCOUNT_IDS:
            return None
        if self._cached is not None:
            computed_after, due = self._cached
            if computed_after <= after and (due is None or after < due):
                return due
        self._cached = (after, self._compute(after))
        return self._cached[1]

    def _compute(self, after: datetime) -> datetime | None:
        start, end = _instant(self.start_date), _instant(self.end_date)
        # The instant of creation, or of the start date, may itself be due.
        earliest = max(self.since, start or self.since) - timedelta(microseconds=1)
        due = next_due(self.expression, max(after, earliest), start or self.anchor)
        return None if due is None or (end is not None and due > end) else due


class SandboxSchedulerBackend(EventBridgeSchedulerBackend):
    """moto's Scheduler of one account and region, whose schedules fire."""

    _url_module = moto.scheduler.urls

    def create_schedule(self, **settings: Any) -> Schedule:
        """Create a schedule that fires from now on, unless it is switched off."""
        self._check(settings)
        self.get_schedule_group(settings.get("group_name"))
        schedule = super().create_schedule(**settings)
        TIMELINE.changed()
        return schedule

    def update_schedule(self, **settings: Any) -> Schedule:
        """Replace a schedule's settings."""
        self._check(settings)
        schedule = super().update_schedule(**settings)
        TIMELINE.changed()
        return schedule

    def _check(self, settings: Mapping[str, Any]) -> None:
        if self.account_id in OWN_ACCOUNT_IDS:
            validation.check_schedule(settings)


def _instant(value: Any) -> datetime | None:
    """Read a date as moto keeps it: seconds since the epoch, or ISO 8601 text from a template."""
    if not value:
        return None
    if isinstance(value, str) and not value.replace(".", "", 1).isdecimal():
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return datetime.fromtimestamp(float(value), UTC)
