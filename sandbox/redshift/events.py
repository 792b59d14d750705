"""Events of clusters and snapshots, told from what was started and how it will end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.lifecycle import Run

KEPT = timedelta(days=14)


@dataclass(frozen=True)
class EventKind:
    """One number of Redshift's list. Source: captured ``describe-event-categories``."""

    event_id: str
    source_type: str
    category: str
    severity: str
    message: str


SNAPSHOT_STARTED = EventKind(
    "REDSHIFT-EVENT-2009", "cluster-snapshot", "management", "INFO",
    "A user-requested snapshot {snapshot} of cluster {cluster} started at {at}.",
)  # fmt: skip
SNAPSHOT_COMPLETED = EventKind(
    "REDSHIFT-EVENT-3004", "cluster-snapshot", "monitoring", "INFO",
    "The snapshot {snapshot} of cluster {cluster} completed at {at}.",
)  # fmt: skip
SNAPSHOT_FAILED = EventKind(
    "REDSHIFT-EVENT-3503", "cluster-snapshot", "monitoring", "ERROR",
    "The snapshot {snapshot} of cluster {cluster} failed at {at}.",
)  # fmt: skip
SNAPSHOT_DELETED = EventKind(
    "REDSHIFT-EVENT-2011", "cluster-snapshot", "management", "INFO",
    "The snapshot {snapshot} of cluster {cluster} was deleted at {at}.",
)  # fmt: skip
FINAL_STARTED = EventKind(
    "REDSHIFT-EVENT-2012", "cluster-snapshot", "management", "INFO",
    "The final snapshot {snapshot} of cluster {cluster} started at {at}.",
)  # fmt: skip
FINAL_COMPLETED = EventKind(
    "REDSHIFT-EVENT-3005", "cluster-snapshot", "monitoring", "INFO",
    "The final snapshot {snapshot} of cluster {cluster} completed at {at}.",
)  # fmt: skip
FINAL_FAILED = EventKind(
    "REDSHIFT-EVENT-3502", "cluster-snapshot", "monitoring", "ERROR",
    "The final snapshot {snapshot} of cluster {cluster} failed at {at}.",
)  # fmt: skip
CLUSTER_CREATED = EventKind(
    "REDSHIFT-EVENT-2000", "cluster", "management", "INFO",
    "The cluster {cluster} was created at {at}.",
)  # fmt: skip
CLUSTER_DELETED = EventKind(
    "REDSHIFT-EVENT-2001", "cluster", "management", "INFO",
    "The cluster {cluster} was deleted at {at}.",
)  # fmt: skip
RESTORE_STARTED = EventKind(
    "REDSHIFT-EVENT-2008", "cluster", "management", "INFO",
    "The restore of cluster {cluster} from snapshot {snapshot} started at {at}.",
)  # fmt: skip
RESTORE_QUERYABLE = EventKind(
    "REDSHIFT-EVENT-3003", "cluster", "monitoring", "INFO",
    "The cluster {cluster} was created from snapshot {snapshot} at {at} and can be queried.",
)  # fmt: skip
RESTORE_FAILED = EventKind(
    "REDSHIFT-EVENT-3501", "cluster", "monitoring", "ERROR",
    "The restore of cluster {cluster} from snapshot {snapshot} failed at {at}.",
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """Something that happens at an instant, which may still be ahead."""

    kind: EventKind
    at: datetime
    cluster: str
    snapshot: str = ""

    @property
    def source_identifier(self) -> str:
        """What the event is about."""
        return self.cluster if self.kind.source_type == "cluster" else self.snapshot

    def describe(self) -> dict[str, Any]:
        """Return the response's ``Event``."""
        at = self.at.strftime("%Y-%m-%d %H:%M UTC")
        return {
            "SourceIdentifier": self.source_identifier,
            "SourceType": self.kind.source_type,
            "Message": self.kind.message.format(
                cluster=self.cluster, snapshot=self.snapshot, at=at
            ),
            "EventCategories": [self.kind.category],
            "Severity": self.kind.severity,
            "Date": self.at,
            "EventId": self.kind.event_id,
        }


def snapshot_events(run: Run, cluster: str, snapshot: str, *, final: bool = False) -> list[Event]:
    """Return the events of a snapshot from its start to its end."""
    started, completed, failed = (
        (FINAL_STARTED, FINAL_COMPLETED, FINAL_FAILED)
        if final
        else (SNAPSHOT_STARTED, SNAPSHOT_COMPLETED, SNAPSHOT_FAILED)
    )
    events = [Event(started, run.started_at, cluster, snapshot)]
    if run.finished_at is not None:
        end = completed if run.outcome == "available" else failed
        events.append(Event(end, run.finished_at, cluster, snapshot))
    return events


def restore_events(
    run: Run, queryable_at: datetime | None, cluster: str, snapshot: str
) -> list[Event]:
    """Return the events of a restore. 3537 is left out: RA3 does not emit it."""
    events = [Event(RESTORE_STARTED, run.started_at, cluster, snapshot)]
    if queryable_at is not None:
        events.append(Event(RESTORE_QUERYABLE, queryable_at, cluster, snapshot))
    elif run.finished_at is not None:
        events.append(Event(RESTORE_FAILED, run.finished_at, cluster, snapshot))
    return events
