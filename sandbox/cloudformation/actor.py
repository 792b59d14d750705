"""On whose behalf a stack's resources are made: the caller, or the role of the stack.

Every resource is made by AWS calls to the sandbox itself, signed with that identity's keys, so
whatever a caller would be refused is refused here: validation, limits, the guard's policies.
Source: CloudFormation User Guide, "CloudFormation service role" and "Forward access sessions".
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from botocore.config import Config
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from sandbox.accounts import PARTITION
from sandbox.cloudformation.errors import ValidationError
from sandbox.guard.holders import holder_of
from sandbox.sessions import make_session

_SERVICE = "cloudformation.amazonaws.com"
_ROLE_SECONDS = 43_200

Clients = Callable[[str], Any]
"""Returns the boto3 client of a service."""


class _Endpoint:
    url = ""


@dataclass(frozen=True)
class Keys:
    """What AWS calls are signed with."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None


_creating = Lock()  # a boto3 session makes one client at a time


def configure(url: str) -> None:
    """Say where the sandbox listens."""
    _Endpoint.url = url


def keys_of_caller(access_key_id: str) -> Keys:
    """Return the keys of the caller of a request."""
    holder = holder_of(access_key_id)
    assert holder is not None, "the caller was let in, so the key is known"
    return Keys(access_key_id, holder.secret_access_key, holder.session_token)


def keys_of_role(role_arn: str, region: str) -> Keys:
    """Return keys of a stack's role.

    :raises ValidationError: the role does not exist, or does not trust CloudFormation.
    """
    account_id = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
    roles = iam_backends[account_id][PARTITION].roles.values() if account_id else ()
    role = next((one for one in roles if one.arn == role_arn), None)
    if role is None or not _trusts_service(role.assume_role_policy_document):
        raise ValidationError(f"Role {role_arn} is invalid or cannot be assumed")
    session = sts_backends[account_id][PARTITION].assume_role(
        region_name=region,
        role_session_name="AWSCloudFormation",
        role_arn=role_arn,
        policy="",
        duration=_ROLE_SECONDS,
        external_id="",
    )
    return Keys(session.access_key_id, session.secret_access_key, session.session_token)


def _trusts_service(document: str) -> bool:
    statements = json.loads(document).get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        named = [services] if isinstance(services, str) else services
        if statement.get("Effect") == "Allow" and _SERVICE in named:
            return True
    return False


def clients(keys: Keys, region: str) -> Clients:
    """Return a maker of clients that act with some keys; each service's client is made once."""
    made: dict[str, Any] = {}
    session = make_session(
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token,
        region_name=region,
    )
    config = Config(
        user_agent=_SERVICE,
        read_timeout=240,
        retries={"mode": "standard", "max_attempts": 3},
        proxies={},
    )

    def client(service: str) -> Any:
        with _creating:
            if service not in made:
                made[service] = session.client(service, endpoint_url=_Endpoint.url, config=config)
            return made[service]

    return client
