"""The longest gap of a schedule, from which the age that alarms is made."""

import importlib.util
from types import ModuleType

import pytest

from tests.deploy.conftest import SCRIPT


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "schedule_gap", SCRIPT.parent / "deploy" / "schedule_gap.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


schedule_gap = _load()


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("cron(0 2 * * ? *)", 24),
        ("cron(0 2,14 * * ? *)", 12),
        ("cron(0 2,3 * * ? *)", 23),
        ("cron(0 2 ? * MON-FRI *)", 72),
        ("cron(0 2 ? * FRI-MON *)", 96),
        ("cron(0 2 ? * SUN *)", 168),
        ("cron(0 2 1 * ? *)", 31 * 24),
        ("cron(0 2 L * ? *)", 31 * 24),
        ("cron(0 2 ? * 2#1 *)", 35 * 24),
        ("cron(0 2 29 2 ? *)", 1461 * 24),
        ("cron(0/20 * * * ? *)", 1),
        ("rate(12 hours)", 12),
        ("rate(1 day)", 24),
        ("rate(90 minutes)", 2),
    ],
)
def test_longest_gap(schedule: str, hours: int) -> None:
    assert schedule_gap.longest_gap_hours(schedule) == hours


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("cron(0 2 * * * *)", "exactly one"),
        ("cron(0 2 ? * ? *)", "exactly one"),
        ("cron(60 2 * * ? *)", "minutes has '60'"),
        ("cron(0 2 * 13 ? *)", "month has '13'"),
        ("cron(0 2 ? * FUN *)", "day-of-week has 'FUN'"),
        ("cron(0 2 31 2 ? *)", "does not run on two days"),
        ("at(2026-01-01T00:00:00)", "neither rate"),
    ],
)
def test_no_schedule(schedule: str, reason: str) -> None:
    with pytest.raises(schedule_gap.ScheduleError, match=reason):
        schedule_gap.longest_gap_hours(schedule)
