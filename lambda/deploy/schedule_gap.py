"""The longest time between two runs of a schedule, as EventBridge Scheduler writes schedules."""

import math
import re
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

_UNITS_IN_HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0}
_MONTH_NAMES = (
    *("JAN", "FEB", "MAR", "APR", "MAY", "JUN"),
    *("JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
# Sunday is the first day.
_DAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_DAYS = {name: number for number, name in enumerate(_DAY_NAMES, start=1)}
# Nine years have two leap days.
_FIRST_DAY, _DAYS_LOOKED_AT = date(2027, 1, 1), 9 * 366


class ScheduleError(ValueError):
    """Not a schedule; the message says why."""


def longest_gap_hours(schedule: str) -> int:
    """Return the longest gap between two runs in hours, rounded up.

    Changes of daylight saving time are left to the allowance of those who ask.

    :param schedule: ``rate(N unit)`` or ``cron(six fields)``.
    :raises ScheduleError: it is neither, or a field is out of its range, or it never runs again.
    """
    rate = re.fullmatch(r"rate\(([1-9][0-9]*) (minute|hour|day)s?\)", schedule, re.A)
    if rate:
        return math.ceil(int(rate[1]) * _UNITS_IN_HOURS[rate[2]])
    cron = re.fullmatch(r"cron\((.*)\)", schedule)
    fields = cron[1].split() if cron else []
    if len(fields) != 6:
        raise ScheduleError("it is neither rate(N unit) nor cron() of six fields")
    return _longest_cron_gap(*fields)


def _longest_cron_gap(
    minutes: str, hours: str, days: str, months: str, weekdays: str, years: str
) -> int:
    if (days == "?") == (weekdays == "?"):
        raise ScheduleError("exactly one of day-of-month and day-of-week has to be ?")
    in_day = sorted(
        60 * hour + minute
        for hour in _numbers("hours", hours, 0, 23)
        for minute in _numbers("minutes", minutes, 0, 59)
    )
    in_months = _numbers("month", months, 1, 12, _MONTHS)
    in_years = _numbers("year", years, 1970, 2199)
    last = None
    longest = max((later - earlier for earlier, later in pairwise(in_day)), default=0)
    has_run_twice = False
    for offset in range(_DAYS_LOOKED_AT):
        day = _FIRST_DAY + timedelta(days=offset)
        if day.year not in in_years or day.month not in in_months:
            continue
        if not (_is_day(day, days) if weekdays == "?" else _is_weekday(day, weekdays)):
            continue
        if last is not None:
            longest, has_run_twice = max(longest, offset * 1440 + in_day[0] - last), True
        last = offset * 1440 + in_day[-1]
    if not has_run_twice:
        raise ScheduleError("it does not run on two days within nine years")
    return math.ceil(longest / 60)


def _is_day(day: date, field: str) -> bool:
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    for item in field.split(","):
        if item == "L":
            hit = day == last
        elif item == "LW":
            hit = day == _nearest_workday(last)
        elif item.endswith("W"):
            number = _number("day-of-month", item[:-1], 1, 31, {})
            hit = number <= last.day and day == _nearest_workday(day.replace(day=number))
        else:
            hit = day.day in _numbers("day-of-month", item, 1, 31)
        if hit:
            return True
    return False


def _nearest_workday(day: date) -> date:
    if day.isoweekday() <= 5:
        return day
    back = day - timedelta(days=day.isoweekday() - 5)
    forward = day + timedelta(days=8 - day.isoweekday())
    chosen, other = (back, forward) if day.isoweekday() == 6 else (forward, back)
    return chosen if chosen.month == day.month else other


def _is_weekday(day: date, field: str) -> bool:
    number = day.isoweekday() % 7 + 1
    for item in field.split(","):
        name, has_rank, rank = item.partition("#")
        if has_rank:
            rank_number = _number("day-of-week", rank, 1, 5, {})
            is_rank = (day.day - 1) // 7 + 1 == rank_number
            hit = is_rank and number == _number("day-of-week", name, 1, 7, _DAYS)
        elif len(item) > 1 and item.endswith("L"):
            is_last = (day + timedelta(days=7)).month != day.month
            hit = is_last and number == _number("day-of-week", item[:-1], 1, 7, _DAYS)
        else:
            hit = number in _numbers("day-of-week", "7" if item == "L" else item, 1, 7, _DAYS)
        if hit:
            return True
    return False


def _numbers(
    name: str, field: str, low: int, high: int, names: Mapping[str, int] | None = None
) -> frozenset[int]:
    found: set[int] = set()
    for item in field.split(","):
        span, has_step, step_text = item.partition("/")
        step = _number(name, step_text, 1, high, {}) if has_step else 1
        first_text, has_end, end_text = span.partition("-")
        first = low if span == "*" else _number(name, first_text, low, high, names or {})
        end = _number(name, end_text, low, high, names or {}) if has_end else first
        if span == "*" or (has_step and not has_end):
            end = high
        if end < first:
            # A range may pass the end of the week or of the year, as in FRI-MON.
            found |= set(range(first, high + 1, step)) | set(range(low, end + 1, step))
        found |= set(range(first, end + 1, step))
    return frozenset(found)


def _number(name: str, text: str, low: int, high: int, names: Mapping[str, int]) -> int:
    value = names.get(text.upper())
    if value is None and re.fullmatch(r"[0-9]{1,4}", text, re.A):
        value = int(text)
    if value is None or not low <= value <= high:
        raise ScheduleError(f"{name} has {text!r}, which is not within {low} to {high}")
    return value
