"""Take a hold off a snapshot, and tell what the next prune does with it."""

from typing import Any

from redshift_backup.errors import NotFoundError
from redshift_backup.finding import find_ours
from redshift_backup.foresight import foresee
from redshift_backup.holding import check_released, hold_of
from redshift_backup.invocation import Invocation
from redshift_backup.model import HOLD, Snapshot
from redshift_backup.telemetry import logger


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``release``.

    :raises NotFoundError: the snapshot does not exist: nobody has kept what was held.
    :raises HeldError: somebody held it again meanwhile.
    """
    request = invocation.request
    snapshot = find_ours(invocation)
    reason = hold_of(snapshot)
    prune = _foresee_prune(invocation, snapshot)
    if reason is not None and not request.dry_run:
        snapshot = _release(invocation, snapshot, reason)
        logger.info("Released", extra={"held_for": reason, "reason": request.reason} | prune)
    return {
        "status": "completed",
        "snapshot_id": snapshot.identifier,
        "held": hold_of(snapshot) is not None,
        "held_for": reason,
        "changed": reason is not None,
        **prune,
    }


def _foresee_prune(invocation: Invocation, snapshot: Snapshot) -> dict[str, str | None]:
    chain = invocation.chain
    if not chain.required_accounts and not invocation.caller.is_dr_account:
        # Only the events know with whom snapshots have to be shared, and so which are good.
        reason = "not known: the deployment sets no TARGET_ACCOUNT_ID; see a dry run of prune"
        return {"prune_verdict": None, "prune_reason": reason}
    without = {key: value for key, value in snapshot.tags.items() if key != HOLD}
    foresight = foresee(
        invocation.gateway.describe_chain(chain),
        {snapshot.identifier: without},
        chain,
        invocation.policy,
        now=invocation.now,
    )
    row = foresight.rows.get(snapshot.identifier)
    if row is None:
        raise NotFoundError(f"snapshot {snapshot.identifier} was deleted while it was looked at")
    return {"prune_verdict": row.verdict.value, "prune_reason": foresight.reason(row)}


def _release(invocation: Invocation, snapshot: Snapshot, reason: str) -> Snapshot:
    invocation.gateway.untag_snapshot(snapshot, (HOLD,))
    after = invocation.gateway.describe_snapshot(snapshot.identifier)
    if after is None:
        raise NotFoundError(
            f"snapshot {snapshot.identifier} was deleted while it was being released"
        )
    check_released(after, reason)
    return after
