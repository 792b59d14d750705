"""Calls that the sandbox refuses, because moto would answer them with a made-up success."""

from collections.abc import Callable, Mapping
from functools import cache

import botocore.session
from moto.events.models import events_backends
from moto.iam.models import iam_backends

from sandbox.accounts import ACCOUNTS, PARTITION, Principal
from sandbox.environment import CONNECTION_ROLES
from sandbox.wire import ApiCall, Reply, error_reply, is_service

NOT_MODELLED = "NotImplementedInSandbox"

_STACKS = "stacks are deployed one by one, in one account and region"
_SCHEDULES = "scheduled rules are stored but never fire; use EventBridge Scheduler"
_SESSIONS = "moto returns the same invented keys to everyone"

REFUSED_OPERATIONS: Mapping[tuple[str, str], str] = {
    ("cloudformation", "CreateStackSet"): _STACKS,
    ("cloudformation", "CreateStackInstances"): _STACKS,
    ("stepfunctions", "StartExecution"): "state machines are stored but never run",
    ("stepfunctions", "StartSyncExecution"): "state machines are stored but never run",
    ("athena", "StartQueryExecution"): "queries are answered with invented results",
    ("rds-data", "ExecuteStatement"): "statements are answered with invented results",
    ("sts", "GetSessionToken"): _SESSIONS,
    ("sts", "GetFederationToken"): _SESSIONS,
    ("sts", "AssumeRoleWithSAML"): "the assertion would not be verified",
    ("sts", "AssumeRoleWithWebIdentity"): "the token would not be verified",
}


def not_modelled(call: ApiCall, reason: str) -> Reply:
    """Answer a call that the sandbox cannot answer truly: HTTP 501, which no SDK retries."""
    sentence = f"The sandbox does not model {call.service}:{call.operation}: {reason}"
    return error_reply(call, NOT_MODELLED, sentence, 501)


def refuse(call: ApiCall, principal: Principal) -> Reply | None:
    """Return the refusal of a call that moto would answer with something untrue, else None."""
    region = call.credential.region if call.credential else None
    if region not in _regions():
        return not_modelled(call, f"AWS has no region {region}")
    if call.model is None and is_service(call.service):
        return not_modelled(call, "botocore knows no such operation")
    reason = REFUSED_OPERATIONS.get((call.service, call.operation))
    if reason is not None:
        return not_modelled(call, reason)
    check = _CHECKS.get((call.service, call.operation))
    return check(call, principal) if check else None


@cache
def _regions() -> frozenset[str]:
    session = botocore.session.Session()
    return frozenset(session.get_available_regions("ec2")) | {"aws-global"}


def refuse_credential(call: ApiCall) -> Reply:
    """Answer a call whose access key no account of the sandbox has, or which carries none."""
    if call.credential is None:
        return error_reply(
            call, "MissingAuthenticationToken", "Request is missing Authentication Token", 403
        )
    code, message = _INVALID_KEYS.get(call.service) or _INVALID_KEYS_BY_PROTOCOL.get(
        call.protocol, ("InvalidClientTokenId", _INVALID_TOKEN)
    )
    return error_reply(call, code, message, 403)


_INVALID_TOKEN = "The security token included in the request is invalid."
_INVALID_KEYS = {
    "s3": (
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    "ec2": ("AuthFailure", "AWS was not able to validate the provided access credentials"),
}
_INVALID_KEYS_BY_PROTOCOL = {
    "json": ("UnrecognizedClientException", _INVALID_TOKEN),
    "rest-json": ("UnrecognizedClientException", _INVALID_TOKEN),
}


def _check_assume_role(call: ApiCall, principal: Principal) -> Reply | None:
    role_arn = str(call.parameters.get("RoleArn", ""))
    account_id, _, role = role_arn.removeprefix("arn:aws:iam::").partition(":role/")
    if role_arn in CONNECTION_ROLES:  # The guard, where it is on, refuses one that is not there.
        return None
    known = {account.account_id for account in ACCOUNTS.values()}
    roles = iam_backends[account_id][PARTITION].roles.values() if account_id in known else ()
    if role and any(known_role.arn == role_arn for known_role in roles):
        return None
    sentence = (
        f"User: {principal.arn} is not authorized to perform: sts:AssumeRole "
        f"on resource: {role_arn}"
    )
    return error_reply(call, "AccessDenied", sentence, 403)


def _check_schedule(call: ApiCall, principal: Principal) -> Reply | None:
    """Let a rule with a schedule through that is stored switched off, as it would be on AWS."""
    del principal
    if not call.parameters.get("ScheduleExpression"):
        return None
    return None if call.parameters.get("State") == "DISABLED" else not_modelled(call, _SCHEDULES)


def _check_enable_rule(call: ApiCall, principal: Principal) -> Reply | None:
    region = call.credential.region if call.credential else ""
    bus = str(call.parameters.get("EventBusName") or "default").rpartition("/")[2]
    buses = events_backends[principal.account_id][region].event_buses
    rules = buses[bus].rules if bus in buses else {}
    rule = rules.get(call.parameters.get("Name", ""))
    if rule is not None and rule.scheduled_expression:
        return not_modelled(call, _SCHEDULES)
    return None


_CHECKS: dict[tuple[str, str], Callable[[ApiCall, Principal], Reply | None]] = {
    ("sts", "AssumeRole"): _check_assume_role,
    ("events", "PutRule"): _check_schedule,
    ("events", "EnableRule"): _check_enable_rule,
}


def explain(error: NotImplementedError) -> str:
    """Turn a NotImplementedError of moto into the end of a sentence."""
    return str(error) or "it is not implemented"


def is_unrouted(call: ApiCall, reply: Reply) -> bool:
    """Tell moto's web framework's own "no such page" from an answer of a service."""
    if reply.status not in (404, 405) or call.service == "s3":
        return False
    content_type = next((v for n, v in reply.headers if n.lower() == "content-type"), "")
    return (content_type.startswith("text/html") and b"<" in reply.body[:200]) or not reply.body
