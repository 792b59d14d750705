"""Give the slot its one snapshot: make it, promote an automated one, or adopt what is there."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from redshift_backup import telemetry
from redshift_backup.errors import (
    AlreadyExistsError,
    AwsError,
    ClusterBusyError,
    InvalidStateError,
    NoSnapshotForSlotError,
    NotFoundError,
    RefusedError,
)
from redshift_backup.invocation import Invocation
from redshift_backup.model import AVAILABLE, Snapshot
from redshift_backup.slots import (
    CreatePlan,
    Step,
    Window,
    created_tags,
    find_by_request,
    identifier_for,
    plan_create,
    promoted_tags,
)
from redshift_backup.telemetry import logger

# An asynchronous event is dropped after six hours, so no retry of one comes later.
_RETRIES_END_AFTER = timedelta(hours=6)
# The identifier may appear between the look and the call; then the second look settles it.
_ATTEMPTS = 2
_PAUSED_STATUSES = frozenset({"paused", "pausing", "resuming"})


@dataclass(frozen=True)
class Ensured:
    """The snapshot of the slot.

    :ivar origin: ``created``, ``promoted`` or ``adopted``.
    :ivar snapshot: None when the slot was skipped, or in a dry run that would make one.
    :ivar skip_reason: why there is no snapshot and that is in order.
    :ivar seen: the cluster's manual snapshots before, where all of them were looked at.
    """

    identifier: str
    window: Window
    origin: str
    snapshot: Snapshot | None
    skip_reason: str | None = None
    seen: tuple[Snapshot, ...] | None = None


@dataclass(frozen=True)
class _Look:
    """What is there before; ``chain`` is None where not all snapshots were asked for."""

    existing: Snapshot | None
    window: Window
    chain: tuple[Snapshot, ...] | None = None


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``create``; it does not wait for the snapshot."""
    ensured = ensure_snapshot(invocation)
    if ensured.skip_reason is not None:
        return {"status": "skipped", "reason": ensured.skip_reason}
    return {
        "status": "completed",
        "snapshot_id": ensured.identifier,
        "origin": ensured.origin,
        "snapshot_status": ensured.snapshot.status if ensured.snapshot else None,
    }


