"""When automated snapshots are taken and how long they stay. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sandbox.redshift.snapshot import SandboxSnapshot


def due_instants(
    first: datetime, now: datetime, *, every: timedelta, kept: timedelta
) -> tuple[list[datetime], datetime]:
    """Return the instants at which snapshots were due, and the next one after ``now``.

    Instants whose snapshot would be gone again already are left out, except the latest, so that a
    clock that jumps a year does not make a thousand of them.

    :param first: the first instant that is not served yet.
    """
    missed = (now - first) // every
    latest = first + missed * every
    oldest = max(0, (now - kept - first) // every + 1)
    instants = [first + n * every for n in range(min(oldest, missed), missed + 1)]
    return instants, latest + every


def expired(
    snapshots: Sequence[SandboxSnapshot], kept: timedelta
) -> Iterator[tuple[SandboxSnapshot, datetime]]:
    """Yield each automated snapshot of one cluster with the end of its retention.

    The latest one is left out: Redshift always keeps it.

    :param snapshots: oldest first.
    """
    for snapshot in snapshots[:-1]:
        yield snapshot, snapshot.keep_automated_from + kept
