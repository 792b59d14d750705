"""What Scheduler refuses when a schedule is made or changed, and what the sandbox cannot fire."""

import re
from collections.abc import Mapping
from typing import Any

from moto.scheduler.exceptions import ValidationException

from sandbox.scheduling.expressions import InvalidExpressionError, parse_expression

FUNCTION_ARN = re.compile(
    r"arn:aws:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):function:(?P<name>[\w-]+)"
    r"(?::(?P<qualifier>\$LATEST|[\w-]+))?"
)
_QUEUE_ARN = re.compile(r"arn:aws:sqs:[a-z0-9-]+:\d{12}:[\w-]+")
_RETRY_RANGES = {"MaximumRetryAttempts": (0, 185), "MaximumEventAgeInSeconds": (60, 86_400)}


def check_schedule(settings: Mapping[str, Any]) -> None:
    """Check the settings of a schedule, in the names that moto's backend gives them.

    :raises ValidationException: what AWS does not take either.
    :raises NotImplementedError: what the sandbox would not fire as AWS does.
    """
    try:
        parse_expression(settings["schedule_expression"], settings["schedule_expression_timezone"])
    except InvalidExpressionError as error:
        raise ValidationException(str(error)) from error
    target = settings["target"]
    _check_retry_policy(target.get("RetryPolicy") or {})
    dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    if dead_letters and not _QUEUE_ARN.fullmatch(dead_letters):
        raise ValidationException(f"{dead_letters} is not the ARN of a standard queue.")
    if settings["state"] != "DISABLED":
        _check_firing(settings)


def _check_retry_policy(policy: Mapping[str, Any]) -> None:
    for name, (low, high) in _RETRY_RANGES.items():
        value = policy.get(name)
        if value is not None and not low <= value <= high:
            raise ValidationException(f"{name} is {value}, expected {low} to {high}.")


def _check_firing(settings: Mapping[str, Any]) -> None:
    window = settings["flexible_time_window"] or {}
    if window.get("Mode") != "OFF":
        raise NotImplementedError("the sandbox fires a schedule on time: FlexibleTimeWindow is OFF")
    arn = settings["target"]["Arn"]
    if not FUNCTION_ARN.fullmatch(arn):
        raise NotImplementedError(f"the sandbox's schedules invoke Lambda functions, not {arn}")
