"""Schedule expressions of EventBridge Scheduler: when a schedule is due, as pure functions.

Source: EventBridge Scheduler's guide, "Schedule types" (rate, cron, at, time zones, daylight
saving); not checked against AWS.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.scheduling.cron import Cron, parse_cron

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((.+)\)")
_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


class InvalidExpressionError(ValueError):
    """A schedule expression or a time zone that Scheduler would not take."""


@dataclass(frozen=True)
class Expression:
    """A schedule expression, read: exactly one of the three kinds is there.

    :ivar at: the local time of a one-time schedule.
    """

    zone: ZoneInfo
    rate: timedelta | None = None
    cron: Cron | None = None
    at: datetime | None = None


def parse_expression(text: str, zone: str | None) -> Expression:
    """Read a ``rate``, ``cron`` or ``at`` expression.

    :param zone: an IANA name; None is UTC.
    :raises InvalidExpressionError: none of the three, or a part of it is wrong.
    """
    tz = _zone(zone or "UTC")
    rate, cron, at = _RATE.fullmatch(text), _CRON.fullmatch(text), _AT.fullmatch(text)
    try:
        if rate and int(rate[1]) > 0:
            return Expression(tz, rate=timedelta(seconds=int(rate[1]) * _SECONDS[rate[2]]))
        if cron:
            return Expression(tz, cron=parse_cron(cron[1]))
        if at:
            return Expression(tz, at=datetime.fromisoformat(at[1]))
    except (ValueError, OverflowError) as error:
        raise InvalidExpressionError(f"Invalid Schedule Expression {text}: {error}") from error
    raise InvalidExpressionError(f"Invalid Schedule Expression {text}.")


def next_due(expression: Expression, after: datetime, anchor: datetime) -> datetime | None:
    """Return the first instant after ``after`` at which a schedule is due, in UTC, or None.

    :param anchor: what a rate counts from: the start date, else the schedule's creation.

    A local time that daylight saving skips is skipped, one that it repeats counts once, the first
    time.
    """
    if expression.rate is not None:
        return _next_of_rate(expression.rate, after, anchor)
    if expression.at is not None:
        due = expression.at.replace(tzinfo=expression.zone).astimezone(UTC)
        return due if due > after else None
    assert expression.cron is not None
    local = after.astimezone(expression.zone).replace(tzinfo=None)
    for moment in expression.cron.after(local):
        due = moment.replace(tzinfo=expression.zone).astimezone(UTC)
        exists = due.astimezone(expression.zone).replace(tzinfo=None) == moment
        if exists and due > after:
            return due
    return None


def _next_of_rate(rate: timedelta, after: datetime, anchor: datetime) -> datetime:
    if after < anchor:
        return anchor
    return anchor + ((after - anchor) // rate + 1) * rate


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidExpressionError(f"The time zone {name} is not known.") from error
