"""Schedules with a small function as their target."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.clock import CLOCK
from tests.sandbox.awslambda.conftest import SOURCE, Deploy, Function, deploy

__all__ = ["deploy"]

ECHO = (
    "import json\nfrom datetime import datetime, timezone\ndef handler(event, context):\n"
    "    now = datetime.now(timezone.utc).isoformat()\n"
    "    print('RAN', json.dumps([event, now, context.invoked_function_arn]))\n"
)
START = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)  # a Monday
INPUT = json.dumps({"slot": "<aws.scheduler.scheduled-time>"})

Schedule = Callable[..., str]


@pytest.fixture
def echo(deploy: Deploy) -> Function:
    """A function that tells what it was given and when, deployed at :data:`START`."""
    CLOCK.freeze(START)
    CLOCK.resume()
    return deploy(ECHO)


@pytest.fixture
def schedule(sandbox: Any) -> Schedule:
    """Create a schedule: ``schedule(expression, name="nightly", target={}, **more)``."""

    def create(
        expression: str, *, name: str = "nightly", target: dict[str, Any] | None = None, **more: Any
    ) -> str:
        arguments = {
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": f"arn:aws:lambda:us-east-1:{SOURCE}:function:fn",
                "RoleArn": f"arn:aws:iam::{SOURCE}:role/scheduler",
                "Input": INPUT,
                **(target or {}),
            },
            **more,
        }
        client = sandbox.client("scheduler")
        arn: str = client.create_schedule(Name=name, ScheduleExpression=expression, **arguments)[
            "ScheduleArn"
        ]
        return arn

    return create


def advance(sandbox: Any, **duration: float) -> None:
    """Let time pass: ``advance(sandbox, days=2)``."""
    units = {"days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
    seconds = sum(units[unit] * count for unit, count in duration.items())
    sandbox.control("POST", "clock", {"advance_seconds": seconds})


def runs(function: Function) -> list[Any]:
    """Return what each run printed, in the order of the log: event, time, invoked ARN."""
    logs = function.client("logs")
    groups = logs.describe_log_groups()["logGroups"]
    if not groups:
        return []
    lines = [line.removeprefix("RAN ") for line in function.messages() if line.startswith("RAN ")]
    return [json.loads(line) for line in lines]
