"""The retention of a prune by hand: that of the scheduled events, where nobody says another."""

from collections.abc import Callable, Mapping
from typing import Any

from redshift_backup.cli.session import Identity
from redshift_backup.gateway import Gateway
from redshift_backup.request import parse_request
from redshift_backup.retention import recalled_policy
from redshift_backup.settings import read_settings

_FIELDS = ("retention_days", "keep_weekly", "keep_monthly")


def recalled_retention(
    event: Mapping[str, Any],
    environment: Mapping[str, str],
    identity: Identity,
    say: Callable[[str], None],
) -> dict[str, int]:
    """Return the retention fields that the event lacks, as the last event that pruned left them.

    A prune by the deployment's retention alone would delete what the scheduled events, with
    longer ones, keep for weeks and months; who means that says so with an option.

    :param say: writes one sentence to the person.
    :return: empty if the event has a field of its own, or nothing longer was left.
    :raises BackupError: the event or the environment is malformed, or AWS gives no answer.
    """
    if any(name in event for name in _FIELDS):
        return {}
    settings = read_settings(environment)
    request = parse_request(event, settings, identity.caller, now=identity.now)
    if request.cluster_identifier is None:
        return {}
    chain, deployed = (
        request.chain(request.cluster_identifier, settings),
        request.policy(settings),
    )
    snapshots = Gateway(identity.caller.arn_prefix).describe_chain(request.cluster_identifier)
    recalled = recalled_policy(snapshots, chain, deployed)
    if recalled == deployed:
        return {}
    say(
        f"retention: {recalled.retention_days} days, {recalled.keep_weekly} weekly, "
        f"{recalled.keep_monthly} monthly, as the last event that pruned asked for; "
        "--retention-days sets another"
    )
    return {name: getattr(recalled, name) for name in _FIELDS}
