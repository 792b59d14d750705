"""Find the one snapshot that an event names, and make sure that it is ours."""

from redshift_backup.errors import ForeignSnapshotError, NotFoundError
from redshift_backup.invocation import Invocation
from redshift_backup.model import MANAGED_BY, MANAGED_BY_US, Snapshot
from redshift_backup.telemetry import logger


def find_ours(invocation: Invocation) -> Snapshot:
    """Return the event's snapshot, as it is now.

    :raises NotFoundError: it does not exist, or not any more.
    :raises ForeignSnapshotError: it is not ours.
    """
    identifier, chain = invocation.request.snapshot_id, invocation.chain
    assert identifier is not None
    logger.append_keys(snapshot_id=identifier)
    snapshot = invocation.gateway.describe_snapshot(identifier)
    if snapshot is None:
        raise NotFoundError(
            f"snapshot {identifier} does not exist, so there is nothing to "
            f"{invocation.request.action}; the action status lists what there is"
        )
    if not chain.owns(snapshot):
        raise ForeignSnapshotError(
            f"snapshot {identifier} of cluster {snapshot.cluster_identifier} is not ours (a manual "
            f"snapshot of {chain.cluster_identifier}, named {chain.prefix}-YYYYMMDD-HHMMSS or "
            f"adopted, with the tag {MANAGED_BY}={MANAGED_BY_US}), so nothing was changed. The "
            "action adopt takes one over"
        )
    return snapshot
