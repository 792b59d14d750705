"""Tell whether a cluster's backups are in order. Changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from redshift_backup.aws import without_next_step
from redshift_backup.checks.chain import overdue
from redshift_backup.checks.doctor import check_all
from redshift_backup.checks.facts import Check, CheckStatus, Facts
from redshift_backup.checks.quotas import needs_real_quota
from redshift_backup.drill import INTENTS
from redshift_backup.errors import AccessDeniedError, AwsError
from redshift_backup.invocation import Invocation
from redshift_backup.model import Cluster, KeyFacts, Snapshot
from redshift_backup.quotas import read_snapshot_quota
from redshift_backup.retention import Plan, plan_prune, recalled_policy
from redshift_backup.sharing import key_to_ask_for
from redshift_backup.telemetry import logger

_Read = TypeVar("_Read")
_CLUSTERS = "redshift:DescribeClusters"
_SNAPSHOTS = "redshift:DescribeClusterSnapshots"


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``check``; a failed check is in the response, not an error.

    :raises AccessDeniedError: AWS lets neither the cluster nor its snapshots be read.
    """
    checks = check_all(observe(invocation))
    for check in checks:
        if check.status is CheckStatus.FAILED:
            logger.error("ERROR: check %s failed: %s", check.name, check.detail)
    return {"status": "completed", "settings": settings_as_json(invocation)} | as_json(checks)


def as_json(checks: Sequence[Check]) -> dict[str, Any]:
    """Return checks as the contract shows them."""
    return {
        "ok": all(check.status is not CheckStatus.FAILED for check in checks),
        "checks": [asdict(check) for check in checks],
    }


def settings_as_json(invocation: Invocation) -> dict[str, Any]:
    """Return what the function goes by, for whoever compares it; none of it is secret."""
    caller = invocation.caller
    where = {"account_id": caller.account_id, "region_name": caller.region_name}
    return where | asdict(invocation.settings)


def observe(invocation: Invocation) -> Facts:
    """Read everything that the checks look at; a read that AWS denies is a fact too."""
    gateway, settings, chain = invocation.gateway, invocation.settings, invocation.chain
    denied: dict[str, AccessDeniedError] = {}
    cluster = None
    if not chain.is_of_copies:
        cluster = _unless_denied(
            lambda: gateway.describe_cluster(invocation.cluster_identifier), _CLUSTERS, denied
        )
    snapshots = _unless_denied(gateway.describe_manual_snapshots, _SNAPSHOTS, denied)
    if snapshots is None and (chain.is_of_copies or len(denied) == 2):
        raise denied[_SNAPSHOTS]
    policy = recalled_policy(snapshots or (), chain, invocation.policy)
    plan = None
    if snapshots is not None:
        plan = plan_prune(snapshots, chain, policy, now=invocation.now)
    is_near_quota = needs_real_quota(len(snapshots or ()))
    return Facts(
        chain=chain,
        cluster=cluster,
        keys=_keys(invocation, cluster, plan),
        plan=plan,
        overdue=frozenset() if plan is None else overdue(snapshots or (), plan),
        snapshots=snapshots or (),
        allowed_accounts=frozenset(settings.allowed_target_account_ids) | chain.required_accounts,
        slot_window_hours=settings.slot_window_hours,
        maximum_age_hours=settings.maximum_age_hours,
        snapshot_quota=read_snapshot_quota() if is_near_quota else None,
        evidence_bucket=settings.evidence_bucket,
        evidence_fault=_evidence_fault(invocation) if chain.is_of_copies else None,
        denied={action: without_next_step(error) for action, error in denied.items()},
    )


def _unless_denied(
    read: Callable[[], _Read], action: str, denied: dict[str, AccessDeniedError]
) -> _Read | None:
    try:
        return read()
    except AccessDeniedError as error:
        denied[action] = error
        return None


def _evidence_fault(invocation: Invocation) -> str | None:
    bucket = invocation.settings.evidence_bucket
    if bucket is None:
        return None
    try:
        invocation.gateway.look_into_bucket(bucket, INTENTS)
    except AwsError as error:
        return without_next_step(error)
    return None


def _keys(
    invocation: Invocation, cluster: Cluster | None, plan: Plan | None
) -> dict[str, KeyFacts]:
    encrypted: list[Cluster | Snapshot] = [] if cluster is None else [cluster]
    if plan is not None:
        encrypted += [row.snapshot for row in plan.rows if plan.chain.is_good(row.snapshot)]
    ids = {key_to_ask_for(one.encrypted, one.kms_key_id) for one in encrypted}
    accounts = invocation.chain.required_accounts
    return {
        key_id: invocation.gateway.describe_key(key_id, accounts)
        for key_id in sorted(filter(None, ids))
    }
