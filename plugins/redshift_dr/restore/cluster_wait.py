"""Decides, from one look at a drill's cluster, whether to wait, to go on or to fail. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from redshift_dr.snapshot_wait import (
    PASSING_CODES,
    Decision,
    Verdict,
    delay_seconds,
    wait_or_fail,
)

Goal = Literal["restored", "deletable", "gone"]

NOT_FOUND_CODES = frozenset({"ClusterNotFound", "ClusterNotFoundFault"})

NO_SNAPSHOTS_CODES = NOT_FOUND_CODES | {"ClusterSnapshotNotFound", "ClusterSnapshotNotFoundFault"}
"""What AWS may answer for the snapshots of a cluster that has none; the cluster is there all the
same, and must not be taken for gone."""

DELETABLE_STATUSES = frozenset(
    {
        "available",
        "paused",
        "storage-full",
        "hardware-failure",
        "incompatible-hsm",
        "incompatible-network",
        "incompatible-parameters",
        "incompatible-restore",
    }
)
"""Of the provider's own waiter ``cluster_deletable``, and a full one."""

_CLEAR_RESTORE = "clear restore_cluster, or trigger a new run"


@dataclass(frozen=True)
class ClusterWatch:
    """What is waited for, and until when.

    :param cluster_identifier: the drill cluster.
    :param started: when the wait began, aware.
    :param deadline: when it ends in failure, aware.
    :param grace: how long "not found" only means "not visible yet".
    """

    cluster_identifier: str
    started: datetime
    deadline: datetime
    grace: timedelta


@dataclass(frozen=True)
class ClusterLook:
    """What one DescribeClusters call said.

    :param cluster: the cluster in boto3's shape, ``None`` when there was none.
    :param creating: snapshots of it that are still made.
    :param error_code: AWS's code, or the name of a connection error; ``None`` on success.
    :param error_message: AWS's own words.
    :param passing: whether the error may pass by itself.
    """

    cluster: Mapping[str, Any] | None = None
    creating: Sequence[str] = ()
    error_code: str | None = None
    error_message: str = ""
    passing: bool = False

    @classmethod
    def at_response(
        cls, response: Mapping[str, Any], creating: Sequence[str] = ()
    ) -> "ClusterLook":
        """Read a successful answer; asked by identifier there is at most one cluster."""
        clusters = response.get("Clusters") or []
        return cls(cluster=clusters[0] if clusters else None, creating=tuple(creating))

    @classmethod
    def at_error(cls, response: Mapping[str, Any]) -> "ClusterLook":
        """Read the ``response`` of a botocore ClientError."""
        error = response.get("Error", {})
        code = str(error.get("Code", ""))
        if code in NOT_FOUND_CODES:
            return cls()
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        passing = code in PASSING_CODES or status >= 500
        return cls(error_code=code, error_message=str(error.get("Message", "")), passing=passing)


def decide(
    goal: Goal, look: ClusterLook, watch: ClusterWatch, *, now: datetime, seen: bool
) -> Decision:
    """Decide what one look means.

    :param goal: ``restored``: all data is there. ``deletable``: AWS would take a deletion, and no
        copy would be lost by it; a cluster that is gone is past that. ``gone``.
    :param look: what AWS said just now.
    :param now: aware; the only clock.
    :param seen: whether an earlier look found the cluster.
    """
    name = watch.cluster_identifier
    if look.error_code:
        reason = f"cluster {name} not seen this time: {look.error_code}: {look.error_message}"
        if not look.passing:
            reason = f"cannot look at cluster {name}: {look.error_code}: {look.error_message}"
            return Decision(Verdict.FAIL, reason, seen, retry=True)
        return wait_or_fail(reason, watch, now=now, seen=seen)
    if goal == "restored":
        return _restored(look, watch, now, seen)
    return _deleted(goal, look, watch, now, seen)


