"""Backs up one Redshift cluster into the DR account; one DAG per cluster of clusters.yaml.

1. **create_snapshot** asks the backup function for the slot's snapshot.
2. **wait_for_snapshot** waits, holding no worker, until it is available.
3. **share_snapshot** shares it with the DR account.
4. **wait_for_share** sees it *from* the DR account, and emits the asset event.
5. **prune_snapshots** removes what the retention lets go, never the last good ones.

**record_inventory_before** and **record_inventory_after** note what the cluster holds around the
snapshot's beginning, for the restore test to compare with. They are skipped with a warning where
they cannot, and never stop or delay a backup.

* **Retry or clear** any task at any time: the snapshot is named by its slot, so nothing is made
  twice. After a failed snapshot clear create_snapshot with all downstream tasks.
* **Trigger with config**: *dry_run* changes nothing and shows the plan, *snapshot_id* shares an
  existing snapshot, *hold_reason* holds the one that is made or shared, *skip_prune* deletes
  nothing, *retention_days* only lengthens.
* **Backfill** promotes the automated snapshot of the past slot, or says that there is none. It
  never prunes; only the run of the newest slot does. Many slots at once stay within the pool.
* **More deletions than one run may** are left to a person, where *approvals.prune* is set: the
  DAG redshift_prune_approval__<cluster> asks, and this run ends well. Else prune_snapshots fails.
* **A failed run** pages the alert topic with the error and the first step to take, and the first
  success after it reports the recovery. A fault of the connection or the function is paged once for
  all clusters. A run that is not done in time is reported as late. A run that a person marks as
  failed is not paged.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.sdk import CronTriggerTimetable, Param

from redshift_dr.assets import shared_snapshot
from redshift_dr.config import ClusterConfig, load_fleet
from redshift_dr.config.drill import DrillConfig
from redshift_dr.documentation import (
    BACKUP_RUNBOOK,
    dag_documentation,
    document_tasks,
    settings_of,
)
from redshift_dr.notifications import (
    RedshiftBackupFailedNotifier,
    RedshiftRecoveredNotifier,
    late_alerts,
)
from redshift_dr.operators.backup import (
    RedshiftCreateSnapshotOperator,
    RedshiftShareSnapshotOperator,
)
from redshift_dr.operators.inventory import DEADLINE_SECONDS, RedshiftRecordInventoryOperator
from redshift_dr.operators.prune import RedshiftPruneSnapshotsOperator
from redshift_dr.params import backup_params
from redshift_dr.sensors.redshift_snapshot import (
    RedshiftClusterSnapshotSensor,
    RedshiftSharedSnapshotSensor,
)
from redshift_dr.trying import TriableDAG

DEFAULT_ARGS = {
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=10),
}

INVENTORY_TIMEOUT = timedelta(seconds=DEADLINE_SECONDS + 30)
"""For a task that hangs in spite of its own deadline."""


def documentation(cluster: ClusterConfig) -> str:
    """The page behind the DAG's "Dag Docs" button.

    :param cluster: its settings.
    """
    settings = settings_of(cluster, without=["drill"])
    return dag_documentation(cluster, str(__doc__), settings, BACKUP_RUNBOOK)


def backup_dag(cluster: ClusterConfig, alerts: Path) -> TriableDAG:
    """The backup DAG of one cluster.

    :param cluster: its settings.
    :param alerts: the folder of the alert messages.
    """
    timetable = cluster.schedule and CronTriggerTimetable(
        cluster.schedule, timezone=cluster.timezone
    )
    asset = shared_snapshot(cluster.cluster_identifier)
    with TriableDAG(
        dag_id=f"redshift_backup__{cluster.cluster_identifier}",
        description=f"{cluster.cluster_identifier} into account {cluster.target_account_id}",
        doc_md=documentation(cluster),
        schedule=timetable,
        start_date=datetime(2025, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=cluster.deadlines.run,
        params={name: Param(**param) for name, param in backup_params(cluster).items()},
        default_args={**DEFAULT_ARGS, "owner": cluster.owner, "pool": cluster.pool},
        on_failure_callback=RedshiftBackupFailedNotifier(
            cluster=cluster, template=alerts / "backup_failed.txt.jinja"
        ),
        on_success_callback=RedshiftRecoveredNotifier(
            cluster=cluster, template=alerts / "recovered.txt.jinja", proof="wait_for_share"
        ),
        deadline=late_alerts(cluster, alerts / "backup_late.txt.jinja"),
        tags=["redshift", "backup", cluster.owner],
    ) as dag:
        create = RedshiftCreateSnapshotOperator(
            task_id="create_snapshot", cluster=cluster, trigger_rule="all_done"
        )
        wait = RedshiftClusterSnapshotSensor(
            task_id="wait_for_snapshot",
            created=create.output,
            aws_conn_id=cluster.source_conn_id,
            region_name=cluster.region_name,
            timeout=timedelta(minutes=cluster.deadlines.snapshot_minutes),
        )
        share = RedshiftShareSnapshotOperator(
            task_id="share_snapshot",
            cluster=cluster,
            created=create.output,
            waited=wait.output,
            trigger_rule="none_failed",
        )
        confirm = RedshiftSharedSnapshotSensor(
            task_id="wait_for_share",
            created=create.output,
            share=share.output,
            owner_account=cluster.source_account_id,
            viewer_account=cluster.target_account_id,
            aws_conn_id=cluster.dr_conn_id,
            region_name=cluster.region_name,
            timeout=timedelta(minutes=cluster.deadlines.share_minutes),
            outlets=[asset],
            trigger_rule="none_failed",
        )
        prune = RedshiftPruneSnapshotsOperator(
            task_id="prune_snapshots",
            cluster=cluster,
            created=create.output,
            confirmed=confirm.output,
            asset=asset,
            trigger_rule="none_failed",
        )
        create >> wait >> share >> confirm >> prune
        if cluster.drill:
            record_inventory(cluster, cluster.drill, create)
        document_tasks(dag)
    return dag


def record_inventory(
    cluster: ClusterConfig, drill: DrillConfig, create: RedshiftCreateSnapshotOperator
) -> None:
    """Put the two inventories around ``create_snapshot``.

    A backup neither waits nor fails for them: ``create_snapshot`` runs however the first one ended,
    the first one never retries, and the second is a teardown, which does not count for the run.

    :param cluster: its settings.
    :param drill: its restore test.
    :param create: the task that begins the snapshot.
    """
    before = RedshiftRecordInventoryOperator(
        task_id="record_inventory_before",
        cluster=cluster,
        drill=drill,
        moment="before",
        retries=0,
        execution_timeout=INVENTORY_TIMEOUT,
    )
    after = RedshiftRecordInventoryOperator(
        task_id="record_inventory_after",
        cluster=cluster,
        drill=drill,
        moment="after",
        created=create.output,
        before=before.output,
        execution_timeout=INVENTORY_TIMEOUT,
    )
    before >> create >> after.as_teardown()


fleet = load_fleet(dags_folder=Path(__file__).parent)
for settings in fleet.clusters.values():
    backup_dag(settings, fleet.path.parent / "alerts")
