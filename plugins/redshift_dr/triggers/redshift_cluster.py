"""The asynchronous half of the waits for a drill's cluster."""

from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from redshift_dr.aws_errors import UNREACHABLE
from redshift_dr.hooks import RedshiftDrillHook
from redshift_dr.restore.cluster_wait import (
    NO_SNAPSHOTS_CODES,
    ClusterLook,
    ClusterWatch,
    Goal,
    creating_of,
    decide,
)
from redshift_dr.snapshot_wait import Decision
from redshift_dr.triggers.wait import WaitTrigger


class RedshiftDrillClusterTrigger(WaitTrigger):
    """Look at one cluster until it is where it should be, fails, or the deadline passes.

    Everything it decides by is serialized with absolute times, so that a restarted triggerer goes
    on with the same deadline. It looks, and changes nothing.

    :param goal: what is waited for, see :func:`redshift_dr.restore.cluster_wait.decide`.
    :param cluster_identifier: the one cluster.
    :param started: ISO 8601 instant at which the wait began.
    :param deadline: ISO 8601 instant at which it fails.
    :param grace_seconds: how long "not found" means "not visible yet".
    :param seen: whether the cluster was found before the task was deferred.
    :param polls: looks before the task was deferred.
    :param hook_arguments: see :class:`WaitTrigger`.

    The event is ``{"verdict": "ready"|"fail", "reason", "retry", "polls", "at", "deadline"}``.
    """

    hook_class = RedshiftDrillHook

    def __init__(
        self,
        *,
        goal: Goal,
        cluster_identifier: str,
        started: str,
        deadline: str,
        grace_seconds: float,
        seen: bool,
        polls: int,
        **hook_arguments: Any,
    ) -> None:
        super().__init__(seen=seen, **hook_arguments)
        self.goal: Goal = goal
        self.polls = polls
        self.watch = ClusterWatch(
            cluster_identifier=cluster_identifier,
            started=datetime.fromisoformat(started),
            deadline=datetime.fromisoformat(deadline),
            grace=timedelta(seconds=grace_seconds),
        )

    @classmethod
    def of(
        cls,
        goal: Goal,
        watch: ClusterWatch,
        *,
        seen: bool,
        polls: int,
        hook_arguments: dict[str, Any],
    ) -> "RedshiftDrillClusterTrigger":
        """The trigger for a watch."""
        return cls(goal=goal, seen=seen, polls=polls, **_plain(watch), **hook_arguments)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and constructor arguments, plain JSON."""
        state = {"goal": self.goal, "seen": self.seen, "polls": self.polls}
        return self.path, {**_plain(self.watch), **self.hook_arguments, **state}

    async def look(self, client: Any) -> tuple[Decision, dict[str, Any]]:
        """See :meth:`WaitTrigger.look`."""
        look = await self._look(client)
        now = datetime.now(UTC)
        decision = decide(self.goal, look, self.watch, now=now, seen=self.seen)
        self.polls += 1
        return decision, event_of(decision, self.watch, polls=self.polls, at=now)

    async def _look(self, client: Any) -> ClusterLook:
        name = self.watch.cluster_identifier
        try:
            response = await client.describe_clusters(ClusterIdentifier=name)
            creating = await self._creating(client) if self.goal == "deletable" else ()
        except ClientError as error:
            return ClusterLook.at_error(error.response)
        except UNREACHABLE as error:
            code, words = type(error).__name__, str(error)
            return ClusterLook(error_code=code, error_message=words, passing=True)
        return ClusterLook.at_response(response, creating)

    async def _creating(self, client: Any) -> list[str]:
        asked = {"ClusterIdentifier": self.watch.cluster_identifier, "SnapshotType": "manual"}
        pages = client.get_paginator("describe_cluster_snapshots").paginate(**asked)
        try:
            return creating_of([row async for page in pages for row in page["Snapshots"]])
        except ClientError as error:
            if error.response["Error"]["Code"] in NO_SNAPSHOTS_CODES:
                return []
            raise


def event_of(
    decision: Decision, watch: ClusterWatch, *, polls: int, at: datetime
) -> dict[str, Any]:
    """The trigger's event for a decision that ends the wait.

    What the task goes on with is in it, since ``dag.test()`` drops the arguments of a deferral.
    """
    return {
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "retry": decision.retry,
        "polls": polls,
        "at": at.isoformat(),
        "deadline": watch.deadline.isoformat(),
    }


def _plain(watch: ClusterWatch) -> dict[str, Any]:
    return {
        "cluster_identifier": watch.cluster_identifier,
        "started": watch.started.isoformat(),
        "deadline": watch.deadline.isoformat(),
        "grace_seconds": watch.grace.total_seconds(),
    }
