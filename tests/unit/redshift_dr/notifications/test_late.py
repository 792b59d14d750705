"""The message of a backup that is not there in time."""

import asyncio
import json
from typing import Any

import pytest
from airflow.sdk import BaseXCom, DeadlineReference

from redshift_dr.config import ClusterConfig
from redshift_dr.config.notifier import NotifierConfig
from redshift_dr.notifications.incidents import dag_key, incident_of
from redshift_dr.notifications.late import (
    RedshiftBackupLateNotifier,
    late_alerts,
    reason_not_late,
    report_late_backup,
)
from tests.unit.redshift_dr.notifications.world import ALERTS, BACKUP, FakeMemory

TEMPLATE = ALERTS / "backup_late.txt.jinja"
RUN = "scheduled__2026-11-20T02:00:00+00:00"


def late_run(**fields: str) -> dict[str, Any]:
    """The context of a deadline's callback."""
    run = {
        "dag_id": BACKUP,
        "dag_run_id": RUN,
        "run_type": "scheduled",
        "state": "running",
        "logical_date": "2026-11-20T02:00:00Z",
        "run_after": "2026-11-20T02:00:00Z",
    }
    return {"dag_run": {**run, **fields}, "deadline": {"id": "1"}}


@pytest.mark.parametrize("state", ["running", "queued"])
def test_late_run_is_told_within_the_incident_of_its_own_failure(
    cluster: ClusterConfig, published: list[dict[str, Any]], state: str
) -> None:
    memory = FakeMemory()

    RedshiftBackupLateNotifier(cluster=cluster, template=TEMPLATE, memory=memory)(
        late_run(state=state)
    )

    (message,) = published
    assert message["subject"] == "Redshift backup is late: aca-redshift-cluster"
    for expected in (RUN, "2026-11-20T02:00:00Z", f"State:      {state}", "/runs/scheduled__"):
        assert expected in message["message"]
    failed = incident_of(cluster, dag_id=BACKUP, run_id=RUN, failure=None)
    assert message["message_attributes"] == {
        "severity": "warning",
        "cluster": "aca-redshift-cluster",
        "account": "164543933824",
        "kind": "backup_late",
        "incident": failed.id,
    }
    assert memory.records[dag_key(BACKUP)].kind == "backup_late"


@pytest.mark.parametrize(
    "fields", [{"state": "failed"}, {"state": "success"}, {"run_type": "backfill"}]
)
def test_failed_run_and_backfill_are_not_late(
    cluster: ClusterConfig, published: list[dict[str, Any]], fields: dict[str, str]
) -> None:
    context = late_run(**fields)

    RedshiftBackupLateNotifier(cluster=cluster, template=TEMPLATE, memory=FakeMemory())(context)

    assert reason_not_late(context["dag_run"])
    assert published == []


def test_late_message_tells_the_age_of_the_newest_copy(
    cluster: ClusterConfig, published: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = {"snapshot_id": "snapshot-1", "snapshot_create_time": "2026-11-19T02:00:09+00:00"}
    monkeypatch.setattr(BaseXCom, "get_one", lambda **_arguments: copy)

    RedshiftBackupLateNotifier(cluster=cluster, template=TEMPLATE, memory=FakeMemory())(late_run())

    assert "old: snapshot-1, taken 2026-11-19T02:00:09Z" in published[0]["message"]


def test_callback_makes_the_cluster_again_from_what_the_deadline_keeps_as_json(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    notifier = NotifierConfig(path="tests.unit.redshift_dr.notifications.test_base.Recorder")
    configured = cluster.model_copy(update={"late_after_minutes": 90, "notifiers": (notifier,)})
    (alert,) = late_alerts(configured, TEMPLATE)
    arguments = json.loads(json.dumps(alert.callback.kwargs))

    assert ClusterConfig.model_validate(arguments["settings"]) == configured
    assert alert.interval.total_seconds() == 90 * 60
    assert alert.reference is DeadlineReference.DAGRUN_LOGICAL_DATE
    assert alert.callback.path == "redshift_dr.notifications.late.report_late_backup"
    asyncio.run(report_late_backup(**arguments, context=late_run()))
    assert len(published) == 1


def test_no_deadline_where_the_configuration_has_none(cluster: ClusterConfig) -> None:
    assert late_alerts(cluster.model_copy(update={"late_after_minutes": None}), TEMPLATE) == []