def _restored(look: ClusterLook, watch: ClusterWatch, now: datetime, seen: bool) -> Decision:
    name = watch.cluster_identifier
    if look.cluster is None:
        return _not_visible(watch, now, seen)
    status, restore = status_of(look.cluster), restore_status_of(look.cluster)
    if status.startswith("incompatible-") or status in ("hardware-failure", "deleting"):
        reason = f"cluster {name} is {status}; it will never be restored"
        return Decision(Verdict.FAIL, f"{reason}. Next step: {_CLEAR_RESTORE}", True)
    if restore == "failed":
        reason = f"the restore of cluster {name} failed (RestoreStatus failed, cluster {status})"
        return Decision(Verdict.FAIL, f"{reason}. Next step: {_CLEAR_RESTORE}", True)
    if status == "available" and restore == "completed":
        return Decision(Verdict.READY, f"cluster {name} is available, its restore completed", True)
    return wait_or_fail(progress(look.cluster), watch, now=now, seen=True)


def _not_visible(watch: ClusterWatch, now: datetime, seen: bool) -> Decision:
    name = watch.cluster_identifier
    if seen:
        reason = f"cluster {name} was there and is gone: somebody deleted it while it was restored"
        return Decision(Verdict.FAIL, f"{reason}. Next step: {_CLEAR_RESTORE}", True)
    if now >= watch.started + watch.grace or now >= watch.deadline:
        waited = int((now - watch.started).total_seconds())
        reason = f"cluster {name} does not exist (waited {waited} s)"
        return Decision(Verdict.FAIL, f"{reason}. Next step: {_CLEAR_RESTORE}", seen)
    return _wait(f"cluster {name} is not visible yet", watch, now, seen)


def _deleted(
    goal: Goal, look: ClusterLook, watch: ClusterWatch, now: datetime, seen: bool
) -> Decision:
    name = watch.cluster_identifier
    if look.cluster is None:
        if not seen and now < watch.started + watch.grace:
            reason = f"cluster {name} is not there; the restore may still be on its way"
            return _wait(reason, watch, now, seen)
        return Decision(Verdict.READY, f"there is no cluster {name}", seen)
    status = status_of(look.cluster)
    if goal == "gone" or status == "deleting":
        return wait_or_fail(f"cluster {name} is {status}", watch, now=now, seen=True)
    if look.creating:
        reason = f"cluster {name} is not deleted while {', '.join(look.creating)} is creating"
        return wait_or_fail(reason, watch, now=now, seen=True)
    if status in DELETABLE_STATUSES:
        return Decision(Verdict.READY, f"cluster {name} is {status} and can be deleted", True)
    return wait_or_fail(
        f"cluster {name} is {status}, not to be deleted yet", watch, now=now, seen=True
    )


def _wait(reason: str, watch: ClusterWatch, now: datetime, seen: bool) -> Decision:
    """Wait within the grace, whose end may come before the usual next look."""
    left = (watch.started + watch.grace - now).total_seconds()
    delay = max(0.1, min(delay_seconds(watch, now), left))
    return replace(Decision(Verdict.WAIT, reason, seen), delay_seconds=delay)


def status_of(cluster: Mapping[str, Any]) -> str:
    """ClusterStatus, lower case."""
    return str(cluster.get("ClusterStatus", "")).lower()


def restore_status_of(cluster: Mapping[str, Any]) -> str:
    """RestoreStatus, lower case; empty where the cluster was not restored."""
    return str((cluster.get("RestoreStatus") or {}).get("Status", "")).lower()


def creating_of(snapshots: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of those snapshots that are still made."""
    return [row["SnapshotIdentifier"] for row in snapshots if row["Status"].lower() == "creating"]


def progress(cluster: Mapping[str, Any]) -> str:
    """One line of progress from AWS's own fields, which say little on RA3."""
    restore = cluster.get("RestoreStatus") or {}
    text = f"cluster {cluster.get('ClusterIdentifier')} is {cluster.get('ClusterStatus')}"
    text += f", its restore {restore.get('Status') or 'not begun'}"
    done, size = restore.get("ProgressInMegaBytes") or 0, restore.get("SnapshotSizeInMegaBytes")
    if size:
        text += f", {done:.0f} of {size:.0f} MB"
    left = restore.get("EstimatedTimeToCompletionInSeconds") or 0
    if left > 0:
        text += f", about {left} s left"
    return text
