"""The deployed function as a laptop sees it, and the settings that a command goes by."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from redshift_backup import aws, errors
from redshift_backup.cli.exit_codes import UnreachableError

# Either of them says that this process was given the function's settings on purpose.
_TELLING = ("CLUSTER_IDENTIFIER", "ALLOWED_CLUSTERS")


@dataclass(frozen=True)
class Deployment:
    """What Lambda tells of the function.

    :ivar unread: why nothing is known of it; None if it was read.
    :ivar is_missing: there is no such function, as far as Lambda tells.
    """

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    state: str = ""
    state_reason: str = ""
    last_update_status: str = ""
    timeout_seconds: int = 0
    role_arn: str = ""
    unread: str | None = None
    is_missing: bool = False


@dataclass(frozen=True)
class Source:
    """The settings of a command, and where they are from.

    :ivar sentence: what standard error says of it.
    """

    environment: Mapping[str, str]
    sentence: str


def process_has_settings() -> bool:
    """Tell whether this process carries the function's settings itself."""
    return any(name in os.environ for name in _TELLING)


def read_deployment(name: str) -> Deployment:
    """Ask Lambda for the function.

    :raises AwsError: no reply, or throttled; that it is missing or closed to us is a fact.
    """
    try:
        with aws.our_errors("GetFunctionConfiguration", name):
            reply = aws.client("lambda").get_function_configuration(FunctionName=name)
    except errors.NotFoundError as error:
        return Deployment(name, unread=aws.without_next_step(error), is_missing=True)
    except errors.AccessDeniedError as error:
        return Deployment(name, unread=aws.without_next_step(error))
    return Deployment(
        name=name,
        environment=reply.get("Environment", {}).get("Variables", {}),
        state=reply.get("State", ""),
        state_reason=reply.get("StateReason", ""),
        last_update_status=reply.get("LastUpdateStatus", ""),
        timeout_seconds=int(reply.get("Timeout", 0)),
        role_arn=reply.get("Role", ""),
    )


def settings_of_process() -> Source:
    """Return the settings that this process's environment holds."""
    return Source(os.environ, "settings: from the environment of this process")


def settings_of(deployment: Deployment) -> Source:
    """Return the settings of the deployed function.

    :raises ConfigError: there is no such function, so nothing says what is allowed.
    :raises UnreachableError: it may not be read.
    """
    name = deployment.name
    remedy = (
        "Name where it is with --profile, --region or --function, or set the function's variables "
        "in this process"
    )
    if deployment.is_missing:
        raise errors.ConfigError(
            f"there are no settings to go by: function {name} does not exist, and this process "
            f"has neither CLUSTER_IDENTIFIER nor ALLOWED_CLUSTERS. {remedy}"
        )
    if deployment.unread is not None:
        raise UnreachableError(
            f"there are no settings to go by: function {name} may not be read "
            f"({deployment.unread}), and this process has neither CLUSTER_IDENTIFIER nor "
            f"ALLOWED_CLUSTERS. {remedy}"
        )
    return Source(deployment.environment, f"settings: from the deployed function {deployment.name}")
