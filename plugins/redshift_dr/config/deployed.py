"""Whether a deployed function lets a cluster be backed up as it is configured. Pure."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from redshift_dr.config.gaps import longest_gap
from redshift_dr.config.models import ClusterConfig
from redshift_dr.invocation import FunctionSettings

ALLOWANCE_HOURS = 2
"""What the contract adds to the longest gap of a schedule, for the backup itself."""

ACTIONS = ("create", "share", "prune")
DRILL_ACTIONS = ("stamp",)


def differences(cluster: ClusterConfig, deployed: FunctionSettings) -> list[str]:
    """What the deployment refuses, or calls stale, of what the configuration asks for.

    :param cluster: what is configured.
    :param deployed: what the function goes by.
    :return: one sentence each, with both values and what to do.
    """
    return [
        *_place(cluster, deployed),
        *_limits(cluster, deployed),
        *_targets(cluster, deployed),
        *_ages(cluster, deployed),
    ]


def _place(cluster: ClusterConfig, deployed: FunctionSettings) -> Iterator[str]:
    if cluster.source_account_id != deployed.account_id:
        yield (
            f"source_account_id is {cluster.source_account_id}, the function runs in "
            f"{deployed.account_id}: correct it, or the connection {cluster.source_conn_id}"
        )
    if cluster.region_name != deployed.region_name:
        yield (
            f"region_name is {cluster.region_name}, the function runs in {deployed.region_name}: "
            "correct it, or deploy there"
        )


def _limits(cluster: ClusterConfig, deployed: FunctionSettings) -> Iterator[str]:
    name = cluster.cluster_identifier
    if not any(fnmatchcase(name, allowed) for allowed in deployed.allowed_clusters):
        yield (
            f"the cluster is {name}, ALLOWED_CLUSTERS is {', '.join(deployed.allowed_clusters)}: "
            "every run would be refused; deploy with --allowed-clusters"
        )
    if cluster.retention_days < deployed.minimum_retention_days:
        yield (
            f"retention_days is {cluster.retention_days}, MINIMUM_RETENTION_DAYS is "
            f"{deployed.minimum_retention_days}: prune would be refused; raise the one, or deploy "
            "with --minimum-retention-days"
        )
    needed = (*ACTIONS, *(DRILL_ACTIONS if cluster.drill else ()))
    lacking = [action for action in needed if action not in deployed.enabled_actions]
    if lacking:
        yield (
            f"a run asks for {', '.join(needed)}, ENABLED_ACTIONS is "
            f"{', '.join(deployed.enabled_actions)}: {', '.join(lacking)} would be refused"
        )


def _targets(cluster: ClusterConfig, deployed: FunctionSettings) -> Iterator[str]:
    targets, allowed = cluster.all_target_account_ids, deployed.allowed_target_account_ids
    refused = [account for account in targets if account not in allowed]
    if refused:
        yield (
            f"the target accounts are {', '.join(targets)}, ALLOWED_TARGET_ACCOUNT_IDS is "
            f"{', '.join(allowed) or 'empty'}: share would be refused for {', '.join(refused)}"
        )
    if cluster.target_account_id != deployed.target_account_id:
        yield (
            f"target_account_id is {cluster.target_account_id}, TARGET_ACCOUNT_ID is "
            f"{deployed.target_account_id or 'not set'}: reconcile and the age alarm go by the "
            "latter; deploy with --target-account-id"
        )


def _ages(cluster: ClusterConfig, deployed: FunctionSettings) -> Iterator[str]:
    gap = longest_gap(cluster.schedule) if cluster.schedule else None
    limit = deployed.maximum_age_hours
    if gap and gap.hours + ALLOWANCE_HOURS > limit:
        yield (
            f"schedule {cluster.schedule} leaves {gap.hours} hours between two backups "
            f"({gap.begins:%a %H:%M} to {gap.ends:%a %H:%M}), with {ALLOWANCE_HOURS} for the "
            f"backup {gap.hours + ALLOWANCE_HOURS}, MAXIMUM_AGE_HOURS is {limit}: the chain would "
            f"be called stale in between; deploy with --maximum-age-hours "
            f"{gap.hours + ALLOWANCE_HOURS}"
        )
    if cluster.drill and cluster.drill.maximum_age_hours > limit:
        yield (
            f"drill.maximum_age_hours is {cluster.drill.maximum_age_hours}, MAXIMUM_AGE_HOURS is "
            f"{limit}: a drill would pass a snapshot that is called stale; lower the one"
        )
