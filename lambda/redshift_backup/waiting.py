"""Wait for a snapshot to become available, as long as the invocation may last."""

from collections.abc import Iterator
from itertools import chain, repeat

from redshift_backup.errors import NotFoundError, SnapshotFailedError
from redshift_backup.invocation import Invocation
from redshift_backup.model import AVAILABLE, CREATING, Snapshot
from redshift_backup.telemetry import logger

_LONGEST_DELAY_SECONDS = 15
# A describe right after the create may not know the snapshot yet.
_NOT_FOUND_TOLERATED_SECONDS = 60


def poll_delays() -> Iterator[int]:
    """Yield the seconds before each look: 1, 2, 4, 8, then 15 for ever."""
    return chain((1, 2, 4, 8), repeat(_LONGEST_DELAY_SECONDS))


def wait_until_available(invocation: Invocation, snapshot: Snapshot) -> Snapshot | None:
    """Look at the snapshot, by its identifier, until it is available.

    :return: the available snapshot, or None if the time is up before.
    :raises SnapshotFailedError: it failed, or was cancelled or deleted; at once.
    :raises NotFoundError: it stays unknown for a minute.
    """
    slept_seconds = 0
    current: Snapshot | None = snapshot
    for delay_seconds in poll_delays():
        if current is not None and current.status == AVAILABLE:
            return current
        _check_alive(current, snapshot.identifier, slept_seconds)
        if not invocation.budget.sleep(delay_seconds):
            return None
        slept_seconds += delay_seconds
        current = invocation.gateway.describe_snapshot(snapshot.identifier)
        if current is not None:
            extra = {"snapshot_status": current.status, "progress": current.progress}
            logger.info("Waiting for the snapshot", extra=extra)
    raise AssertionError("the delays never end")


def _check_alive(current: Snapshot | None, identifier: str, slept_seconds: int) -> None:
    if current is None:
        if slept_seconds >= _NOT_FOUND_TOLERATED_SECONDS:
            raise NotFoundError(
                f"snapshot {identifier} is unknown {slept_seconds} seconds after it was made; "
                "send the same event again to make it anew"
            )
    elif current.status != CREATING:
        raise SnapshotFailedError(
            f"snapshot {identifier} is {current.status} after {slept_seconds} seconds; send the "
            "same event again, which replaces it, and look into the cluster's events for the cause"
        )
