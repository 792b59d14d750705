"""How long a schedule leaves a cluster without a new backup. Pure."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Any

from croniter import CroniterBadDateError, croniter

from redshift_dr.config.base import CRON_PRESETS

BEGINNING = datetime(2027, 1, 1)  # noqa: DTZ001  wall-clock time, of whichever time zone
END = BEGINNING.replace(year=2036)
"""Nine years have two leap days."""


@dataclass(frozen=True)
class Gap:
    """The longest time between two slots, by the wall clock."""

    begins: datetime
    ends: datetime

    @property
    def hours(self) -> int:
        """Rounded up."""
        return math.ceil((self.ends - self.begins) / timedelta(hours=1))


@lru_cache(maxsize=256)
def longest_gap(schedule: str) -> Gap | None:
    """The longest gap of a schedule; the first of several that are as long.

    An hour more when daylight saving time ends is left to the allowance of those who ask, as the
    deployment script leaves it.

    :param schedule: a cron expression of five fields, or a preset.
    :return: ``None`` for one that does not come twice within nine years.
    """
    minute, hour, *day = CRON_PRESETS.get(schedule, schedule).split()
    times = _instants(f"{minute} {hour} * * *", BEGINNING + timedelta(days=1))
    first, last = times[0] - BEGINNING, times[-1] - BEGINNING
    days = _instants(" ".join(("0 0", *day)), END)
    if not days:
        return None
    within = [
        (days[0] + (one - BEGINNING), days[0] + (two - BEGINNING)) for one, two in pairwise(times)
    ]
    between = [(one + last, two + first) for one, two in pairwise(days)]
    return max(
        (Gap(*both) for both in within + between),
        key=lambda gap: gap.ends - gap.begins,
        default=None,
    )


def _instants(expression: str, end: datetime) -> list[datetime]:
    """Every instant of a cron expression from the beginning on."""
    found: Any = croniter(expression, BEGINNING - timedelta(minutes=1), ret_type=datetime)
    try:
        return list(takewhile(lambda instant: instant < end, found))
    except CroniterBadDateError:
        return []
