"""The Amazon provider's hook and operator work unmodified."""

import pytest
from airflow.providers.amazon.aws.hooks.redshift_data import (
    RedshiftDataHook,
    RedshiftDataQueryFailedError,
)
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator

LOGIN = {"cluster_identifier": "warehouse", "database": "dev", "db_user": "awsuser"}


@pytest.fixture
def connection(database, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_PROFILE", "source")
    return {"aws_conn_id": None, "region_name": "us-east-1"}


def test_hook_waits_for_the_result(connection):
    hook = RedshiftDataHook(**connection)
    output = hook.execute_query(sql="SELECT 1 AS one", poll_interval=0.05, **LOGIN)
    result = hook.conn.get_statement_result(Id=output.statement_id)
    assert result["Records"] == [[{"longValue": 1}]]


def test_hook_raises_redshifts_error(connection):
    hook = RedshiftDataHook(**connection)
    with pytest.raises(RedshiftDataQueryFailedError, match='relation "gone" does not exist'):
        hook.execute_query(sql="SELECT * FROM gone", poll_interval=0.05, **LOGIN)


def test_operator_returns_the_results_of_every_statement(connection, database):
    database.run("CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (2)")
    operator = RedshiftDataOperator(
        task_id="query",
        sql=[
            "SELECT a FROM t ORDER BY a",
            "SELECT count(*) FROM t",
        ],
        return_sql_result=True,
        wait_for_completion=True,
        poll_interval=0.05,
        deferrable=False,
        **LOGIN,
        **connection,
    )
    results = operator.execute({"ti": None})
    assert [result["Records"] for result in results] == [
        [[{"longValue": 1}], [{"longValue": 2}]],
        [[{"longValue": 2}]],
    ]


def test_hook_finds_the_primary_key(connection, database):
    database.run("CREATE SCHEMA s", "CREATE TABLE s.t (a INT, b INT, PRIMARY KEY (a, b))")
    hook = RedshiftDataHook(**connection)
    keys = hook.get_table_primary_key(table="'t'", schema="'s'", poll_interval=0.05, **LOGIN)
    assert sorted(keys) == ["a", "b"]
