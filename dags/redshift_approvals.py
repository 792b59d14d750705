"""Asks a person; up to two DAGs per cluster of clusters.yaml, both started by hand or by a run.

**redshift_prune_approval__<cluster>** is started by a backup whose prune deletes more than one run
may, where ``approvals.prune`` is set; by hand at any time.

1. **plan_prune** makes the plan; with nothing to approve it and all after it are skipped.
2. **approve_prune** shows it and waits for a person.
3. **prune_snapshots** deletes exactly that plan; one that has changed since is refused.

**redshift_release_hold__<cluster>** is started by hand, with a held snapshot and a reason.

1. **plan_release** shows the hold, and what the next prune does with the snapshot without it.
2. **approve_release** waits for a person, unless ``approvals.release`` is off.
3. **release_hold** takes the hold off; one that has changed since stays.

A DAG of their own, because only one run of a cluster's backup is active at a time: an approval that
waits within it would keep later backups from running. The backup that asks has ended well by then.

* **Answer** in the task's tab "Required Actions", or in the list of all of them under "Browse".
* **Rejected**: nothing is changed, the last task is skipped and the run is green, since a person
  has decided; the next backup over the limit asks again.
* **Unanswered** for ``approvals.timeout_hours``: nothing is changed, the run fails and pages.
* **Ask again**: clear the first task with all downstream tasks.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param

from redshift_dr.approvals import PRUNE_APPROVAL, RELEASE_HOLD, dag_id_of
from redshift_dr.config import ClusterConfig, load_fleet
from redshift_dr.documentation import (
    APPROVAL_RUNBOOK,
    dag_documentation,
    document_tasks,
    settings_of,
)
from redshift_dr.notifications import RedshiftApprovalFailedNotifier
from redshift_dr.operators.approval import RedshiftApprovalOperator
from redshift_dr.operators.approved_prune import (
    RedshiftPlanPruneOperator,
    RedshiftPruneApprovedPlanOperator,
)
from redshift_dr.operators.release import RedshiftPlanReleaseOperator, RedshiftReleaseHoldOperator
from redshift_dr.params import prune_params, release_params

ALERT = "approval_failed.txt.jinja"
RETRIES_TAKE = timedelta(hours=2)


def asking_dag(
    kind: str, cluster: ClusterConfig, alerts: Path, params: dict[str, dict[str, Any]]
) -> DAG:
    """A DAG without tasks, as both kinds have it.

    It is not paused at first: it does nothing by itself, and a question that waits for a DAG to be
    unpaused is one that nobody sees.

    :param kind: the first part of its name.
    :param cluster: the cluster's settings.
    :param alerts: the folder of the alert messages.
    :param params: its trigger form.
    """
    settings = settings_of(cluster, without=["drill", "schedule", "timezone", "deadlines"])
    return DAG(
        dag_id=dag_id_of(kind, cluster.cluster_identifier),
        description=f"asks a person about {cluster.cluster_identifier}",
        doc_md=dag_documentation(cluster, str(__doc__), settings, APPROVAL_RUNBOOK),
        schedule=None,
        start_date=datetime(2025, 1, 1, tzinfo=UTC),
        max_active_runs=1,
        is_paused_upon_creation=False,
        dagrun_timeout=cluster.approvals.timeout + RETRIES_TAKE,
        params={name: Param(**param) for name, param in params.items()},
        default_args={
            "retries": 2,
            "retry_delay": timedelta(seconds=30),
            "owner": cluster.owner,
            "pool": cluster.pool,
        },
        on_failure_callback=RedshiftApprovalFailedNotifier(
            cluster=cluster, template=alerts / ALERT
        ),
        tags=["redshift", "approval", cluster.owner],
    )


def prune_approval_dag(cluster: ClusterConfig, alerts: Path) -> DAG:
    """The DAG that asks about a prune over the limit.

    :param cluster: the cluster's settings.
    :param alerts: the folder of the alert messages.
    """
    with asking_dag(PRUNE_APPROVAL, cluster, alerts, prune_params(cluster)) as dag:
        plan = RedshiftPlanPruneOperator(task_id="plan_prune", cluster=cluster)
        approve = RedshiftApprovalOperator(
            task_id="approve_prune",
            cluster=cluster,
            asked=plan.output,
            asked_by="plan_prune",
        )
        prune = RedshiftPruneApprovedPlanOperator(
            task_id="prune_snapshots",
            cluster=cluster,
            planned=plan.output,
            approved=approve.output,
        )
        plan >> approve >> prune
        document_tasks(dag)
    return dag


def release_hold_dag(cluster: ClusterConfig, alerts: Path) -> DAG:
    """The DAG that releases a hold.

    :param cluster: the cluster's settings.
    :param alerts: the folder of the alert messages.
    """
    with asking_dag(RELEASE_HOLD, cluster, alerts, release_params()) as dag:
        plan = RedshiftPlanReleaseOperator(task_id="plan_release", cluster=cluster)
        approved = None
        if cluster.approvals.release:
            approve = RedshiftApprovalOperator(
                task_id="approve_release",
                cluster=cluster,
                asked=plan.output,
                asked_by="plan_release",
            )
            approved = approve.output
        release = RedshiftReleaseHoldOperator(
            task_id="release_hold", cluster=cluster, planned=plan.output, approved=approved
        )
        plan >> release
        document_tasks(dag)
    return dag


fleet = load_fleet(dags_folder=Path(__file__).parent)
for settings in fleet.clusters.values():
    release_hold_dag(settings, fleet.path.parent / "alerts")
    if settings.approvals.prune:
        prune_approval_dag(settings, fleet.path.parent / "alerts")
