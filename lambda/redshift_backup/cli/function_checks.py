"""Checks of the deployed function, which only somebody outside it can make. Pure."""

from dataclasses import asdict

from redshift_backup.checks.facts import Check, failed, first_of, not_looked_at, ok, warning
from redshift_backup.cli.deployment import Deployment
from redshift_backup.cli.role import ON_EVERYTHING, ON_SNAPSHOTS, RoleFacts
from redshift_backup.errors import ConfigError
from redshift_backup.settings import Settings, read_settings

# Below, a cold start and one slow call are the whole time; a prune of one batch takes longer.
SHORTEST_TIMEOUT_SECONDS = 30
# Below, few snapshots are available before the time is up, and each waits for reconcile.
SENSIBLE_TIMEOUT_SECONDS = 300


def check_function(deployment: Deployment, *, is_needed: bool) -> Check:
    """Tell whether the function is there and can run.

    :param is_needed: somebody goes by it: it was named, or its settings are the only ones.
    """
    name = "function"
    if deployment.is_missing:
        verdict = failed if is_needed else warning
        return verdict(
            name,
            f"0 functions are named {deployment.name}, 1 expected",
            "deploy it, or name where it is with --profile, --region or --function",
        )
    if deployment.unread is not None:
        return failed(
            name,
            f"{deployment.name} could not be read: {deployment.unread}",
            "grant this profile lambda:GetFunctionConfiguration",
        )
    if deployment.state not in ("", "Active"):
        return failed(
            name,
            f"{deployment.name} is {deployment.state}, Active expected"
            f"{_because(deployment.state_reason)}",
            "deploy it again; an Inactive one wakes up with its next invocation",
        )
    if deployment.last_update_status == "Failed":
        return warning(
            name,
            f"the last update of {deployment.name} Failed, Successful expected",
            "it runs what was there before: deploy it again",
        )
    return ok(name, f"{deployment.name} is {deployment.state or 'there'}")


def check_settings(deployment: Deployment, settings_here: Settings | None) -> Check:
    """Tell whether the function accepts its environment, and whether this process has the same.

    :param settings_here: of this process, if the command goes by them.
    """
    name = "function_settings"
    if deployment.unread is not None:
        return not_looked_at(name, "the function could not be read", "function")
    try:
        deployed = read_settings(deployment.environment)
    except ConfigError as error:
        return failed(
            name, str(error).rstrip("."), "until then every invocation ends in ConfigError"
        )
    if settings_here is None:
        return ok(name, f"0 faults in {len(deployment.environment)} variables, 0 expected")
    there, here = asdict(deployed), asdict(settings_here)
    differing = [
        f"{key.upper()} is {there[key]} deployed and {here[key]} here"
        for key in there
        if there[key] != here[key]
    ]
    detail = f"{len(differing)} settings differ from those of this process, 0 expected"
    if differing:
        return warning(
            name,
            f"{detail}: {'; '.join(differing)}",
            "unset CLUSTER_IDENTIFIER and ALLOWED_CLUSTERS here to go by the deployed ones",
        )
    return ok(name, detail)


def check_timeout(deployment: Deployment) -> Check:
    """Tell whether an invocation has the time that a backup needs."""
    name, seconds = "function_timeout", deployment.timeout_seconds
    if deployment.unread is not None:
        return not_looked_at(name, "the function could not be read", "function")
    detail = f"{seconds} seconds, at least {SENSIBLE_TIMEOUT_SECONDS} expected"
    next_step = "set the function's Timeout to 900"
    if seconds < SHORTEST_TIMEOUT_SECONDS:
        return failed(
            name, f"{detail}, below {SHORTEST_TIMEOUT_SECONDS} little gets done", next_step
        )
    if seconds < SENSIBLE_TIMEOUT_SECONDS:
        return warning(name, detail, next_step)
    return ok(name, detail)


def check_role(facts: RoleFacts | None) -> Check:
    """Tell whether the function's role may make its calls."""
    name, asked = "function_permissions", len(ON_EVERYTHING) + len(ON_SNAPSHOTS)
    if facts is None:
        return not_looked_at(name, "the function's role is not known", "function")
    if facts.unread is not None:
        return warning(
            name,
            f"not looked at, 0 of {asked} calls of {facts.arn} were simulated: {facts.unread}",
            "allow this profile iam:SimulatePrincipalPolicy on the role; a backup is the proof",
        )
    allowed = asked - len(facts.denied) - len(facts.undecided)
    detail = f"{facts.arn} may make {allowed} of {asked} calls, {asked} expected"
    if facts.denied:
        listed = first_of(f"{action} ({how})" for action, how in facts.denied.items())
        return failed(name, f"{detail}: {listed}", "allow the role these actions")
    if facts.undecided:
        return warning(
            name,
            f"{detail}; conditions leave open: {first_of(facts.undecided)}",
            "a backup is the proof",
        )
    return ok(name, detail)


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""
