"""``check`` from a laptop: the function's own checks, and those that only an outsider can make."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from redshift_backup.actions.check import as_json
from redshift_backup.budget import MAXIMUM_INVOCATION_SECONDS
from redshift_backup.checks.facts import Check, CheckStatus
from redshift_backup.cli import deployment
from redshift_backup.cli.deployment import Deployment, Source
from redshift_backup.cli.function_checks import (
    check_function,
    check_role,
    check_settings,
    check_timeout,
)
from redshift_backup.cli.quiet import quiet_core
from redshift_backup.cli.role import simulate_role
from redshift_backup.cli.session import Identity
from redshift_backup.errors import ConfigError
from redshift_backup.handler import answer
from redshift_backup.settings import Settings, read_settings


def examine(
    event: Mapping[str, Any],
    identity: Identity,
    *,
    is_function_named: bool,
    verbose: bool,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Answer ``check``.

    Settings that are missing or malformed leave nothing else to look at, and are themselves what
    the doctor finds.

    :param is_function_named: the command line names the function.
    :param say: writes one sentence to the person.
    :return: the response of the action, with the checks of the function before its own.
    :raises UnreachableError: the settings are with the function, and it may not be read.
    """
    function = deployment.read_deployment(identity.caller.function_name)
    is_process = deployment.process_has_settings()
    on_function = [check_function(function, is_needed=is_function_named or not is_process)]
    if is_process:
        source = deployment.settings_of_process()
    elif function.is_missing:
        return _found(event, identity, on_function)
    else:
        source = deployment.settings_of(function)
    say(source.sentence)
    settings, fault = _read(source)
    on_function.append(check_settings(function, settings if is_process else None))
    if settings is None:
        if is_process:
            on_function.append(Check("settings", CheckStatus.FAILED, fault, "correct them here"))
        return _found(event, identity, on_function)
    on_function += [check_timeout(function), _check_role(function, settings, identity)]
    with quiet_core(verbose=verbose):
        response = answer(
            event, source.environment, identity.caller, MAXIMUM_INVOCATION_SECONDS, now=identity.now
        )
    joined = as_json(on_function)
    return response | {
        "ok": joined["ok"] and response["ok"],
        "checks": joined["checks"] + response["checks"],
    }


def _read(source: Source) -> tuple[Settings | None, str]:
    try:
        return read_settings(source.environment), ""
    except ConfigError as error:
        return None, str(error)


def _check_role(function: Deployment, settings: Settings, identity: Identity) -> Check:
    if not function.role_arn:
        return check_role(None)
    cluster = settings.cluster_identifier or "cluster"
    name = f"{settings.prefix_of(cluster)}-20250918-143022"
    snapshot_arn = f"{identity.caller.arn_prefix}:snapshot:{cluster}/{name}"
    return check_role(simulate_role(function.role_arn, snapshot_arn))


def _found(event: Mapping[str, Any], identity: Identity, checks: list[Check]) -> dict[str, Any]:
    return {
        "statusCode": 200,
        "action": "check",
        "cluster_identifier": event.get("cluster_identifier"),
        "timestamp": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds"),
        "correlation_id": identity.caller.request_id,
        "dry_run": False,
        "status": "completed",
    } | as_json(checks)