def ensure_snapshot(invocation: Invocation) -> Ensured:
    """Make sure that the slot has its snapshot.

    Safe to repeat: a second run finds the snapshot by the slot's identifier, or, where the event
    named no slot, by the id of the request.

    :raises RefusedError: a snapshot that is not ours is in the way, or the cluster is paused.
    :raises NoSnapshotForSlotError: the window is over and nothing can be promoted.
    :raises ClusterBusyError: the cluster takes no snapshot now.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        look = _observe(invocation, by_identifier=attempt > 1)
        window = look.window
        plan = _plan(invocation, look.existing, window)
        logger.append_keys(snapshot_id=plan.identifier)
        logger.info("Planned the slot's snapshot", extra={"step": plan.step.value})
        if invocation.request.dry_run:
            return _foreseen(invocation, plan, window)
        try:
            return replace(_apply(invocation, plan, window), seen=look.chain)
        except AlreadyExistsError:
            if attempt == _ATTEMPTS:
                raise
            logger.info("The identifier is taken by now; looking again")
        except InvalidStateError as error:
            return _without_available_cluster(invocation, plan, window, error)
    raise AssertionError("the loop returns or raises")


def _observe(invocation: Invocation, *, by_identifier: bool) -> _Look:
    request, window = invocation.request, invocation.request.window
    identifier = identifier_for(invocation.chain.prefix, window.slot)
    # A backup goes on to the prune of the chain: where nothing has expired, one look serves both.
    is_whole = (
        request.action == "backup" and not request.dry_run and not window.is_past(invocation.now)
    )
    if by_identifier or (request.has_slot and not is_whole):
        return _Look(invocation.gateway.describe_snapshot(identifier), window)
    # Only a retry of this very request is looked for; a snapshot of another cluster that has the
    # identifier shows when the create is refused.
    start = None if is_whole else invocation.now - _RETRIES_END_AFTER
    found = invocation.gateway.describe_chain(invocation.chain, start=start)
    chain = tuple(found) if is_whole else None
    earlier = None
    if not request.has_slot:
        earlier = find_by_request(found, invocation.chain, invocation.caller.request_id)
    if earlier is not None:
        slot = earlier.slot or window.slot
        return _Look(earlier, Window(slot, slot + (window.end - window.slot)), chain)
    named = next((one for one in found if one.identifier == identifier), None)
    return _Look(named, window, chain)


def _plan(invocation: Invocation, existing: Snapshot | None, window: Window) -> CreatePlan:
    chain, automated = invocation.chain, []
    is_settled = existing is not None and chain.owns(existing) and not existing.is_lost
    if window.is_past(invocation.now) and not is_settled:
        automated = invocation.gateway.describe_chain(
            chain, snapshot_type="automated", start=window.slot, end=window.end
        )
    try:
        return plan_create(
            existing,
            automated,
            identifier=existing.identifier
            if existing
            else identifier_for(chain.prefix, window.slot),
            chain=chain,
            window=window,
            now=invocation.now,
        )
    except NoSnapshotForSlotError as error:
        cluster = invocation.gateway.describe_cluster(chain.cluster_identifier)
        days = "unknown: the cluster is gone"
        if cluster is not None:
            days = f"{cluster.automated_retention_days} day(s)"
        raise NoSnapshotForSlotError(
            f"{error}; the cluster's automated snapshots are kept for {days}. A longer "
            "AutomatedSnapshotRetentionPeriod lets later slots be filled"
        ) from None


def _apply(invocation: Invocation, plan: CreatePlan, window: Window) -> Ensured:
    gateway, cluster = invocation.gateway, invocation.cluster_identifier
    request_id = invocation.caller.request_id
    if plan.step is Step.ADOPT:
        return Ensured(plan.identifier, window, "adopted", plan.existing)
    if plan.step is Step.REPAIR:
        assert plan.existing is not None
        assert plan.source is not None
        gateway.tag_snapshot(plan.existing, promoted_tags(window, request_id, plan.source))
        return Ensured(plan.identifier, window, "adopted", _reread(invocation, plan.existing))
    if plan.delete_first is not None:
        logger.warning("Deleting our %s snapshot of this slot", plan.delete_first.status)
        gateway.delete_snapshot(plan.delete_first)
    if plan.step is Step.PROMOTE:
        assert plan.source is not None
        copy = gateway.copy_snapshot(plan.source, plan.identifier)
        gateway.tag_snapshot(copy, promoted_tags(window, request_id, plan.source))
        snapshot, origin = _reread(invocation, copy), "promoted"
    else:
        tags = created_tags(window, request_id)
        snapshot, origin = gateway.create_snapshot(plan.identifier, cluster, tags), "created"
    telemetry.count("SnapshotCreated", 1, cluster)
    return Ensured(plan.identifier, window, origin, snapshot)


def _reread(invocation: Invocation, untagged: Snapshot) -> Snapshot:
    # Our tags are part of what "ours" means, and the copy's reply came before them.
    return invocation.gateway.describe_snapshot(untagged.identifier) or untagged


def _foreseen(invocation: Invocation, plan: CreatePlan, window: Window) -> Ensured:
    if plan.step is Step.CREATE:
        cluster = invocation.gateway.describe_cluster(invocation.cluster_identifier)
        _check_cluster(invocation, cluster.status if cluster else None)
    origins = {Step.CREATE: "created", Step.PROMOTE: "promoted"}
    existing = None if plan.delete_first else plan.existing
    return Ensured(plan.identifier, window, origins.get(plan.step, "adopted"), existing)


def _without_available_cluster(
    invocation: Invocation, plan: CreatePlan, window: Window, error: AwsError
) -> Ensured:
    if plan.step is not Step.CREATE:
        raise error
    cluster = invocation.gateway.describe_cluster(invocation.cluster_identifier)
    status = cluster.status if cluster else None
    if status in _PAUSED_STATUSES and invocation.request.when_paused == "skip":
        reason = f"cluster {invocation.cluster_identifier} is {status} and when_paused is skip"
        return Ensured(plan.identifier, window, "created", None, skip_reason=reason)
    _check_cluster(invocation, status)
    raise error


def _check_cluster(invocation: Invocation, status: str | None) -> None:
    name = invocation.cluster_identifier
    if status is None:
        raise NotFoundError(f"cluster {name} does not exist; correct the name, or stop its backups")
    if status in _PAUSED_STATUSES:
        raise RefusedError(
            f"cluster {name} is {status} and a snapshot needs it available. Resume it, or send "
            "when_paused=skip to let such slots go"
        )
    if status != AVAILABLE:
        raise ClusterBusyError(
            f"cluster {name} is {status} and a snapshot needs it available; send the same event "
            "again when that is over"
        )
