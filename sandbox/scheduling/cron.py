"""AWS's cron expressions: six fields, weekdays from 1 (Sunday), ``?``, ``L``, ``W`` and ``#``.

Their fields are not those of Unix cron, which the libraries for cron read: a weekday has another
number, a year is a field of its own, and the day is told by one of two fields.

Source: EventBridge Scheduler's guide, "Schedule types"; not checked against AWS.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if number}
_WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minutes", 0, 59, {}),
    ("hours", 0, 23, {}),
    ("day-of-month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day-of-week", 1, 7, _WEEKDAYS),
    ("year", 1970, 2199, {}),
)
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4


@dataclass(frozen=True)
class Cron:
    """A cron expression, read; ``special`` holds a day such as ``L``, ``15W``, ``6L`` or ``2#1``.

    :ivar days: days of the month, empty where the weekday or ``special`` tells the day.
    :ivar weekdays: 1 (Sunday) to 7, empty where the day of the month or ``special`` does.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    days: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    special: str | None = None

    def after(self, instant: datetime) -> Iterator[datetime]:
        """Yield the local times without a zone that lie after one, in order."""
        for day in self._days(instant.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    moment = datetime.combine(day, time(hour, minute))
                    if moment > instant:
                        yield moment

    def _days(self, first: date) -> Iterator[date]:
        for year in self.years:
            for month in self.months:
                if (year, month) < (first.year, first.month):
                    continue
                last = calendar.monthrange(year, month)[1]
                for number in range(1, last + 1):
                    day = date(year, month, number)
                    if day >= first and self._matches(day, last):
                        yield day

    def _matches(self, day: date, last: int) -> bool:
        if self.days:
            return day.day in self.days
        if self.weekdays:
            return _weekday(day) in self.weekdays
        special = self.special or ""
        if special == "L":
            return day.day == last
        if special.endswith("W"):
            return day == _nearest_working_day(day.replace(day=1), special[:-1], last)
        if special.endswith("L"):
            return _weekday(day) == int(special[:-1]) and day.day + 7 > last
        weekday, _, week = special.partition("#")
        return _weekday(day) == int(weekday) and (day.day - 1) // 7 + 1 == int(week)


def parse_cron(text: str) -> Cron:
    """Read the six fields between the brackets of ``cron(...)``.

    :raises ValueError: not a cron expression of AWS; says which field is wrong.
    """
    texts = text.upper().split()
    if len(texts) != len(_FIELDS):
        raise ValueError(f"it has {len(texts)} fields, not {len(_FIELDS)}")
    if (texts[_DAY_OF_MONTH] == "?") == (texts[_DAY_OF_WEEK] == "?"):
        raise ValueError("exactly one of day-of-month and day-of-week is ?")
    special = _special(texts[_DAY_OF_MONTH], texts[_DAY_OF_WEEK])
    values = [
        None if index in (_DAY_OF_MONTH, _DAY_OF_WEEK) and (special or one == "?") else one
        for index, one in enumerate(texts)
    ]
    minutes, hours, days, months, weekdays, years = (
        () if one is None else _numbers(one, *field)
        for one, field in zip(values, _FIELDS, strict=True)
    )
    return Cron(minutes, hours, months, years, frozenset(days), frozenset(weekdays), special)


def _special(day: str, weekday: str) -> str | None:
    if day == "L" or re.fullmatch(r"(L|[1-9]|[12]\d|3[01])W", day):
        return day
    named = re.sub("|".join(_WEEKDAYS), lambda match: str(_WEEKDAYS[match[0]]), weekday)
    if named == "L":
        return "7L"
    return named if re.fullmatch(r"[1-7]L|[1-7]#[1-5]", named) else None


def _numbers(text: str, name: str, low: int, high: int, names: dict[str, int]) -> tuple[int, ...]:
    numbers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?", part)
        if match is None or (match[1] == "*" and match[2]):
            raise ValueError(f"{part} is not a value of {name}")
        start = low if match[1] == "*" else _number(match[1], name, low, high, names)
        if match[2]:
            end = _number(match[2], name, low, high, names)
        else:
            end = high if match[1] == "*" or match[3] else start
        step = int(match[3] or 1)
        if step == 0 or end < start:
            raise ValueError(f"{part} is not a range of {name}")
        numbers.update(range(start, end + 1, step))
    return tuple(sorted(numbers))


def _number(text: str, name: str, low: int, high: int, names: dict[str, int]) -> int:
    number = names.get(text, int(text) if text.isdecimal() else None)
    if number is None or not low <= number <= high:
        raise ValueError(f"{text} is not a value of {name} ({low} to {high})")
    return number


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _nearest_working_day(first: date, number: str, last: int) -> date | None:
    """Return the day of Monday to Friday nearest to a day, without leaving the month."""
    wanted = last if number == "L" else int(number)
    if wanted > last:
        return None
    day = first.replace(day=wanted)
    step = {7: -1 if wanted > 1 else 2, 1: 1 if wanted < last else -2}.get(_weekday(day), 0)
    return day.replace(day=wanted + step)
