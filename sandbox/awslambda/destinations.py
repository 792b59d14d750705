"""Where the outcome of an asynchronous invocation goes: on-failure and on-success destinations."""

import json
import logging
from typing import Any

from moto.core.exceptions import ServiceException
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from sandbox.awslambda.invocation import Outcome
from sandbox.clock import CLOCK

_LOGGER = logging.getLogger(__name__)


def destination(function: Any, outcome: Outcome | None) -> str | None:
    """Return the ARN that is to learn of an outcome, None if nothing is configured for it.

    :param outcome: of the last attempt; None if it was turned away.
    """
    if not function.event_invoke_config:
        return None
    config = function.event_invoke_config[-1].config.get("DestinationConfig") or {}
    failed = outcome is None or outcome.function_error
    arn: str | None = (config.get("OnFailure" if failed else "OnSuccess") or {}).get("Destination")
    return arn


def record(
    function: Any, payload: bytes, call: dict[str, Any], outcome: Outcome | None, attempts: int
) -> dict[str, Any]:
    """Return the invocation record that a destination receives.

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
            "functionArn": f"{function.function_arn}:{call.get('qualifier') or '$LATEST'}",
            "condition": "RetriesExhausted" if failed else "Success",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": json.loads(payload or b"{}"),
        "responseContext": response,
        "responsePayload": None if outcome is None else json.loads(outcome.payload or b"null"),
    }


def deliver(arn: str, message: dict[str, Any]) -> None:
    """Send a record to an SNS topic or an SQS queue; one that is gone is logged, as on AWS lost."""
    _, _, service, region, account, resource = arn.split(":", 5)
    text = json.dumps(message)
    try:
        if service == "sns":
            sns_backends[account][region].publish(text, arn=arn)
        else:
            sqs_backends[account][region].send_message(resource, text)
    except ServiceException as error:
        _LOGGER.error("Destination %s did not take a record: %s", arn, error)
