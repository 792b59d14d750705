"""The Amazon provider's Redshift operators, sensors and triggers, as they are, on the sandbox."""

import asyncio
import json

import pytest
from airflow.exceptions import TaskDeferred
from airflow.providers.amazon.aws.operators.lambda_function import LambdaInvokeFunctionOperator
from airflow.providers.amazon.aws.operators.redshift_cluster import (
    RedshiftCreateClusterSnapshotOperator,
    RedshiftDeleteClusterOperator,
    RedshiftDeleteClusterSnapshotOperator,
    RedshiftPauseClusterOperator,
    RedshiftResumeClusterOperator,
)
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.amazon.aws.sensors.redshift_cluster import RedshiftClusterSensor

pytestmark = pytest.mark.usefixtures("everybody_may")
CLUSTER = "aca-redshift-cluster"


@pytest.fixture
def redshift(playground):
    playground.control("POST", "lifecycle", {"operation": "snapshot", "seconds": 0})
    playground.control("POST", "lifecycle", {"operation": "delete_cluster", "seconds": 0})
    return playground.client("redshift")


def run(operator):
    return operator.execute({})


def operator(kind, **arguments):
    return kind(task_id="task", aws_conn_id="aws_source", **arguments)


def status(redshift):
    return redshift.describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"][0]["ClusterStatus"]


def test_snapshot_operators_create_wait_and_delete(redshift):
    run(
        operator(
            RedshiftCreateClusterSnapshotOperator,
            snapshot_identifier="by-the-provider",
            cluster_identifier=CLUSTER,
            wait_for_completion=True,
            poll_interval=1,
        )
    )
    found = redshift.describe_cluster_snapshots(SnapshotIdentifier="by-the-provider")["Snapshots"]
    assert [one["Status"] for one in found] == ["available"]
    run(
        operator(
            RedshiftDeleteClusterSnapshotOperator,
            snapshot_identifier="by-the-provider",
            cluster_identifier=CLUSTER,
            poll_interval=1,
        )
    )
    assert redshift.describe_cluster_snapshots(SnapshotType="manual")["Snapshots"] == []


def test_deferred_snapshot_operator_is_resumed_by_its_trigger(redshift):
    with pytest.raises(TaskDeferred) as deferred:
        run(
            operator(
                RedshiftCreateClusterSnapshotOperator,
                snapshot_identifier="deferred",
                cluster_identifier=CLUSTER,
                deferrable=True,
                poll_interval=1,
            )
        )

    async def first_event():
        async for event in deferred.value.trigger.run():
            return event

    assert asyncio.run(first_event()).payload["status"] == "success"


def test_pause_and_resume_operators_and_the_cluster_sensor(redshift):
    run(operator(RedshiftPauseClusterOperator, cluster_identifier=CLUSTER))
    assert status(redshift) == "paused"
    paused = RedshiftClusterSensor(
        task_id="paused",
        cluster_identifier=CLUSTER,
        target_status="paused",
        aws_conn_id="aws_source",
    )
    assert paused.poke({}) is True
    run(operator(RedshiftResumeClusterOperator, cluster_identifier=CLUSTER))
    assert paused.poke({}) is False


def test_delete_operator_waits_until_the_cluster_is_gone(redshift):
    run(
        operator(
            RedshiftDeleteClusterOperator,
            cluster_identifier=CLUSTER,
            skip_final_cluster_snapshot=True,
            poll_interval=1,
        )
    )
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault):
        status(redshift)


def test_data_operator_runs_sql(playground):
    results = run(
        operator(
            RedshiftDataOperator,
            cluster_identifier=CLUSTER,
            database="dev",
            db_user="awsuser",
            sql="SELECT count(*) FROM svv_tables WHERE table_schema = 'sales'",
            poll_interval=1,
            return_sql_result=True,
        )
    )
    [[count]] = results[0]["Records"]
    assert count["longValue"] > 0


def test_lambda_operator_reaches_the_function(playground):
    answer = run(
        operator(
            LambdaInvokeFunctionOperator,
            function_name="aca-redshift-backup",
            payload=json.dumps({"action": "status"}),
        )
    )
    assert json.loads(answer)["status"] == "completed"
