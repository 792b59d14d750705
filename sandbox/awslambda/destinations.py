"""Where the outcome of an asynchronous invocation goes: on-failure and on-success destinations."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from sandbox.awslambda.invocation import Outcome
from sandbox.clock import CLOCK
from sandbox.guard.guard import DeniedError, Guard
from sandbox.guard.holders import role_holder


class Judge:
    """The guard that judges what a function's role sends to a destination.

    :ivar guard: None where no server runs.
    """

    guard: Guard | None = None


_LOGGER = logging.getLogger(__name__)


def destination(settings: Mapping[str, Any], outcome: Outcome | None) -> str | None:
    """Return the ARN that is to learn of an outcome, None if nothing is configured for it.

    :param settings: of asynchronous invocations.
    :param outcome: of the last attempt; None if it was turned away.
    """
    config = settings.get("DestinationConfig") or {}
    failed = outcome is None or outcome.function_error
    arn: str | None = (config.get("OnFailure" if failed else "OnSuccess") or {}).get("Destination")
    return arn


def record(
    function: Any,
    payload: bytes,
    call: dict[str, Any],
    outcome: Outcome | None,
    attempts: int,
    condition: str = "RetriesExhausted",
) -> dict[str, Any]:
    """Return the invocation record that a destination receives.

    :param condition: why a failure is given up: ``RetriesExhausted`` or ``EventAgeExceeded``.

    Source: Lambda's documented invocation records; not checked against AWS.
    """
    failed = outcome is None or outcome.function_error
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": str(function.version)}
    if failed:
        response["functionError"] = "Unhandled"
    return {
        "version": "1.0",
        "timestamp": CLOCK.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": call["request_id"],
            "functionArn": f"{_unqualified(function)}:{call.get('qualifier') or '$LATEST'}",
            "condition": condition if failed else "Success",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": json.loads(payload or b"{}"),
        "responseContext": response,
        "responsePayload": None if outcome is None else json.loads(outcome.payload or b"null"),
    }


def deliver(arn: str, message: dict[str, Any], role_arn: str) -> None:
    """Send a record to an SNS topic or an SQS queue, as the function's role.

    One that is gone, or that the role may not reach, is logged, as on AWS lost.
    """
    _, _, service, region, account, resource = arn.split(":", 5)
    text = json.dumps(message)
    try:
        _check_permission(arn, role_arn)
        if service == "sns":
            sns_backends[account][region].publish(text, arn=arn)
        else:
            sqs_backends[account][region].send_message(resource, text)
    except (ServiceException, DeniedError) as error:
        _LOGGER.error("Destination %s did not take a record: %s", arn, error)


def _check_permission(arn: str, role_arn: str) -> None:
    """Ask the guard, while it enforces, whether the function's role may send there.

    :raises DeniedError: it may not, or it is gone.
    """
    guard = Judge.guard
    if guard is None or not guard.enforce:
        return
    holder = role_holder(role_arn, "destination")
    if holder is None:
        raise DeniedError("permission", f"the role {role_arn} does not exist")
    _, _, service, region, account_id, name = arn.split(":", 5)
    if service == "sns":
        guard.check_holder(holder, "sns", "Publish", {"TopicArn": arn}, region=region)
    else:
        queue = {"QueueUrl": f"/{account_id}/{name}"}
        guard.check_holder(holder, "sqs", "SendMessage", queue, region=region)


def _unqualified(function: Any) -> str:
    return ":".join(str(function.function_arn).split(":")[:7])
