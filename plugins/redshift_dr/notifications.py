"""Pages people over SNS when a run has failed."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.notifications.sns import SnsNotifier
from airflow.sdk.exceptions import AirflowRuntimeError

from redshift_dr.config.models import ClusterConfig
from redshift_dr.messages import render_message, subject
from redshift_dr.operators.backup_function import FAILURE_KEY
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
DEFAULT_NEXT_STEP = "Open the log, correct the cause, then clear the failed task."


class RedshiftBackupFailedNotifier(SnsNotifier):
    """Publish one page for a failed run of a cluster's DAG, from the DAG's failure callback.

    Only the DAG's callback fires for a killed or marked task too. The message comes from a Jinja
    file; a missing or broken one falls back to plain text, since a page that does not arrive is
    worse than an ugly one. If SNS cannot be reached the page itself goes to the log as ERROR.

    :param cluster: the cluster's settings; topic, connection and contact come from them.
    :param template: the Jinja file; its variables are the keys of :func:`facts_of_run`.
    """

    template_fields = ()

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
        facts = facts_of_run(self.cluster, context)
        self.message = render_message(self.template, facts, self.log)
        self.subject = subject_of(facts)
        self.message_attributes = {
            "severity": "critical",
            "cluster": self.cluster.cluster_identifier,
            "kind": "backup_failed",
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


def facts_of_run(cluster: ClusterConfig, context: "Context") -> dict[str, Any]:
    """What is known of a failed run. Every key is always there, as text.

    The context of a DAG callback has no ``exception`` and, for a run that never had a task, nothing
    but ``dag``, ``run_id`` and ``reason``.
    """
    known: Any = context
    ti, dag_run = known.get("ti"), known.get("dag_run")
    slot = None
    if dag_run is not None:
        slot = dag_run.logical_date or dag_run.run_after
    failure = _pull(ti, ti.task_id, FAILURE_KEY) if ti is not None else None
    if known.get("reason") == TIMED_OUT:
        failure = TIMED_OUT_FAILURE
    created = _pull(ti, "create_snapshot", "return_value") if ti is not None else None
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
        "snapshot_id": (created or {}).get("snapshot_id") or "-",
        "reason": str(known.get("reason") or "-"),
        "error": (failure or {}).get("error") or "see the log",
        "next_step": (failure or {}).get("next_step") or DEFAULT_NEXT_STEP,
        "log_url": getattr(ti, "log_url", None) or "-",
    }


def _pull(ti: Any, task_id: str, key: str) -> dict[str, Any] | None:
    """An XCom of the run; a page goes out without it where it cannot be read."""
    try:
        value = ti.xcom_pull(task_ids=task_id, key=key)
    except (AirflowRuntimeError, ImportError):  # ImportError: dag.test() has no supervisor to ask
        return None
    return value if isinstance(value, dict) else None


def subject_of(facts: Mapping[str, Any]) -> str:
    """The page's subject, within what SNS accepts."""
    return subject(f"Redshift backup failed: {facts['cluster_identifier']} ({facts['task_id']})")
