"""What holds a snapshot, and what may be held. Pure."""

from redshift_backup.errors import AwsError, HeldError, RefusedError
from redshift_backup.model import AVAILABLE, CREATING, HOLD, Snapshot

_HOLDABLE = (CREATING, AVAILABLE, "final snapshot")


def hold_of(snapshot: Snapshot) -> str | None:
    """Return why the snapshot is held; an empty text is a hold too, None is none."""
    return snapshot.tags.get(HOLD)


def needs_hold(snapshot: Snapshot, reason: str) -> bool:
    """Decide whether a snapshot of ours has to be tagged to be held for this reason.

    :raises RefusedError: it holds no data, or is about to go.
    :raises HeldError: it is held for another reason; two people may need it, and whoever takes
        one hold off must not take the other with it.
    """
    if snapshot.status not in _HOLDABLE:
        raise RefusedError(
            f"snapshot {snapshot.identifier} is {snapshot.status} and holds no data that lasts, so "
            f"it is not held; hold one that is {AVAILABLE}"
        )
    present = hold_of(snapshot)
    if present is None:
        return True
    if present != reason:
        raise HeldError(
            f"snapshot {snapshot.identifier} is held already, for another reason: {present!r}, and "
            f"not for {reason!r}. A hold is never replaced; if both reasons have to be seen, talk "
            "to whoever set it, then release it and hold it for a reason that names both"
        )
    return False


def check_held(snapshot: Snapshot, reason: str) -> None:
    """Make sure of a hold by what is there after it was set.

    :raises HeldError: another hold came at the same time and is the one that stands.
    :raises AwsError: AWS took the tag and does not show it.
    """
    if needs_hold(snapshot, reason):
        raise AwsError(
            f"AWS took the hold of snapshot {snapshot.identifier} and does not show it; send the "
            "same event again"
        )


def check_released(snapshot: Snapshot, reason: str) -> None:
    """Make sure of a release by what is there after it.

    :param reason: of the hold that was taken off.
    :raises HeldError: somebody held it for another reason meanwhile.
    :raises AwsError: AWS took the release and still shows the hold.
    """
    present = hold_of(snapshot)
    if present == reason:
        raise AwsError(
            f"AWS took the release of snapshot {snapshot.identifier} and still shows its hold "
            f"({present!r}); send the same event again"
        )
    if present is not None:
        raise HeldError(
            f"snapshot {snapshot.identifier} was released from {reason!r} and is held again, for "
            f"{present!r}; talk to whoever set that hold"
        )
