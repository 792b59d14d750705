"""Schedules fire by the sandbox's clock, each slot at its own time."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import CLOCK
from tests.sandbox.awslambda.conftest import Function
from tests.sandbox.scheduling.conftest import START, Schedule, advance, runs


def test_two_days_fire_every_slot_in_order_each_at_its_own_time(
    sandbox: Any, echo: Function, schedule: Schedule
) -> None:
    schedule("cron(0 2 * * ? *)")

    advance(sandbox, days=2)

    told = runs(echo)
    assert [event["slot"] for event, *_ in told] == ["2026-03-03T02:00:00Z", "2026-03-04T02:00:00Z"]
    for event, now, _ in told:
        late = datetime.fromisoformat(now) - datetime.fromisoformat(event["slot"])
        assert timedelta() <= late < timedelta(seconds=30)
    assert timedelta() <= CLOCK.now() - START - timedelta(days=2) < timedelta(seconds=60)
