"""Which snapshot stands for a slot, and what has to be done to have it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from redshift_backup.errors import (
    AwsError,
    ForeignSnapshotError,
    HeldError,
    NoSnapshotForSlotError,
)
from redshift_backup.model import (
    AVAILABLE,
    CREATING,
    HOLD,
    MANAGED_BY,
    MANAGED_BY_US,
    ORIGIN,
    REQUEST_ID,
    SLOT,
    SOURCE_CREATE_TIME,
    SOURCE_SNAPSHOT,
    TAG_PREFIX,
    Chain,
    Snapshot,
    iso_utc,
)

FUTURE_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Window:
    """The time ``[slot, end)`` in which a snapshot stands for the slot."""

    slot: datetime
    end: datetime

    def is_past(self, now: datetime) -> bool:
        """Tell whether a snapshot made at ``now`` would come too late for the slot."""
        return now >= self.end

    def contains(self, instant: datetime) -> bool:
        """Tell whether data of this instant stands for the slot."""
        return self.slot <= instant < self.end


class Step(Enum):
    """What has to be done so that the slot has its snapshot."""

    ADOPT = "adopt"
    CREATE = "create"
    PROMOTE = "promote"
    REPAIR = "repair"


@dataclass(frozen=True)
class CreatePlan:
    """One step, after a failed snapshot of the slot was deleted if ``delete_first`` names one.

    :ivar existing: what ADOPT and REPAIR take.
    :ivar source: the automated snapshot that PROMOTE copies and REPAIR names.
    """

    step: Step
    identifier: str
    existing: Snapshot | None = None
    source: Snapshot | None = None
    delete_first: Snapshot | None = None


def identifier_for(prefix: str, slot: datetime) -> str:
    """Name the snapshot of a slot; the name is what makes a second attempt harmless."""
    return f"{prefix}-{slot.astimezone(UTC):%Y%m%d-%H%M%S}"


def find_by_request(
    snapshots: Sequence[Snapshot], chain: Chain, request_id: str
) -> Snapshot | None:
    """Find the snapshot that an earlier attempt of the same request made."""
    for snapshot in snapshots:
        if chain.owns(snapshot) and snapshot.tags.get(REQUEST_ID) == request_id:
            return snapshot
    return None


def nearest_source(automated: Sequence[Snapshot], window: Window) -> Snapshot | None:
    """Pick the automated snapshot of the window that is nearest the slot."""
    candidates = [
        snapshot
        for snapshot in automated
        if snapshot.snapshot_type == "automated"
        and snapshot.status == AVAILABLE
        and window.contains(snapshot.create_time)
    ]
    return min(candidates, key=lambda one: (one.create_time, one.identifier), default=None)


def plan_create(
    existing: Snapshot | None,
    automated: Sequence[Snapshot],
    *,
    identifier: str,
    chain: Chain,
    window: Window,
    now: datetime,
) -> CreatePlan:
    """Decide how the slot gets its one snapshot (contract, section 6, create).

    :param existing: the snapshot that has the slot's identifier, of whatever owner, or None.
    :param automated: the cluster's automated snapshots of the window; read only for past windows.
    :raises ForeignSnapshotError: the identifier is taken by something that is not ours.
    :raises HeldError: the slot's snapshot failed, and a hold protects it.
    :raises NoSnapshotForSlotError: the window is over and no automated snapshot is of it.
    :raises AwsError: the slot's snapshot is in a state that passes, such as ``deleting``.
    """
    source = nearest_source(automated, window) if window.is_past(now) else None
    if existing is not None and not chain.owns(existing):
        if source is not None and _is_interrupted_promotion(existing, chain):
            return CreatePlan(Step.REPAIR, identifier, existing=existing, source=source)
        raise _foreign(existing, chain)
    if existing is not None and not existing.is_lost:
        if existing.status not in (CREATING, AVAILABLE):
            raise AwsError(
                f"snapshot {identifier} is {existing.status}, neither creating nor available; "
                "send the same event again in a minute"
            )
        return CreatePlan(Step.ADOPT, identifier, existing=existing)
    if existing is not None and HOLD in existing.tags:
        raise HeldError(
            f"snapshot {identifier} is {existing.status} and held ({existing.tags[HOLD]}), so it "
            "is not replaced; release it first"
        )
    if not window.is_past(now):
        return CreatePlan(Step.CREATE, identifier, delete_first=existing)
    if source is None:
        raise NoSnapshotForSlotError(
            f"no automated snapshot of {chain.cluster_identifier} was made in the window "
            f"{iso_utc(window.slot)} to {iso_utc(window.end)}, which is over"
        )
    return CreatePlan(Step.PROMOTE, identifier, source=source, delete_first=existing)


def created_tags(window: Window, request_id: str) -> dict[str, str]:
    """Return the tags of a snapshot made in its window."""
    return {
        MANAGED_BY: MANAGED_BY_US,
        SLOT: iso_utc(window.slot),
        ORIGIN: "created",
        REQUEST_ID: request_id,
    }


def promoted_tags(window: Window, request_id: str, source: Snapshot) -> dict[str, str]:
    """Return the tags of a promoted snapshot; they keep the instant its data is of."""
    return created_tags(window, request_id) | {
        ORIGIN: "promoted",
        SOURCE_SNAPSHOT: source.identifier,
        SOURCE_CREATE_TIME: iso_utc(source.create_time),
    }


def _is_interrupted_promotion(existing: Snapshot, chain: Chain) -> bool:
    # CopyClusterSnapshot takes no tags: between the copy and its tags there is a gap to die in.
    return (
        existing.snapshot_type == "manual"
        and existing.cluster_identifier == chain.cluster_identifier
        and not any(name.startswith(TAG_PREFIX) for name in existing.tags)
    )


def _foreign(existing: Snapshot, chain: Chain) -> ForeignSnapshotError:
    return ForeignSnapshotError(
        f"snapshot {existing.identifier} of cluster {existing.cluster_identifier} exists and is "
        f"not ours (we own snapshots of {chain.cluster_identifier} that carry the tag "
        f"{MANAGED_BY}={MANAGED_BY_US}). If it is a backup of this slot, take it over with the "
        "action adopt; otherwise rename or delete it"
    )
