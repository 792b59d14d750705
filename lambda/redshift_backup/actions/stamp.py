"""Write the result of a restore test to the snapshot that was restored."""

import re
from dataclasses import replace
from typing import Any

from redshift_backup.errors import AwsError, NotFoundError
from redshift_backup.finding import find_ours
from redshift_backup.invocation import Invocation
from redshift_backup.model import VERIFIED_RESULT, Snapshot
from redshift_backup.stamping import (
    EVIDENCE,
    RESTORE_SECONDS,
    VERIFIED_AT,
    Stamp,
    StampPlan,
    plan_stamp,
)
from redshift_backup.telemetry import logger


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``stamp``; the response tells the stamp that stands afterwards.

    :raises RefusedError: the test cannot have been one of this snapshot.
    :raises NotFoundError: it does not exist.
    """
    request = invocation.request
    assert request.result is not None
    assert request.verified_at is not None
    stamp = Stamp(
        request.result, request.verified_at, request.restore_seconds, request.evidence_uri
    )
    snapshot = find_ours(invocation)
    plan = plan_stamp(snapshot, stamp, now=invocation.now)
    if plan.changes and not request.dry_run:
        snapshot, plan = _write(invocation, snapshot, plan, stamp)
    elif plan.changes:
        snapshot = _foreseen(snapshot, plan)
    described = _describe(snapshot) | {"changed": plan.changes}
    if plan.skip_reason is not None:
        logger.warning("Not stamped: %s", plan.skip_reason)
        return described | {"status": "skipped", "reason": plan.skip_reason}
    return described | {"status": "completed"}


def _write(
    invocation: Invocation, snapshot: Snapshot, plan: StampPlan, stamp: Stamp
) -> tuple[Snapshot, StampPlan]:
    gateway = invocation.gateway
    if plan.stale_keys:
        gateway.untag_snapshot(snapshot, plan.stale_keys)
    if plan.tags:
        gateway.tag_snapshot(snapshot, plan.tags)
    after = gateway.describe_snapshot(snapshot.identifier)
    if after is None:
        raise NotFoundError(f"snapshot {snapshot.identifier} was deleted while it was stamped")
    left = plan_stamp(after, stamp, now=invocation.now)
    if left.changes:
        raise AwsError(
            f"AWS took the stamp of snapshot {snapshot.identifier} and does not show it; send the "
            "same event again"
        )
    logger.info("Stamped", extra={"result": stamp.result})
    # Another test may have written a newer one in between; then that one stands.
    return after, plan if left.skip_reason is None else left


def _foreseen(snapshot: Snapshot, plan: StampPlan) -> Snapshot:
    kept = {key: value for key, value in snapshot.tags.items() if key not in plan.stale_keys}
    return replace(snapshot, tags=kept | dict(plan.tags))


def _describe(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "snapshot_id": snapshot.identifier,
        "result": snapshot.tags.get(VERIFIED_RESULT),
        "verified_at": snapshot.tags.get(VERIFIED_AT),
        "restore_seconds": _number(snapshot.tags.get(RESTORE_SECONDS)),
        "evidence_uri": snapshot.tags.get(EVIDENCE),
    }


def _number(text: str | None) -> float | None:
    # An older stamp that stays may be somebody's own.
    is_number = text is not None and re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text, re.A)
    return float(text) if text is not None and is_number else None
