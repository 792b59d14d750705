"""Let the target accounts restore a snapshot."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from redshift_backup import telemetry
from redshift_backup.errors import (
    AwsError,
    NotFoundError,
    PartialFailureError,
    ShareRefusedError,
)
from redshift_backup.invocation import Invocation
from redshift_backup.model import Chain, Snapshot
from redshift_backup.sharing import (
    SharePlan,
    key_refusal,
    key_to_ask_for,
    key_warnings,
    plan_share,
)
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
    :raises AwsError: the one change there was failed; PartialFailureError: one of several did.
        The others are made by then, so that one account's fault costs no other its backup.
    """
    request, name = invocation.request, {"snapshot_id": snapshot.identifier}
    plan = plan_share(
        snapshot,
        chain,
        request.target_account_ids,
        revoke_strangers=request.revoke_strangers,
    )
    if plan.strangers:
        logger.warning("Shared with others too", extra=name | {"strangers": plan.strangers})
    warnings = check_key(invocation, snapshot, plan.authorize) if plan.authorize else ()
    if request.dry_run:
        return Shared(snapshot, plan, warnings)
    _apply(invocation, snapshot, plan)
    if plan.authorize:
        telemetry.count("SnapshotShared", 1, chain.cluster_identifier)
    accounts = (snapshot.accounts | set(plan.authorize)) - set(plan.revoke)
    return Shared(replace(snapshot, accounts=accounts), plan, warnings)


def _apply(invocation: Invocation, snapshot: Snapshot, plan: SharePlan) -> None:
    # Strangers first: what goes wrong later must not leave the data with them.
    gateway = invocation.gateway
    steps: list[tuple[str, Callable[[Snapshot, str], None], str]] = [
        *((one, gateway.revoke, "Revoked a stranger") for one in plan.revoke),
        *((one, gateway.authorize, "Shared") for one in plan.authorize),
    ]
    errors: dict[str, AwsError] = {}
    for number, (account, call, done) in enumerate(steps):
        extra = {"snapshot_id": snapshot.identifier, "target_account_id": account}
        # The first has its turn always, so that each invocation comes further than the one before.
        if number and invocation.budget.is_used_up:
            errors[account] = AwsError(
                f"time was up before account {account} had its turn with snapshot "
                f"{snapshot.identifier}; send the same event again"
            )
            continue
        try:
            call(snapshot, account)
        except AwsError as error:
            logger.error("ERROR: %s", error, extra=extra)
            errors[account] = error
            continue
        logger.info(done, extra=extra)
    if errors and len(steps) == 1:
        raise next(iter(errors.values()))
    if errors:
        failed = {account: str(error) for account, error in errors.items()}
        raise PartialFailureError(done=len(steps) - len(errors), failed=failed)


def check_key(
    invocation: Invocation, snapshot: Snapshot, accounts: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse a key that cannot be shared; return what may still keep an account out."""
    key_id = key_to_ask_for(snapshot.encrypted, snapshot.kms_key_id)
    facts = None if key_id is None else invocation.gateway.describe_key(key_id, accounts)
    name = f"snapshot {snapshot.identifier}"
    refusal = key_refusal(snapshot.encrypted, snapshot.kms_key_id, facts, name)
    if refusal is not None:
        raise ShareRefusedError(refusal)
    warnings = tuple(key_warnings(facts, accounts)) if facts is not None else ()
    for warning in warnings:
        logger.warning(warning, extra={"snapshot_id": snapshot.identifier})
    return warnings
