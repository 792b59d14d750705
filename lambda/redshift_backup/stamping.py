"""The result of a restore test, as tags of the snapshot that was restored. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from redshift_backup.errors import RefusedError
from redshift_backup.model import (
    AVAILABLE,
    TAG_PREFIX,
    VERIFIED_RESULT,
    Snapshot,
    iso_utc,
    parse_instant,
)
from redshift_backup.slots import FUTURE_TOLERANCE

VERIFIED_AT = TAG_PREFIX + "verified-at"
RESTORE_SECONDS = TAG_PREFIX + "restore-seconds"
EVIDENCE = TAG_PREFIX + "evidence"
_KEYS = (VERIFIED_AT, VERIFIED_RESULT, RESTORE_SECONDS, EVIDENCE)


@dataclass(frozen=True)
class Stamp:
    """One restore test of a snapshot.

    :ivar result: ``passed`` or ``failed``.
    :ivar verified_at: when the test ended, aware, whole seconds.
    :ivar restore_seconds: how long the restore took, None if it is not known.
    :ivar evidence_uri: where the evidence is, None if there is none.
    """

    result: str
    verified_at: datetime
    restore_seconds: float | None = None
    evidence_uri: str | None = None

    @property
    def tags(self) -> dict[str, str]:
        """The stamp as tags; what is not known has none."""
        tags = {VERIFIED_AT: iso_utc(self.verified_at), VERIFIED_RESULT: self.result}
        if self.restore_seconds is not None:
            tags[RESTORE_SECONDS] = f"{self.restore_seconds:.3f}".rstrip("0").rstrip(".")
        if self.evidence_uri is not None:
            tags[EVIDENCE] = self.evidence_uri
        return tags


@dataclass(frozen=True)
class StampPlan:
    """What a stamp changes.

    :ivar stale_keys: tags of the stamp before that this one does not replace; they go first, so
        that no evidence ever stands beside another test's result.
    :ivar skip_reason: why the stamp is not written, None if it is, or is there already.
    """

    stale_keys: tuple[str, ...]
    tags: Mapping[str, str]
    skip_reason: str | None = None

    @property
    def changes(self) -> bool:
        """Whether anything has to be written."""
        return bool(self.stale_keys or self.tags)


def plan_stamp(snapshot: Snapshot, stamp: Stamp, *, now: datetime) -> StampPlan:
    """Decide what writing a stamp to a snapshot of ours takes.

    :raises RefusedError: the test cannot have been one of this snapshot.
    """
    if stamp.verified_at < snapshot.create_time.replace(microsecond=0):
        raise RefusedError(
            f"verified_at {iso_utc(stamp.verified_at)} is before {iso_utc(snapshot.create_time)}, "
            f"when snapshot {snapshot.identifier} was made; the test was of another one"
        )
    if stamp.result == "passed" and snapshot.status != AVAILABLE:
        raise RefusedError(
            f"snapshot {snapshot.identifier} is {snapshot.status} and only an {AVAILABLE} one can "
            "be restored, so no test of it has passed"
        )
    skip_reason = _outdated(snapshot, stamp, now)
    if skip_reason is not None:
        return StampPlan((), {}, skip_reason)
    present, wanted = present_stamp(snapshot), stamp.tags
    return StampPlan(
        stale_keys=tuple(key for key in present if key not in wanted),
        tags=wanted if wanted.items() - present.items() else {},
    )


def present_stamp(snapshot: Snapshot) -> dict[str, str]:
    """Return the tags of the stamp that a snapshot has."""
    return {key: snapshot.tags[key] for key in _KEYS if key in snapshot.tags}


def _outdated(snapshot: Snapshot, stamp: Stamp, now: datetime) -> str | None:
    present = parse_instant(snapshot.tags.get(VERIFIED_AT, ""))
    # One that cannot be read, or of the future, says nothing and must not bar all that follow.
    if present is None or present > now + FUTURE_TOLERANCE:
        return None
    result = snapshot.tags.get(VERIFIED_RESULT)
    if stamp.verified_at < present:
        return (
            f"a newer restore test, of {iso_utc(present)}, {result}; this one, of "
            f"{iso_utc(stamp.verified_at)}, does not overwrite it"
        )
    if stamp.verified_at == present and (stamp.result, result) == ("passed", "failed"):
        return f"another restore test of the same instant, {iso_utc(present)}, failed"
    return None
