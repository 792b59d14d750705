"""Everything the function raises, in one tree; the class name is Lambda's ``errorType``.

::

    BackupError
    ├── BadRequestError            the event is malformed: fix it, do not retry
    ├── ConfigError                the environment is malformed: fix the deployment
    ├── RefusedError               understood and declined: do not retry
    │   ├── ShareRefusedError      this snapshot, or this account, is not to be shared
    │   ├── DeletionLimitError     the plan deletes more than one run may
    │   ├── StaleChainError        no fresh good snapshot: nothing may be deleted
    │   ├── SlotRefusedError       the slot is in the future, or older than the retention
    │   ├── ForeignSnapshotError   the identifier belongs to a snapshot that is not ours
    │   └── HeldError              a hold protects the snapshot
    ├── NoSnapshotForSlotError     the window is over and nothing was made in it: do not retry
    ├── ClusterBusyError           resizing, modifying, rebooting: retry
    ├── AwsError                   AWS answered with an error, or not at all: retry
    │   ├── NotFoundError
    │   ├── AlreadyExistsError
    │   ├── InvalidStateError
    │   ├── QuotaExceededError
    │   ├── ThrottledError
    │   ├── AccessDeniedError
    │   └── SnapshotFailedError    Redshift gave the snapshot up
    └── PartialFailureError        some of many steps failed: retry
"""

from collections.abc import Mapping

# Lambda cuts an answer at 256 KB, and a person reads no more than this.
_MOST_NAMED = 20
_LONGEST_REASON = 1000


class BackupError(Exception):
    """Root of the tree."""


class BadRequestError(BackupError):
    """The event is malformed."""


class ConfigError(BackupError):
    """The function's environment is malformed."""


class RefusedError(BackupError):
    """The request is understood and declined."""


class ShareRefusedError(RefusedError):
    """The snapshot must not, or cannot, be shared with the account."""


class DeletionLimitError(RefusedError):
    """The plan deletes more snapshots than one run may.

    :ivar plan_sha256: the digest that an event approves the plan with.
    """

    def __init__(self, message: str, *, plan_sha256: str) -> None:
        super().__init__(message)
        self.plan_sha256 = plan_sha256


class StaleChainError(RefusedError):
    """No good snapshot is fresh, so nothing may be deleted."""


class SlotRefusedError(RefusedError):
    """The slot lies in the future, or before the retention."""


class ForeignSnapshotError(RefusedError):
    """The identifier is taken by a snapshot that is not ours."""


class HeldError(RefusedError):
    """A hold protects the snapshot."""


class NoSnapshotForSlotError(BackupError):
    """The slot's window is over and no snapshot was made in it."""


class ClusterBusyError(BackupError):
    """The cluster is in a state that passes."""


class AwsError(BackupError):
    """An AWS call failed.

    :ivar code: the error code of AWS, or None when no reply came.
    """

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class NotFoundError(AwsError):
    """The snapshot or cluster does not exist."""


class AlreadyExistsError(AwsError):
    """The identifier, or the authorization, exists already."""


class InvalidStateError(AwsError):
    """The state of the snapshot or cluster forbids the call."""


class QuotaExceededError(AwsError):
    """A quota of the account, the snapshot or the key is used up."""


class ThrottledError(AwsError):
    """AWS asked for fewer calls, more often than the client retries."""


class AccessDeniedError(AwsError):
    """The function's role may not make the call."""


class SnapshotFailedError(AwsError):
    """Redshift gave the snapshot up."""


class PartialFailureError(BackupError):
    """Some steps of many failed; the others were done.

    :ivar failed: what failed, by name, and why; the message names at most 20 of them.
    """

    def __init__(self, *, done: int, failed: Mapping[str, str]) -> None:
        self.done = done
        self.failed = dict(failed)
        listed = _grouped(self.failed)
        super().__init__(
            f"{len(self.failed)} of {done + len(self.failed)} steps failed, the others are done: "
            f"{listed}. Send the same event again; it goes on where this run ended"
        )


def _grouped(failed: Mapping[str, str]) -> str:
    names_of: dict[str, list[str]] = {}
    for name, reason in failed.items():
        names_of.setdefault(reason, []).append(name)
    parts, room = [], _MOST_NAMED
    for reason, names in names_of.items():
        if room <= 0:
            break
        shown = names[:room]
        room -= len(shown)
        more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
        parts.append(f"{', '.join(shown)}{more}: {reason[:_LONGEST_REASON]}")
    unnamed = sum(len(names) for names in list(names_of.values())[len(parts) :])
    if unnamed:
        parts.append(f"and {unnamed} more, which fail for reasons not listed here")
    return "; ".join(parts)
