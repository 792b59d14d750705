"""Hold a snapshot: nothing deletes it until it is released."""

from typing import Any

from redshift_backup.errors import NotFoundError
from redshift_backup.finding import find_ours
from redshift_backup.holding import check_held, hold_of, needs_hold
from redshift_backup.invocation import Invocation
from redshift_backup.model import HOLD, Snapshot
from redshift_backup.telemetry import logger


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``hold``.

    :raises HeldError: it is held for another reason, before or after the tag was set.
    :raises NotFoundError: it does not exist, or went while it was tagged.
    """
    request = invocation.request
    assert request.reason is not None
    snapshot = find_ours(invocation)
    changes = needs_hold(snapshot, request.reason)
    if changes and not request.dry_run:
        snapshot = _hold(invocation, snapshot, request.reason)
        logger.info("Held", extra={"reason": request.reason})
    return {
        "status": "completed",
        "snapshot_id": snapshot.identifier,
        "reason": request.reason,
        "held": hold_of(snapshot) is not None,
        "changed": changes,
    }


def _hold(invocation: Invocation, snapshot: Snapshot, reason: str) -> Snapshot:
    invocation.gateway.tag_snapshot(snapshot, {HOLD: reason})
    # A prune, or another hold, may have come between the look and the tag.
    after = invocation.gateway.describe_snapshot(snapshot.identifier)
    if after is None:
        raise NotFoundError(
            f"snapshot {snapshot.identifier} was deleted while it was being held; hold another one"
        )
    check_held(after, reason)
    return after
