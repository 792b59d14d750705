"""Pages people over SNS when a run has failed."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.notifications.sns import SnsNotifier
from airflow.sdk.exceptions import AirflowRuntimeError

from redshift_dr.config.models import ClusterConfig
from redshift_dr.messages import render_message, subject
from redshift_dr.operators.backup_function import FAILURE_KEY
from redshift_dr.restore.naming import drill_cluster_identifier
from redshift_dr.runs import iso

if TYPE_CHECKING:
    from airflow.sdk import Context

TIMED_OUT = "timed_out"
"""Airflow's reason for a run over its ``dagrun_timeout``."""
TIMED_OUT_FAILURE = {
    "error": "the run took longer than it may and was ended, so that later backups can run",
    "next_step": "Look which task was waiting, then clear it. A run whose logical date is in the "
    "future starts no task before it.",
}
DRILL_TASKS = (
    "select_snapshot",
    "restore_cluster",
    "wait_for_cluster",
    "validate",
    "keep_dr_copy",
    "delete_cluster",
    "record_evidence",
    "verdict",
)
"""The tasks of a drill, in their order."""

DEFAULT_NEXT_STEP = "Open the log, correct the cause, then clear the failed task."


class RedshiftRunFailedNotifier(SnsNotifier):
    """Publish one page for a failed run of a cluster's DAG, from the DAG's failure callback.

    Only the DAG's callback fires for a killed or marked task too. The message comes from a Jinja
    file; a missing or broken one falls back to plain text, since a page that does not arrive is
    worse than an ugly one. If SNS cannot be reached the page itself goes to the log as ERROR.

    :param cluster: the cluster's settings; topic, connection and contact come from them.
    :param template: the Jinja file; its variables are the keys of :meth:`facts_of`.
    """

    template_fields = ()
    kind = "run_failed"

    def __init__(self, *, cluster: ClusterConfig, template: Path) -> None:
        super().__init__(
            aws_conn_id=cluster.source_conn_id,
            target_arn=cluster.alert_topic_arn,
            message="",
            region_name=cluster.alert_topic_arn.split(":")[3],
        )
        self.cluster = cluster
        self.template = template

    def render_template_fields(self, context: "Context", jinja_env: Any = None) -> None:
        """Nothing to render: Airflow swallows a template error, and with it the page."""

    def notify(self, context: "Context") -> None:
        """Publish the page.

        :raises botocore.exceptions.ClientError: SNS refused; the page is in the log.
        """
        facts = self.facts_of(context)
        self.message = render_message(self.template, facts, self.log)
        self.subject = subject_of(self.headline, facts)
        self.message_attributes = {
            "severity": "critical",
            "cluster": self.cluster.cluster_identifier,
            "kind": self.kind,
        }
        delivered = False
        try:
            super().notify(context)
            delivered = True
        finally:
            if not delivered:
                self.log.error(
                    "The page did not reach %s:\n%s", self.cluster.alert_topic_arn, self.message
                )

    @property
    def headline(self) -> str:
        """How the subject begins."""
        raise NotImplementedError

    def facts_of(self, context: "Context") -> dict[str, str]:
        """What the page tells. Every key is always there, as text."""
        raise NotImplementedError


class RedshiftBackupFailedNotifier(RedshiftRunFailedNotifier):
    """The page of a backup."""

    kind = "backup_failed"
    headline = "Redshift backup failed"

    def facts_of(self, context: "Context") -> dict[str, str]:
        known: Any = context
        ti = known.get("ti")
        failure = _pull(ti, ti.task_id, FAILURE_KEY) if ti is not None else None
        created = _pull(ti, "create_snapshot", "return_value")
        return {
            **_facts_of_run(self.cluster, known, failure),
            "snapshot_id": (created or {}).get("snapshot_id") or "-",
        }


class RedshiftDrillFailedNotifier(RedshiftRunFailedNotifier):
    """The page of a drill.

    The last task of a failed drill is the one that says so; the page tells what the first task
    that failed has left.
    """

    kind = "drill_failed"
    headline = "Redshift restore test failed"

    def facts_of(self, context: "Context") -> dict[str, str]:
        known: Any = context
        ti = known.get("ti")
        task_id, failure = _first_failure(ti)
        selected = _pull(ti, "select_snapshot", "return_value") or {}
        recorded = _pull(ti, "record_evidence", "return_value") or {}
        deleted = _pull(ti, "delete_cluster", "return_value") or {}
        run_id = str(known.get("run_id") or "-")
        return {
            **_facts_of_run(self.cluster, known, failure),
            **({"task_id": task_id} if task_id else {}),
            "snapshot_id": selected.get("snapshot_id") or "-",
            "drill_cluster_identifier": drill_cluster_identifier(
                self.cluster.cluster_identifier, run_id
            ),
            "deletion": _deletion(deleted),
            "evidence_uri": recorded.get("evidence_uri") or "-",
        }


def _first_failure(ti: Any) -> tuple[str | None, dict[str, Any] | None]:
    """The first task, in the order of the drill, that left a failure, and what it left."""
    for task_id in DRILL_TASKS:
        failure = _pull(ti, task_id, FAILURE_KEY)
        if failure:
            return task_id, failure
    return None, None


def _deletion(deleted: Mapping[str, Any]) -> str:
    if deleted.get("deleted"):
        return f"deleted at {deleted['deleted_at']}"
    return str(deleted.get("reason") or "not on record, it may still be there")


def _facts_of_run(
    cluster: ClusterConfig, known: Any, failure: Mapping[str, Any] | None
) -> dict[str, str]:
    """What is known of a failed run.

    The context of a DAG callback has no ``exception`` and, for a run that never had a task, nothing
    but ``dag``, ``run_id`` and ``reason``.
    """
    ti, dag_run = known.get("ti"), known.get("dag_run")
    slot = None
    if dag_run is not None:
        slot = dag_run.logical_date or dag_run.run_after
    if known.get("reason") == TIMED_OUT:
        failure = TIMED_OUT_FAILURE
    return {
        "cluster_identifier": cluster.cluster_identifier,
        "source_account_id": cluster.source_account_id,
        "target_account_id": cluster.target_account_id,
        "region_name": cluster.region_name,
        "contact": cluster.contact,
        "runbook_url": cluster.runbook_url or "-",
        "dag_id": getattr(known.get("dag"), "dag_id", "-"),
        "run_id": str(known.get("run_id") or "-"),
        "task_id": ti.task_id if ti is not None else "-",
        "slot": iso(slot) if slot else "-",
        "reason": str(known.get("reason") or "-"),
        "error": (failure or {}).get("error") or "see the log",
        "next_step": (failure or {}).get("next_step") or DEFAULT_NEXT_STEP,
        "log_url": getattr(ti, "log_url", None) or "-",
    }


def _pull(ti: Any, task_id: str, key: str) -> dict[str, Any] | None:
    """An XCom of the run; a page goes out without it where it cannot be read."""
    if ti is None:
        return None
    try:
        value = ti.xcom_pull(task_ids=task_id, key=key)
    except (AirflowRuntimeError, ImportError):  # ImportError: dag.test() has no supervisor to ask
        return None
    return value if isinstance(value, dict) else None


def subject_of(headline: str, facts: Mapping[str, Any]) -> str:
    """The page's subject, within what SNS accepts."""
    return subject(f"{headline}: {facts['cluster_identifier']} ({facts['task_id']})")
