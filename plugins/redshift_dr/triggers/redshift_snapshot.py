"""The asynchronous half of the snapshot sensor."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from redshift_dr.aws_errors import UNREACHABLE
from redshift_dr.hooks import RedshiftSnapshotHook
from redshift_dr.snapshot_wait import Decision, Look, Watch, decide, facts_of
from redshift_dr.triggers.wait import WaitTrigger


class RedshiftClusterSnapshotTrigger(WaitTrigger):
    """Look at one snapshot until it is available, fails, or the deadline passes.

    Everything it decides by is serialized with absolute times, so that a restarted triggerer goes
    on with the same deadline. Throttling and lost connections wait like anything else: there is no
    loop that the deadline does not end.

    :param snapshot_identifier: the one snapshot.
    :param owner_account: owner of a shared snapshot; ``None`` for the account's own.
    :param started: ISO 8601 instant at which the wait began.
    :param deadline: ISO 8601 instant at which it fails.
    :param grace_seconds: how long "not found" is pending; ``None``: until the deadline.
    :param not_found: the sentence for a snapshot that never showed.
    :param seen: whether the snapshot was found before the task was deferred.
    :param hook_arguments: see :class:`WaitTrigger`.

    The event is ``{"verdict": "ready"|"fail", "reason", "retry", "error_type": AWS's code or None,
    "snapshot": {...}|None}``.
    """

    hook_class = RedshiftSnapshotHook

    def __init__(
        self,
        *,
        snapshot_identifier: str,
        owner_account: str | None,
        started: str,
        deadline: str,
        grace_seconds: float | None,
        not_found: str,
        seen: bool,
        **hook_arguments: Any,
    ) -> None:
        super().__init__(seen=seen, **hook_arguments)
        self.watch = Watch(
            snapshot_identifier=snapshot_identifier,
            owner_account=owner_account,
            started=datetime.fromisoformat(started),
            deadline=datetime.fromisoformat(deadline),
            grace=None if grace_seconds is None else timedelta(seconds=grace_seconds),
            not_found=not_found,
        )

    @classmethod
    def of(
        cls, watch: Watch, *, seen: bool, hook_arguments: dict[str, Any]
    ) -> "RedshiftClusterSnapshotTrigger":
        """The trigger for a watch."""
        return cls(seen=seen, **_plain(watch), **hook_arguments)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and constructor arguments, plain JSON."""
        return self.path, {**_plain(self.watch), **self.hook_arguments, "seen": self.seen}

    async def look(self, client: Any) -> tuple[Decision, dict[str, Any]]:
        """See :meth:`WaitTrigger.look`."""
        look = await self._look(client)
        decision = decide(look, self.watch, now=datetime.now(UTC), seen=self.seen)
        return decision, event_of(decision, look)

    async def _look(self, client: Any) -> Look:
        try:
            response = await client.describe_cluster_snapshots(**self.watch.request())
        except ClientError as error:
            return Look.at_error(error.response)
        except UNREACHABLE as error:
            return Look(error_code=type(error).__name__, error_message=str(error), passing=True)
        return Look.at_response(response)


def event_of(decision: Decision, look: Look) -> dict[str, Any]:
    """The trigger's event for a decision that ends the wait."""
    return {
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "retry": decision.retry,
        "error_type": look.error_code,
        "snapshot": facts_of(look.snapshot) if look.snapshot is not None else None,
    }


def _plain(watch: Watch) -> dict[str, Any]:
    fields = asdict(watch)
    grace = fields.pop("grace")
    return {
        **fields,
        "started": watch.started.isoformat(),
        "deadline": watch.deadline.isoformat(),
        "grace_seconds": None if grace is None else grace.total_seconds(),
    }
