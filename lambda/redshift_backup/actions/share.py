"""Let the target accounts restore a snapshot."""

from dataclasses import dataclass, replace
from typing import Any

from redshift_backup import telemetry
from redshift_backup.errors import NotFoundError, ShareRefusedError
from redshift_backup.invocation import Invocation
from redshift_backup.model import Chain, Snapshot
from redshift_backup.sharing import SharePlan, key_refusal, key_warnings, plan_share
from redshift_backup.telemetry import logger


@dataclass(frozen=True)
class Shared:
    """What sharing came to.

    :ivar snapshot: as it is now, with the accounts that were authorized.
    """

    snapshot: Snapshot
    plan: SharePlan
    warnings: tuple[str, ...]


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``share``."""
    request = invocation.request
    assert request.snapshot_id is not None
    logger.append_keys(snapshot_id=request.snapshot_id)
    snapshot = invocation.gateway.describe_snapshot(request.snapshot_id)
    if snapshot is None:
        raise NotFoundError(
            f"snapshot {request.snapshot_id} does not exist, so it is not shared; the action "
            "create makes one"
        )
    shared = share_snapshot(invocation, snapshot, invocation.chain)
    return {
        "status": "completed",
        "snapshot_id": request.snapshot_id,
        "target_account_id": request.target_account_ids[0],
        "target_account_ids": list(request.target_account_ids),
        "shared": set(request.target_account_ids) <= shared.snapshot.accounts,
        "authorized": list(shared.plan.authorize),
        "revoked": list(shared.plan.revoke),
        "strangers": list(shared.plan.strangers),
        "warnings": list(shared.warnings),
    }


def share_snapshot(invocation: Invocation, snapshot: Snapshot, chain: Chain) -> Shared:
    """Authorize every required account that is not yet; revoke strangers if the event says so.

    :raises ShareRefusedError: the snapshot is not ours, not available, or under a key that no
        other account can use.
    """
    request = invocation.request
    plan = plan_share(
        snapshot,
        chain,
        request.target_account_ids,
        revoke_strangers=request.revoke_strangers,
    )
    if plan.strangers:
        logger.warning("Shared with others too", extra={"strangers": plan.strangers})
    warnings = check_key(invocation, snapshot, plan.authorize) if plan.authorize else ()
    if request.dry_run:
        return Shared(snapshot, plan, warnings)
    accounts = set(snapshot.accounts)
    for account in plan.authorize:
        invocation.gateway.authorize(snapshot, account)
        accounts.add(account)
        logger.info("Shared", extra={"target_account_id": account})
    for account in plan.revoke:
        invocation.gateway.revoke(snapshot, account)
        accounts.discard(account)
        logger.warning("Revoked a stranger", extra={"target_account_id": account})
    if plan.authorize:
        telemetry.count("SnapshotShared", 1, chain.cluster_identifier)
    return Shared(_with_accounts(snapshot, accounts), plan, warnings)


def check_key(
    invocation: Invocation, snapshot: Snapshot, accounts: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse a key that cannot be shared; return what may still keep an account out."""
    facts = None
    if snapshot.encrypted and snapshot.kms_key_id is not None:
        facts = invocation.gateway.describe_key(snapshot.kms_key_id)
    name = f"snapshot {snapshot.identifier}"
    refusal = key_refusal(snapshot.encrypted, snapshot.kms_key_id, facts, name)
    if refusal is not None:
        raise ShareRefusedError(refusal)
    warnings = tuple(key_warnings(facts, accounts)) if facts is not None else ()
    for warning in warnings:
        logger.warning(warning)
    return warnings


def _with_accounts(snapshot: Snapshot, accounts: set[str]) -> Snapshot:
    return replace(snapshot, accounts=frozenset(accounts))
