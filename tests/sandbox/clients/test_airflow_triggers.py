"""The Amazon provider's hooks and deferrable operators, their triggers run over aiobotocore."""

import asyncio

import pytest
from airflow.exceptions import AirflowException, TaskDeferred
from airflow.providers.amazon.aws.hooks.redshift_cluster import RedshiftHook
from airflow.providers.amazon.aws.hooks.redshift_data import RedshiftDataHook
from airflow.providers.amazon.aws.operators.redshift_cluster import (
    RedshiftCreateClusterSnapshotOperator,
    RedshiftDeleteClusterOperator,
    RedshiftPauseClusterOperator,
    RedshiftResumeClusterOperator,
)
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.amazon.aws.sensors.redshift_cluster import RedshiftClusterSensor

from sandbox.redshift.settings import SETTINGS

pytestmark = pytest.mark.usefixtures("everybody_may")
CLUSTER = "aca-redshift-cluster"
ONE_CLUSTER = {"cluster_identifier": CLUSTER}


@pytest.fixture
def lifecycle(playground):
    def lifecycle(operation, outcome="available"):
        body = {"operation": operation, "seconds": 1, "outcome": outcome}
        playground.control("POST", "lifecycle", body)

    return lifecycle


@pytest.fixture
def deferred(playground):
    """Execute up to the deferral, then run the trigger; returns the operator and its event.

    The sandbox's clock stands until then, so that no wait is over before it has begun.
    """

    def deferred(kind, **arguments):
        operator = kind(task_id="task", aws_conn_id="aws_source", deferrable=True, **arguments)
        playground.control("POST", "clock", {"freeze": True})
        with pytest.raises(TaskDeferred) as caught:
            operator.execute({})
        playground.control("POST", "clock", {"resume": True})

        async def first_event():
            return await anext(caught.value.trigger.run())

        return operator, asyncio.run(asyncio.wait_for(first_event(), 60)).payload

    return deferred


def status(playground):
    clusters = playground.client("redshift").describe_clusters()["Clusters"]
    return [cluster["ClusterStatus"] for cluster in clusters]


def test_snapshot_that_fails_is_told_by_the_trigger(playground, lifecycle, deferred):
    lifecycle("snapshot", "failed")
    operator, event = deferred(
        RedshiftCreateClusterSnapshotOperator,
        snapshot_identifier="one",
        poll_interval=1,
        **ONE_CLUSTER,
    )
    assert event["status"] == "error"
    with pytest.raises(AirflowException, match="Error creating snapshot"):
        operator.execute_complete({}, event)


def test_pause_and_resume_wait_for_the_cluster(playground, deferred):
    SETTINGS.cluster_seconds |= {"pause": 1.0, "resume": 1.0}
    waiting = {"wait_for_completion": True, "poll_interval": 1, **ONE_CLUSTER}
    _, event = deferred(RedshiftPauseClusterOperator, **waiting)
    assert (event["status"], status(playground)) == ("success", ["paused"])
    _, event = deferred(RedshiftResumeClusterOperator, **waiting)
    assert (event["status"], status(playground)) == ("success", ["available"])


def test_deletion_waits_until_the_cluster_is_gone(playground, lifecycle, deferred):
    lifecycle("delete_cluster")
    _, event = deferred(
        RedshiftDeleteClusterOperator,
        poll_interval=1,
        skip_final_cluster_snapshot=True,
        **ONE_CLUSTER,
    )
    assert (event["status"], status(playground)) == ("success", [])


def test_data_operator_returns_its_rows_from_the_trigger(playground, deferred):
    # The statement takes longer than the operator's first look.
    orders = [f"sales.orders o{number}" for number in range(3)]
    sql = f"SELECT count(*) FROM {', '.join(orders)} WHERE o0.order_id + o1.order_id > o2.order_id"
    operator, event = deferred(
        RedshiftDataOperator,
        **ONE_CLUSTER,
        database="dev",
        db_user="awsuser",
        sql=sql,
        poll_interval=1,
        return_sql_result=True,
    )
    results = operator.execute_complete({}, event)
    assert results[0]["Records"][0][0]["longValue"] > 0


def test_sensor_waits_for_a_status(playground, deferred):
    SETTINGS.cluster_seconds["pause"] = 1.0
    playground.client("redshift").pause_cluster(ClusterIdentifier=CLUSTER)
    _, event = deferred(
        RedshiftClusterSensor, target_status="paused", poke_interval=1, **ONE_CLUSTER
    )
    assert event["status"] == "success"


def test_hooks_see_their_accounts(playground):
    source, dr = (RedshiftHook(aws_conn_id=name) for name in ("aws_source", "aws_dr"))
    assert source.cluster_status(CLUSTER) == "available"
    assert dr.cluster_status(CLUSTER) == "cluster_not_found"
    assert ":assumed-role/aca-redshift-dr-restore/" in _caller(dr)
    assert ":assumed-role/aca-redshift-backup-airflow/" in _caller(source)
    data = RedshiftDataHook(aws_conn_id="aws_source")
    where = {"cluster_identifier": CLUSTER, "database": "dev", "db_user": "awsuser"}
    output = data.execute_query(sql="SELECT 41 + 1", poll_interval=1, **where)
    rows = data.conn.get_statement_result(Id=output.statement_id)["Records"]
    assert rows == [[{"longValue": 42}]]


def _caller(hook):
    return hook.get_session().client("sts").get_caller_identity()["Arn"]
