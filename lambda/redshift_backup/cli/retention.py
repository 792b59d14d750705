"""What a run by hand prunes by: as the scheduled events do, where nobody says otherwise."""

from collections.abc import Callable, Mapping
from typing import Any

from redshift_backup.cli.session import Identity
from redshift_backup.gateway import Gateway
from redshift_backup.request import parse_request
from redshift_backup.retention import Policy, recalled_policy
from redshift_backup.settings import read_settings

_RETENTION_FIELDS = ("retention_days", "keep_weekly", "keep_monthly")
_TARGET_FIELD = "target_account_ids"


def recalled_fields(
    event: Mapping[str, Any],
    environment: Mapping[str, str],
    identity: Identity,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Return the fields that an event which prunes lacks, as the last event that pruned left them.

    By the deployment's retention and account alone it would delete what the scheduled events keep
    for weeks and months, and the last copy that is shared with all of their accounts; who means
    that says so with an option.

    :param say: writes one sentence to the person.
    :return: empty if the event has fields of its own, or nothing else was left.
    :raises BackupError: the event or the environment is malformed, or AWS gives no answer.
    """
    has_retention = any(name in event for name in _RETENTION_FIELDS)
    if has_retention and _TARGET_FIELD in event:
        return {}
    settings = read_settings(environment)
    request = parse_request(event, settings, identity.caller, now=identity.now)
    if request.cluster_identifier is None:
        return {}
    chain = request.chain(request.cluster_identifier, settings)
    deployed = request.policy(settings)
    snapshots = Gateway(identity.caller.arn_prefix).describe_chain(chain)
    recalled = recalled_policy(snapshots, chain, deployed)
    fields: dict[str, Any] = {}
    if not has_retention and _retention_of(recalled) != _retention_of(deployed):
        fields |= _retention_of(recalled)
        say(
            f"retention: {recalled.retention_days} days, {recalled.keep_weekly} weekly, "
            f"{recalled.keep_monthly} monthly, as the last event that pruned asked for; "
            "--retention-days sets another"
        )
    if _TARGET_FIELD not in event and recalled.event_accounts:
        fields[_TARGET_FIELD] = sorted(recalled.event_accounts)
        say(
            f"required accounts: {', '.join(fields[_TARGET_FIELD])}, as the last event that pruned "
            "required; --target-account-id sets others"
        )
    return fields


def _retention_of(policy: Policy) -> dict[str, int]:
    return {name: getattr(policy, name) for name in _RETENTION_FIELDS}
