"""What one run of the backup DAG is for: its slot, and what its configuration asks for. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable
from pendulum import instance

from redshift_dr.config.models import ClusterConfig
from redshift_dr.run_request import (
    PruneRequest,
    RunRequest,
    account_faults,
    contradictions,
    read_request,
)

SCHEDULED_RUN_TYPES = ("scheduled", "backfill")
DEFAULT_WINDOW = timedelta(hours=24)
"""The function's own window where no end of the slot is given (contract: ``SLOT_WINDOW_HOURS``)."""


@dataclass(frozen=True)
class BackupRun:
    """One run of one cluster's backup DAG.

    :param cluster: the cluster's settings.
    :param request: what was asked for.
    :param slot: the instant the backup is due, UTC, whole seconds.
    :param slot_end: end of the slot's window for scheduled and backfill runs, else ``None``.
    :param correlation_id: the run id; on every log line of the function.
    :param past_slot: a sentence if the slot's window is over by now, else ``None``.
    """

    cluster: ClusterConfig
    request: RunRequest
    slot: datetime
    slot_end: datetime | None
    correlation_id: str
    past_slot: str | None

    @property
    def target_account_ids(self) -> tuple[str, ...]:
        """The accounts this run shares with."""
        return self.request.target_account_ids or self.cluster.all_target_account_ids

    @property
    def retention_days(self) -> int:
        """The age under which this run's prune keeps every snapshot."""
        return self.request.retention_days or self.cluster.retention_days

    def payload(self, action: str) -> dict[str, Any]:
        """The fields that every request to the function has (contract, section 4)."""
        payload: dict[str, Any] = {
            "action": action,
            "cluster_identifier": self.cluster.cluster_identifier,
            "correlation_id": self.correlation_id,
        }
        if self.request.dry_run:
            payload["dry_run"] = True
        return payload

    def create_payload(self) -> dict[str, Any]:
        """The request that makes, or adopts, the slot's snapshot."""
        payload = {**self.payload("create"), "slot": iso(self.slot)}
        if self.slot_end is not None:
            payload["slot_end"] = iso(self.slot_end)
        if self.cluster.when_paused == "skip":
            payload["when_paused"] = "skip"
        return payload

    def share_payload(self, snapshot_id: str) -> dict[str, Any]:
        """The request that shares one snapshot with this run's accounts."""
        return {
            **self.payload("share"),
            "snapshot_id": snapshot_id,
            "target_account_ids": list(self.target_account_ids),
        }

    def hold_payload(self, snapshot_id: str) -> dict[str, Any]:
        """The request that protects one snapshot from every deletion."""
        return {
            **self.payload("hold"),
            "snapshot_id": snapshot_id,
            "reason": self.request.hold_reason,
        }

    def prune_payload(self) -> dict[str, Any]:
        """The request that applies this run's retention."""
        payload = {
            **self.payload("prune"),
            "target_account_ids": list(self.target_account_ids),
            "retention_days": self.retention_days,
        }
        if self.cluster.keep_weekly:
            payload["keep_weekly"] = self.cluster.keep_weekly
        if self.cluster.keep_monthly:
            payload["keep_monthly"] = self.cluster.keep_monthly
        if self.request.approved_plan_sha256:
            payload["approved_plan_sha256"] = self.request.approved_plan_sha256
        return payload

    def prune_conf(self) -> dict[str, Any]:
        """What another run has to be asked for to prune as this one would."""
        return self.request.model_dump(
            mode="json", include=set(PruneRequest.model_fields), exclude_none=True
        )


def read_run(
    cluster: ClusterConfig,
    dag_run: Any,
    *,
    now: datetime,
    model: type[PruneRequest] = RunRequest,
) -> BackupRun:
    """Read a run's identity and configuration.

    :param cluster: the settings of the run's cluster.
    :param dag_run: Airflow's run: ``run_id, run_type, logical_date, run_after, conf``.
    :param now: aware UTC time.
    :param model: what may be asked of runs of this DAG.
    :raises RunRequestError: with every fault of the configuration at once.
    """
    conf = dag_run.conf or {}
    faults = [*account_faults(cluster, conf.get("target_account_ids")), *contradictions(conf)]
    request = RunRequest(**dict(read_request(model, conf, faults)))
    slot = whole_seconds(dag_run.logical_date or dag_run.run_after)
    due = next_slot(cluster, slot)
    ends = due or slot + DEFAULT_WINDOW
    run_type = str(getattr(dag_run.run_type, "value", dag_run.run_type))
    past_slot = None
    if run_type == "backfill":
        past_slot = f"it is a backfill of the slot {iso(slot)}"
    elif now >= ends:
        past_slot = f"its slot {iso(slot)} ended at {iso(ends)}, and it began at {iso(now)}"
    return BackupRun(
        cluster=cluster,
        request=request,
        slot=slot,
        slot_end=due if run_type in SCHEDULED_RUN_TYPES else None,
        correlation_id=dag_run.run_id,
        past_slot=past_slot,
    )


def next_slot(cluster: ClusterConfig, slot: datetime) -> datetime | None:
    """The slot after ``slot`` by the cluster's schedule, read in its time zone.

    :return: ``None`` for a cluster without a schedule.
    """
    if cluster.schedule is None:
        return None
    timetable = CronTriggerTimetable(cluster.schedule, timezone=cluster.timezone)
    following = timetable.next_dagrun_info(
        last_automated_data_interval=DataInterval.exact(instance(slot)),
        restriction=TimeRestriction(earliest=None, latest=None, catchup=True),
    )
    return whole_seconds(following.run_after) if following else None


def reason_not_to_prune(
    run: BackupRun, event_slots: Iterable[datetime], *, past_slot: str | None
) -> str | None:
    """Why this run must leave the shelf alone, or ``None`` if it is the one that prunes.

    Only the run of the newest slot prunes: an older one knows less of the shelf than a newer one.

    :param past_slot: the run's ``past_slot`` as it was when its snapshot was asked for. A run that
        began in time may take longer than its slot and still prunes.
    :param event_slots: the slots of the snapshots known to be shared.
    """
    if run.request.skip_prune:
        return "the run was asked to skip it (skip_prune)"
    if run.request.snapshot_id:
        return f"the run only shared the existing snapshot {run.request.snapshot_id}"
    if past_slot:
        return f"the run is of a past slot: {past_slot}"
    newest = max(event_slots, default=run.slot)
    if newest > run.slot:
        return f"the newer slot {iso(newest)} is already backed up (this one is {iso(run.slot)})"
    return None


def whole_seconds(moment: datetime) -> datetime:
    """The instant in UTC, cut to whole seconds, as slots are counted."""
    return datetime.fromtimestamp(int(moment.timestamp()), tz=UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with the suffix ``Z``, whole seconds."""
    return whole_seconds(moment).strftime("%Y-%m-%dT%H:%M:%SZ")
