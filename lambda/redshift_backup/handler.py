"""Lambda's entry: an event becomes a request, the request an action, its outcome the response."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from redshift_backup.aws import client
from redshift_backup.budget import Budget
from redshift_backup.caller import Caller
from redshift_backup.errors import BackupError
from redshift_backup.gateway import Gateway
from redshift_backup.invocation import Invocation
from redshift_backup.request import parse_request
from redshift_backup.settings import read_settings
from redshift_backup.telemetry import logger

# In Lambda a process starts with a whole processor, and an invocation has the share of one that
# its memory buys: so what every action needs is made now.
if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    client("redshift")


def lambda_handler(event: object, context: Any) -> dict[str, Any]:
    """Do what the event asks for.

    :param event: the request of the contract, or an EventBridge envelope around it.
    :param context: Lambda's; its ARN names the account, its remaining time bounds the action.
    :return: the response of the contract.
    :raises BackupError: see :mod:`redshift_backup.errors`; the class name is the ``errorType``.
    """
    now = datetime.now(UTC)
    caller = Caller.from_context(context)
    remaining_seconds = context.get_remaining_time_in_millis() / 1000
    return answer(event, os.environ, caller, remaining_seconds, now=now)


def answer(
    event: object,
    environment: Mapping[str, str],
    caller: Caller,
    remaining_seconds: float,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Do what an event asks for, whoever runs it: Lambda, or the command line.

    :param environment: the function's variables (contract, section 3).
    :param now: the invocation's time, aware UTC.
    :raises BackupError: as :func:`lambda_handler`.
    """
    logger.clear_state()
    logger.append_keys(correlation_id=_correlation_id(event, caller), request_id=caller.request_id)
    try:
        settings = read_settings(environment)
        request = parse_request(event, settings, caller, now=now)
        logger.append_keys(
            correlation_id=request.correlation_id,
            action=request.action,
            cluster_identifier=request.cluster_identifier,
        )
        budget = Budget(remaining_seconds)
        gateway = Gateway(caller.arn_prefix)
        action = import_module(f"redshift_backup.actions.{request.action}")
        outcome = action.run(Invocation(request, settings, caller, gateway, budget, now))
    except BackupError:
        logger.exception("ERROR: the request failed")
        raise
    response: dict[str, Any] = {
        "statusCode": 202 if outcome["status"] == "pending" else 200,
        "action": request.action,
        "cluster_identifier": request.cluster_identifier,
        "timestamp": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds"),
        "correlation_id": request.correlation_id,
        "dry_run": request.dry_run,
    } | outcome
    logger.info("Done", extra={"status": outcome["status"]})
    return response


def _correlation_id(event: object, caller: Caller) -> str:
    # Good enough for the log before the event is known to be well-formed.
    given = event.get("correlation_id") if isinstance(event, dict) else None
    return given if isinstance(given, str) else caller.request_id
