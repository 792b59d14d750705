"""Tells people of a backup that is not there in time, while its run still goes on."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.sdk import (  # type: ignore[attr-defined]  # missing in Airflow's own stub
    AsyncCallback,
    BaseXCom,
    DeadlineAlert,
    DeadlineReference,
)
from airflow.sdk.configuration import conf

from redshift_dr.config.models import ClusterConfig
from redshift_dr.notifications.base import Message, RedshiftNotifier
from redshift_dr.notifications.facts import (
    age_words,
    facts_of_cluster,
    facts_of_incident,
    newest_copy,
)
from redshift_dr.notifications.incidents import Record, dag_key, incident_of
from redshift_dr.runs import iso

ENDED = ("success", "failed")


def late_alerts(cluster: ClusterConfig, template: Path) -> list[DeadlineAlert]:
    """The deadline of a cluster's backups; none where the configuration says so.

    The callback runs in the triggerer: the executor's workers may be the very reason why a backup
    is late, and only there can a callback remember what it has told. The reference is the slot: a
    run that was queued late is late, too, and Airflow 3.3.2 cannot clear a task of a failed run
    whose deadline counts from when it was queued (HTTP 500). A run without a logical date has no
    deadline.
    """
    if cluster.late_after_minutes is None:
        return []
    settings = cluster.model_dump(mode="json", exclude_defaults=True, exclude={"drill"})
    callback = AsyncCallback(
        report_late_backup, kwargs={"settings": settings, "template": str(template)}
    )
    return [
        DeadlineAlert(
            reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
            interval=timedelta(minutes=cluster.late_after_minutes),
            callback=callback,
            name="backup_late",
        )
    ]


async def report_late_backup(
    settings: Mapping[str, Any], template: str, context: Mapping[str, Any]
) -> None:
    """The callback of the deadline.

    :param settings: of the cluster, as JSON.
    :param template: the Jinja file.
    :param context: ``dag_run`` in the shape of the REST API, and ``deadline``.
    """
    cluster = ClusterConfig.model_validate(dict(settings))
    notifier = RedshiftBackupLateNotifier(cluster=cluster, template=Path(template))
    await asyncio.to_thread(notifier, dict(context))


def reason_not_late(dag_run: Mapping[str, Any]) -> str | None:
    """Why a run that is not there in time is not to be told of, ``None`` where it is.

    Airflow drops the deadline of a run that succeeds, and of no other.

    :param dag_run: the run when its deadline passed.
    """
    if dag_run["state"] in ENDED:
        return f"it had ended: {dag_run['state']}"
    if dag_run["run_type"] == "backfill":
        return "a backfill waits for its turn"
    return None


class RedshiftBackupLateNotifier(RedshiftNotifier):
    """The message of a late backup. It belongs to the incident of the run's own failure."""

    kind = "backup_late"
    severity = "warning"

    def message_of(self, context: Any) -> Message | None:
        """See :meth:`RedshiftNotifier.message_of`; ``None`` where the run is not late."""
        dag_run, now = context["dag_run"], datetime.now(UTC)
        reason = reason_not_late(dag_run)
        if reason is not None:
            self.log.info("%s is not reported as late: %s", dag_run["dag_run_id"], reason)
            return None
        dag_id, run_id = dag_run["dag_id"], dag_run["dag_run_id"]
        incident = incident_of(self.cluster, dag_id=dag_id, run_id=run_id, failure=None)
        facts = {
            **facts_of_cluster(self.cluster),
            **_facts_of_late_run(dag_run, now=now),
            "newest_good_copy": newest_copy(self._shared_before(dag_id, run_id), now=now),
            **facts_of_incident(incident, self.cluster),
        }
        record = Record(incident.id, False, self.kind, dag_id, run_id, now.isoformat())
        return Message("Redshift backup is late", facts, incident, record)

    def _shared_before(self, dag_id: str, run_id: str) -> Any:
        return self.remembered(
            lambda: BaseXCom.get_one(
                key="return_value",
                dag_id=dag_id,
                task_id="wait_for_share",
                run_id=run_id,
                include_prior_dates=True,
            )
        )

    def settle(self, message: Message, *, told: bool) -> None:
        """See :meth:`RedshiftNotifier.settle`."""
        if told:
            record = message.record
            self.memory.write(dag_key(record.dag_id), replace(record, paged=True))


def _facts_of_late_run(dag_run: Mapping[str, Any], *, now: datetime) -> dict[str, str]:
    slot = datetime.fromisoformat(dag_run["logical_date"])
    run = quote(dag_run["dag_run_id"])
    base_url = conf.get("api", "base_url", fallback="http://localhost:8080/")
    return {
        "dag_id": str(dag_run["dag_id"]),
        "run_id": str(dag_run["dag_run_id"]),
        "task_id": "-",
        "slot": iso(slot),
        "reason": f"{dag_run['state']}, {age_words(slot, now=now)} after its slot",
        "log_url": f"{base_url.rstrip('/')}/dags/{dag_run['dag_id']}/runs/{run}",
    }
