"""Proves that one Redshift cluster's backup can be restored; one DAG per cluster, weekly.

1. **select_snapshot** chooses the newest shared snapshot; one that is too old fails the drill.
2. **restore_cluster** restores it into a temporary cluster of the DR account.
3. **wait_for_cluster** waits, holding no worker, until all data is there.
4. **validate** compares the data with what was there when the snapshot was taken.
5. **keep_dr_copy** keeps, after a pass, a snapshot that the DR account owns.
6. **delete_cluster** deletes the temporary cluster, however the run went.
7. **record_evidence** writes what was found into the evidence bucket.
8. **verdict** fails the run unless a pass, its evidence and the deletion are on record.

* **Trigger with config**: *snapshot_id* tests that snapshot, *maximum_age_hours* accepts an older
  one, *node_type* and *number_of_nodes* restore into a smaller cluster, *keep_dr_copy* decides
  about the copy of this run.
* **Repeat** a failed drill by a new run. A cleared task finds its cluster deleted; to repeat a run,
  clear restore_cluster with all downstream tasks.
* **A killed or marked task** still ends in the deletion. What Airflow itself cannot delete any
  more, the function in the DR account does, hourly, once the run's intent has expired.
* **A failed run** pages the alert topic once, with the error and the first step to take; the first
  pass after it reports the recovery.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.sdk import DAG, CronTriggerTimetable, Param

from redshift_dr.config import ClusterConfig, DrillConfig, load_fleet
from redshift_dr.documentation import (
    DRILL_RUNBOOK,
    dag_documentation,
    document_tasks,
    settings_of,
)
from redshift_dr.notifications import RedshiftDrillFailedNotifier, RedshiftRecoveredNotifier
from redshift_dr.operators.delete_cluster import RedshiftDeleteDrillClusterOperator
from redshift_dr.operators.evidence import RedshiftRecordEvidenceOperator
from redshift_dr.operators.keep_dr_copy import RedshiftKeepDrCopyOperator
from redshift_dr.operators.restore_cluster import RedshiftRestoreClusterOperator
from redshift_dr.operators.select_snapshot import RedshiftSelectSnapshotOperator
from redshift_dr.operators.validate import RedshiftValidateOperator
from redshift_dr.operators.verdict import RedshiftDrillVerdictOperator
from redshift_dr.params import drill_params
from redshift_dr.sensors.redshift_cluster import RedshiftRestoredClusterSensor

DEFAULT_ARGS = {
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=10),
}
DELETE_RETRIES = 4


def documentation(cluster: ClusterConfig) -> str:
    """The page behind the DAG's "Dag Docs" button.

    :param cluster: its settings.
    """
    settings = settings_of(cluster, only=["drill"]) | settings_of(
        cluster, without=["drill", "schedule", "timezone", "approvals"]
    )
    return dag_documentation(cluster, str(__doc__), settings, DRILL_RUNBOOK)


def drill_dag(cluster: ClusterConfig, drill: DrillConfig, alerts: Path) -> DAG:
    """The drill DAG of one cluster.

    :param cluster: its settings.
    :param drill: its drill's settings.
    :param alerts: the folder of the alert messages.
    """
    timetable = drill.schedule and CronTriggerTimetable(
        drill.schedule, timezone=drill.timezone or cluster.timezone
    )
    with DAG(
        dag_id=f"redshift_restore_validation__{cluster.cluster_identifier}",
        description=f"{cluster.cluster_identifier} restored in account {cluster.target_account_id}",
        doc_md=documentation(cluster),
        schedule=timetable,
        start_date=datetime(2025, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        params={name: Param(**param) for name, param in drill_params(cluster, drill).items()},
        default_args={**DEFAULT_ARGS, "owner": cluster.owner, "pool": cluster.pool},
        on_failure_callback=RedshiftDrillFailedNotifier(
            cluster=cluster, template=alerts / "drill_failed.txt.jinja"
        ),
        on_success_callback=RedshiftRecoveredNotifier(
            cluster=cluster, template=alerts / "recovered.txt.jinja", proof="verdict"
        ),
        tags=["redshift", "restore", cluster.owner],
    ) as dag:
        select = RedshiftSelectSnapshotOperator(task_id="select_snapshot", cluster=cluster)
        restore = RedshiftRestoreClusterOperator(
            task_id="restore_cluster", cluster=cluster, selected=select.output
        )
        wait = RedshiftRestoredClusterSensor(
            task_id="wait_for_cluster",
            cluster=cluster,
            restored=restore.output,
            timeout=timedelta(minutes=drill.deadlines.restore_minutes),
        )
        found = {"selected": select.output, "restored": restore.output}
        validate = RedshiftValidateOperator(
            task_id="validate", cluster=cluster, available=wait.output, **found
        )
        keep = RedshiftKeepDrCopyOperator(
            task_id="keep_dr_copy", cluster=cluster, validated=validate.output, **found
        )
        delete = RedshiftDeleteDrillClusterOperator(
            task_id="delete_cluster",
            cluster=cluster,
            available=wait.output,
            retries=DELETE_RETRIES,
            **found,
        )
        record = RedshiftRecordEvidenceOperator(
            task_id="record_evidence",
            cluster=cluster,
            template=alerts / "drill_summary.txt.jinja",
        )
        verdict = RedshiftDrillVerdictOperator(
            task_id="verdict",
            validated=validate.output,
            kept=keep.output,
            deleted=delete.output,
            recorded=record.output,
            retries=0,
        )
        select >> restore >> wait >> validate >> keep >> delete >> record >> verdict
        for teardown in (delete, record, verdict):
            # Without setups: with one, a teardown is left out where the setup did not succeed,
            # and a restore that was cut off is just what must be cleaned up.
            teardown.as_teardown(on_failure_fail_dagrun=True)
        document_tasks(dag)
    return dag


fleet = load_fleet(dags_folder=Path(__file__).parent)
for settings in fleet.clusters.values():
    if settings.drill is not None:
        drill_dag(settings, settings.drill, fleet.path.parent / "alerts")
