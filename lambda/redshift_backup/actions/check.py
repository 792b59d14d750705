"""Tell whether a cluster's backups are in order. Changes nothing."""

from dataclasses import asdict
from typing import Any

from redshift_backup.checks import CheckStatus, Facts, check_all
from redshift_backup.invocation import Invocation
from redshift_backup.retention import plan_prune, recalled_policy
from redshift_backup.sharing import key_to_ask_for
from redshift_backup.telemetry import logger


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``check``; a failed check is in the response, not an error."""
    gateway = invocation.gateway
    cluster = gateway.describe_cluster(invocation.cluster_identifier)
    key_id = key_to_ask_for(cluster.encrypted, cluster.kms_key_id) if cluster is not None else None
    snapshots = gateway.describe_manual_snapshots()
    policy = recalled_policy(snapshots, invocation.chain, invocation.policy)
    facts = Facts(
        cluster=cluster,
        key=(
            None
            if key_id is None
            else gateway.describe_key(key_id, invocation.chain.required_accounts)
        ),
        plan=plan_prune(snapshots, invocation.chain, policy, now=invocation.now),
        manual_snapshots=len(snapshots),
        allowed_accounts=frozenset(invocation.settings.allowed_target_account_ids)
        | invocation.chain.required_accounts,
    )
    checks = check_all(facts)
    failed = [check for check in checks if check.status is CheckStatus.FAILED]
    for check in failed:
        logger.error("ERROR: check %s failed: %s", check.name, check.detail)
    return {
        "status": "completed",
        "ok": not failed,
        "checks": [asdict(check) for check in checks],
    }
