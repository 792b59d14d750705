"""Decides, from one look at a snapshot, whether to wait, to go on or to fail. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol

SLOT_TAG = "redshift-backup:slot"

FAILED_STATUSES = frozenset({"failed", "cancelled", "deleted", "deleting"})
"""Statuses from which no snapshot comes back. ``failed`` and ``deleted`` fail botocore's own waiter
``snapshot_available``; ``cancelled`` is named by DeleteClusterSnapshot and missing there."""

NOT_FOUND_CODES = frozenset({"ClusterSnapshotNotFound", "ClusterSnapshotNotFoundFault"})

PASSING_CODES = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "500",
        "502",
        "503",
        "504",
    }
)
"""Errors of one look that say nothing about the snapshot; they end at the deadline, not before."""

SHORTEST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 60.0


class Verdict(Enum):
    """What to do after one look."""

    READY = "ready"
    WAIT = "wait"
    FAIL = "fail"


@dataclass(frozen=True)
class Look:
    """What one DescribeClusterSnapshots call said.

    :param snapshot: the snapshot in boto3's shape, ``None`` when there was none.
    :param error_code: AWS's code, or the name of a connection error; ``None`` on success.
    :param error_message: AWS's own words.
    :param passing: whether the error may pass by itself.
    """

    snapshot: Mapping[str, Any] | None = None
    error_code: str | None = None
    error_message: str = ""
    passing: bool = False

    @classmethod
    def at_response(cls, response: Mapping[str, Any]) -> "Look":
        """Read a successful answer; asked by identifier there is at most one snapshot."""
        snapshots = response.get("Snapshots") or []
        return cls(snapshot=snapshots[0] if snapshots else None)

    @classmethod
    def at_error(cls, response: Mapping[str, Any]) -> "Look":
        """Read the ``response`` of a botocore ClientError."""
        error = response.get("Error", {})
        code, message = str(error.get("Code", "")), str(error.get("Message", ""))
        if code in NOT_FOUND_CODES:
            return cls()
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return cls(
            error_code=code,
            error_message=message,
            passing=code in PASSING_CODES or status >= 500,
        )


class Timed(Protocol):
    """A wait that has a beginning and an end."""

    @property
    def started(self) -> datetime:
        """When it began, aware."""

    @property
    def deadline(self) -> datetime:
        """When it ends in failure, aware."""


@dataclass(frozen=True)
class Watch:
    """What is waited for, and until when.

    :param snapshot_identifier: the one snapshot.
    :param owner_account: its owner, where that is not the account that looks.
    :param started: when the wait began, aware.
    :param deadline: when it ends in failure, aware.
    :param grace: how long "not found" only means "not visible yet"; ``None``: until the deadline.
    :param not_found: the sentence for a snapshot that never showed.
    """

    snapshot_identifier: str
    owner_account: str | None
    started: datetime
    deadline: datetime
    grace: timedelta | None
    not_found: str

    def request(self) -> dict[str, str]:
        """Arguments of DescribeClusterSnapshots.

        Never with ClusterIdentifier: AWS answers both together with InvalidParameterCombination.
        """
        request = {"SnapshotIdentifier": self.snapshot_identifier}
        if self.owner_account:
            request["OwnerAccount"] = self.owner_account
        return request


@dataclass(frozen=True)
class Decision:
    """What to do, and why.

    :param verdict: go on, wait, or fail.
    :param reason: a sentence for log or error.
    :param seen: whether the snapshot has been seen by now.
    :param delay_seconds: how long to wait before the next look.
    :param retry: of a failure: whether another attempt of the task may succeed.
    """

    verdict: Verdict
    reason: str
    seen: bool
    delay_seconds: float = 0.0
    retry: bool = False


def decide(look: Look, watch: Watch, *, now: datetime, seen: bool) -> Decision:
    """Decide what one look at a snapshot means.

    :param look: what AWS said just now.
    :param watch: what is waited for.
    :param now: aware; the only clock.
    :param seen: whether an earlier look found the snapshot.
    """
    name = watch.snapshot_identifier
    late = now >= watch.deadline
    if look.error_code and not look.passing:
        reason = f"cannot look at snapshot {name}: {look.error_code}: {look.error_message}"
        return Decision(Verdict.FAIL, reason, seen, retry=True)
    if look.error_code:
        reason = f"snapshot {name} not seen this time: {look.error_code}: {look.error_message}"
        return wait_or_fail(reason, watch, now=now, seen=seen)
    if look.snapshot is None:
        return _not_found(watch, now=now, seen=seen, late=late)
    status = str(look.snapshot.get("Status", "")).lower()
    if status == "available":
        return Decision(Verdict.READY, f"snapshot {name} is available", True)
    if status in FAILED_STATUSES:
        reason = f"snapshot {name} is {status}; it will never become available"
        return Decision(Verdict.FAIL, f"{reason}. Next step: clear create_snapshot", True)
    return wait_or_fail(progress(look.snapshot), watch, now=now, seen=True)


def _not_found(watch: Watch, *, now: datetime, seen: bool, late: bool) -> Decision:
    name = watch.snapshot_identifier
    if seen and watch.grace is not None:
        reason = f"snapshot {name} was there and is gone: somebody deleted it while it was made"
        return Decision(Verdict.FAIL, f"{reason}. Next step: clear create_snapshot", True)
    if late or (watch.grace is not None and now >= watch.started + watch.grace):
        waited = int((now - watch.started).total_seconds())
        return Decision(Verdict.FAIL, f"{watch.not_found} (waited {waited} s)", seen)
    reason = f"snapshot {name} is not visible yet"
    return Decision(Verdict.WAIT, reason, seen, delay_seconds(watch, now))


def wait_or_fail(reason: str, watch: Timed, *, now: datetime, seen: bool) -> Decision:
    """Go on waiting, or fail at the deadline with both numbers."""
    if now >= watch.deadline:
        allowed = int((watch.deadline - watch.started).total_seconds())
        waited = int((now - watch.started).total_seconds())
        text = f"{reason}; waited {waited} s of {allowed} s allowed"
        next_step = "see why it takes so long, or raise the deadline, and clear this task"
        return Decision(Verdict.FAIL, f"{text}. Next step: {next_step}", seen)
    return Decision(Verdict.WAIT, reason, seen, delay_seconds(watch, now))


def delay_seconds(watch: Timed, now: datetime) -> float:
    """How long to the next look: a tenth of the time waited, 1 to 60 s, not beyond the deadline.

    It depends on the clock alone, so that a restarted triggerer goes on as before.
    """
    waited = (now - watch.started).total_seconds()
    delay = min(LONGEST_DELAY_SECONDS, max(SHORTEST_DELAY_SECONDS, waited / 10))
    return max(0.1, min(delay, (watch.deadline - now).total_seconds()))


def progress(snapshot: Mapping[str, Any]) -> str:
    """One line of progress from AWS's own fields."""
    text = f"snapshot {snapshot.get('SnapshotIdentifier')} is {snapshot.get('Status')}"
    done = snapshot.get("BackupProgressInMegaBytes") or 0
    size = snapshot.get("ActualIncrementalBackupSizeInMegaBytes") or 0
    if size > 0:
        text += f", {done:.0f} of {size:.0f} MB"
    rate = snapshot.get("CurrentBackupRateInMegaBytesPerSecond") or 0
    if rate > 0:
        text += f" at {rate:.1f} MB/s"
    left = snapshot.get("EstimatedSecondsToCompletion") or 0
    if left > 0:
        text += f", about {left} s left"
    return text


def facts_of(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """What later tasks may want to know of an available snapshot, as JSON.

    Tags are visible to the owner only; ``slot`` is ``None`` on the DR side.
    """
    tags = {tag["Key"]: tag["Value"] for tag in snapshot.get("Tags") or []}
    created = snapshot.get("SnapshotCreateTime")
    return {
        "snapshot_id": snapshot.get("SnapshotIdentifier"),
        "cluster_identifier": snapshot.get("ClusterIdentifier"),
        "owner_account": snapshot.get("OwnerAccount"),
        "status": snapshot.get("Status"),
        "snapshot_create_time": created.isoformat() if isinstance(created, datetime) else created,
        "total_backup_size_megabytes": snapshot.get("TotalBackupSizeInMegaBytes"),
        "slot": tags.get(SLOT_TAG),
    }
