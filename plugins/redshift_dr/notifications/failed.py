"""Pages people when a run has failed, once for an incident."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from redshift_dr.evidence.document import TASKS
from redshift_dr.notifications.base import Message, RedshiftNotifier
from redshift_dr.notifications.facts import (
    facts_of_cluster,
    facts_of_failure,
    facts_of_incident,
    facts_of_run,
    newest_copy,
    pull,
    pull_history,
)
from redshift_dr.notifications.incidents import Incident, Record, claim, dag_key, incident_of
from redshift_dr.operators.backup_function import FAILURE_KEY
from redshift_dr.restore.naming import drill_cluster_identifier

DRILL_TASKS = (*TASKS, "record_evidence", "verdict")
"""The tasks of a drill, in their order."""


class RedshiftRunFailedNotifier(RedshiftNotifier):
    """Publish one page for a failed run of a cluster's DAG, from the DAG's failure callback.

    Only the DAG's callback fires for a killed or marked task too. A fault that other clusters have
    as well is one incident: the first of them pages for all.
    """

    headline = ""

    def message_of(self, context: Any) -> Message | None:
        """See :meth:`RedshiftNotifier.message_of`; ``None`` where another has paged for all."""
        now = datetime.now(UTC)
        failure, own = self.failure_of(context, now=now)
        facts = {
            **facts_of_cluster(self.cluster),
            **facts_of_run(context),
            **facts_of_failure(context, failure),
            **own,
        }
        dag_id, run_id = facts["dag_id"], facts["run_id"]
        incident = incident_of(self.cluster, dag_id=dag_id, run_id=run_id, failure=failure)
        record = Record(incident.id, incident.shared, self.kind, dag_id, run_id, now.isoformat())
        if incident.shared and not self._leads(incident, record, now):
            self.log.info("Another run has paged for the incident %s", incident.id)
            return None
        return Message(
            self.headline, {**facts, **facts_of_incident(incident, self.cluster)}, incident, record
        )

    def failure_of(
        self, context: Any, *, now: datetime
    ) -> tuple[Mapping[str, Any] | None, dict[str, str]]:
        """What the failed task left, and the facts that only this kind of run has."""
        raise NotImplementedError

    def _leads(self, incident: Incident, record: Record, now: datetime) -> bool:
        leads = self.remembered(
            lambda: claim(self.memory, incident.key, record, now=now, pause=time.sleep)
        )
        if leads is False:
            self.remembered(lambda: self._join(incident, record))
        return leads is not False

    def _join(self, incident: Incident, record: Record) -> None:
        """Be in the incident that another has paged for: the DAG's next success may end it."""
        leader = self.memory.read(incident.key)
        if leader is not None:
            self.memory.write(dag_key(record.dag_id), replace(record, at=leader.at, paged=True))

    def settle(self, message: Message, *, told: bool) -> None:
        """See :meth:`RedshiftNotifier.settle`."""
        incident, record = message.incident, replace(message.record, paged=True)
        if told:
            self.memory.write(dag_key(record.dag_id), record)
        if told and incident.shared:
            self.memory.write(incident.key, record)
        elif incident.shared:
            self.memory.forget(incident.key)


class RedshiftBackupFailedNotifier(RedshiftRunFailedNotifier):
    """The page of a backup."""

    kind = "backup_failed"
    headline = "Redshift backup failed"

    def failure_of(
        self, context: Any, *, now: datetime
    ) -> tuple[Mapping[str, Any] | None, dict[str, str]]:
        ti = context.get("ti")
        failure = pull(ti, ti.task_id, FAILURE_KEY) if ti is not None else None
        created = pull(ti, "create_snapshot") or {}
        return failure, {
            "snapshot_id": created.get("snapshot_id") or "-",
            "newest_good_copy": newest_copy(pull_history(ti, "wait_for_share"), now=now),
        }


class RedshiftApprovalFailedNotifier(RedshiftBackupFailedNotifier):
    """The page of a run that asks a person: unanswered, or it could not do what was approved."""

    kind = "approval_failed"
    headline = "Redshift approval failed"


class RedshiftDrillFailedNotifier(RedshiftRunFailedNotifier):
    """The page of a drill.

    The last task of a failed drill is the one that says so; the page tells what the first task
    that failed has left.
    """

    kind = "drill_failed"
    headline = "Redshift restore test failed"

    def failure_of(
        self, context: Any, *, now: datetime
    ) -> tuple[Mapping[str, Any] | None, dict[str, str]]:
        ti = context.get("ti")
        task_id, failure = _first_failure(ti)
        selected = pull(ti, "select_snapshot") or {}
        recorded = pull(ti, "record_evidence") or {}
        deleted = pull(ti, "delete_cluster") or {}
        run_id = str(context.get("run_id") or "-")
        return failure, {
            **({"task_id": task_id} if task_id else {}),
            "snapshot_id": selected.get("snapshot_id") or "-",
            "newest_good_copy": newest_copy(selected, now=now),
            "drill_cluster_identifier": drill_cluster_identifier(
                self.cluster.cluster_identifier, run_id
            ),
            "deletion": _deletion(deleted),
            "evidence_uri": recorded.get("evidence_uri") or "-",
        }


def _first_failure(ti: Any) -> tuple[str | None, dict[str, Any] | None]:
    """The first task, in the order of the drill, that left a failure, and what it left."""
    for task_id in DRILL_TASKS:
        failure = pull(ti, task_id, FAILURE_KEY)
        if failure:
            return task_id, failure
    return None, None


def _deletion(deleted: Mapping[str, Any]) -> str:
    if deleted.get("deleted"):
        return f"deleted at {deleted['deleted_at']}"
    return str(deleted.get("reason") or "not on record, it may still be there")
