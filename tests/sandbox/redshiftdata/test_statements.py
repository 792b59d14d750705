"""ExecuteStatement and BatchExecuteStatement: states, results, pages, limits."""

import csv
import io
import time

import pytest
from botocore.exceptions import ClientError


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def endless(database):
    """A query that does not end by itself, and needs little memory."""
    values = ", ".join(f"({number})" for number in range(1000))
    database.run(
        "CREATE TABLE numbers (n BIGINT)",
        f"INSERT INTO numbers VALUES {values}",
        "CREATE TABLE many AS SELECT a.n FROM numbers a CROSS JOIN numbers b",
    )
    return "SELECT count(*), sum(a.n * b.n) FROM many a CROSS JOIN many b"


def test_fields_have_the_member_of_their_type(database):
    database.run(
        "CREATE TABLE kinds (a SMALLINT, b BIGINT, c DECIMAL(12,2), d REAL, e FLOAT8, f BOOLEAN,"
        " g CHAR(3), h VARCHAR(9), i DATE, j TIMESTAMP, k TIMESTAMPTZ)",
        "INSERT INTO kinds VALUES (1, 9000000000, 1.5, 0.5, 2.25, true, 'abc', 'é', '2026-01-31',"
        " '2026-01-31 10:00:00.25', '2026-01-31 10:00:00+02')",
        "INSERT INTO kinds (a) VALUES (NULL)",
    )
    assert database.records("SELECT * FROM kinds ORDER BY a") == [
        [
            {"longValue": 1},
            {"longValue": 9000000000},
            {"stringValue": "1.50"},
            {"doubleValue": 0.5},
            {"doubleValue": 2.25},
            {"booleanValue": True},
            {"stringValue": "abc"},
            {"stringValue": "é"},
            {"stringValue": "2026-01-31"},
            {"stringValue": "2026-01-31 10:00:00.25"},
            {"stringValue": "2026-01-31 08:00:00+00"},
        ],
        [{"isNull": True}] * 11,
    ]


def test_columns_are_described_with_redshifts_types(database):
    database.run("CREATE TABLE kinds (a INT, b BIGINT, c DECIMAL(12,2), d BOOL, e DATE, f VARCHAR)")
    statement = database.submit(
        "SELECT a, b, c, d, e, f, count(*) AS n FROM kinds GROUP BY 1,2,3,4,5,6"
    )
    columns = database.client.get_statement_result(Id=statement)["ColumnMetadata"]
    assert [(column["name"], column["typeName"]) for column in columns] == [
        ("a", "int4"),
        ("b", "int8"),
        ("c", "numeric"),
        ("d", "bool"),
        ("e", "date"),
        ("f", "varchar"),
        ("n", "int8"),
    ]
    assert (columns[2]["precision"], columns[2]["scale"]) == (12, 2)


def test_description_of_a_query_and_of_a_change(database):
    database.run("CREATE TABLE t (a INT)")
    change = database.describe("INSERT INTO t VALUES (1), (2), (3)")
    assert (change["HasResultSet"], change["ResultRows"]) == (False, 3)
    query = database.describe("SELECT a FROM t", StatementName="three")
    assert (query["Status"], query["HasResultSet"], query["ResultRows"]) == ("FINISHED", True, 3)
    assert query["ResultSize"] == 24
    assert 0 < query["Duration"] < 30 * 10**9
    assert query["QueryString"] == "SELECT a FROM t"
    assert (query["DbUser"], query["Database"]) == ("awsuser", "dev")
    assert query["ClusterIdentifier"] == "warehouse"
    assert query["RedshiftPid"] > 0
    assert query["RedshiftQueryId"] > 0


def test_empty_result_is_a_result(database):
    described = database.describe("SELECT 1 AS one WHERE false")
    assert (described["HasResultSet"], described["ResultRows"]) == (True, 0)
    result = database.client.get_statement_result(Id=described["Id"])
    assert (result["Records"], result["TotalNumRows"]) == ([], 0)


def test_result_of_a_change_is_refused(database):
    statement = database.submit("CREATE TABLE t (a INT)")
    code, message = refusal(database.client.get_statement_result, Id=statement)
    assert code == "ResourceNotFoundException"
    assert message.startswith("Query does not have result.")


def test_large_result_comes_in_pages(database):
    values = ", ".join(f"({number})" for number in range(2500))
    database.run("CREATE TABLE t (a INT)", f"INSERT INTO t VALUES {values}")
    statement = database.submit("SELECT a FROM t ORDER BY a")
    first = database.client.get_statement_result(Id=statement)
    assert (len(first["Records"]), first["TotalNumRows"]) == (1000, 2500)
    assert [row for (row,) in database.rows("SELECT a FROM t ORDER BY a")] == list(range(2500))
    token = database.client.get_statement_result(Id=statement)["NextToken"]
    other = database.submit("SELECT 1")
    code, _ = refusal(database.client.get_statement_result, Id=other, NextToken=token)
    assert code == "ValidationException"


def test_csv_result_needs_the_second_version(database):
    statement = database.submit("SELECT 'a,b' AS x, NULL AS y, 1.50 AS z", ResultFormat="CSV")
    answer = database.client.get_statement_result_v2(Id=statement)
    text = "".join(record["CSVRecords"] for record in answer["Records"])
    assert list(csv.reader(io.StringIO(text))) == [["x", "y", "z"], ["a,b", "", "1.50"]]
    assert answer["ResultFormat"] == "CSV"
    code, _ = refusal(database.client.get_statement_result, Id=statement)
    assert code == "ValidationException"


def test_parameters_are_values_never_sql(database):
    database.run("CREATE TABLE t (id INT, name VARCHAR(50))")
    name = "O'Hara'; DROP TABLE t; --\\"
    database.run(
        "INSERT INTO t VALUES (:id, :name)",
        Parameters=[{"name": "id", "value": "7"}, {"name": "name", "value": name}],
    )
    query = "SELECT name, ':id' FROM t WHERE id = :id AND id::BIGINT > 0"
    assert database.rows(query, Parameters=[{"name": "id", "value": "7"}]) == [(name, ":id")]


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ([{"name": "id", "value": "1"}, {"name": "other", "value": "2"}], "other"),
        ([{"name": "id", "value": "1"}, {"name": "id", "value": "2"}], "more than once"),
    ],
)
def test_bad_parameters_are_refused(database, parameters, word):
    code, message = refusal(
        database.client.execute_statement,
        Sql="SELECT :id",
        Parameters=parameters,
        **database.defaults,
    )
    assert code == "ValidationException"
    assert word in message


def test_missing_parameter_is_a_syntax_error(database):
    assert "syntax error" in database.error("SELECT 1 WHERE 1 = :id")


def test_two_statements_in_one_are_refused(database):
    assert "multiple commands" in database.error("SELECT 1; SELECT 2")
    assert database.rows("SELECT ';' -- a comment; with a semicolon\n;") == [(";",)]


def test_batch_is_one_transaction(database):
    database.run("CREATE TABLE t (a INT)")
    described = database.describe(["INSERT INTO t VALUES (1)", "SELECT * FROM gone", "SELECT 1"])
    assert described["Status"] == "FAILED"
    assert described["Error"] == 'ERROR: relation "gone" does not exist'
    parts = described["SubStatements"]
    assert [part["Id"] for part in parts] == [f"{described['Id']}:{n}" for n in (1, 2, 3)]
    assert [part["Status"] for part in parts] == ["FINISHED", "FAILED", "ABORTED"]
    assert database.rows("SELECT count(*) FROM t") == [(0,)]


def test_batch_with_auto_commit_keeps_what_succeeded(database):
    database.run("CREATE TABLE t (a INT)")
    sqls = ["INSERT INTO t VALUES (1)", "SELECT * FROM gone", "INSERT INTO t VALUES (2)"]
    described = database.describe(sqls, ExecutionMode="AUTO_COMMIT")
    assert described["Status"] == "FAILED"
    statuses = [part["Status"] for part in described["SubStatements"]]
    assert statuses == ["FINISHED", "FAILED", "FINISHED"]
    assert database.rows("SELECT a FROM t ORDER BY a") == [(1,), (2,)]


def test_batch_results_are_fetched_by_part(database):
    described = database.describe(["CREATE TABLE t (a INT)", "SELECT 7 AS seven"])
    assert described["Status"] == "FINISHED"
    assert described["HasResultSet"] is True
    result = database.client.get_statement_result(Id=f"{described['Id']}:2")
    assert result["Records"] == [[{"longValue": 7}]]
    code, _ = refusal(database.client.get_statement_result, Id=described["Id"])
    assert code == "ResourceNotFoundException"


def test_cancel_aborts_a_running_statement(database, endless):
    statement = database.client.execute_statement(Sql=endless, **database.defaults)
    assert statement["Status"] in ("SUBMITTED", "PICKED", "STARTED")
    database.client.cancel_statement(Id=statement["Id"])
    described = database.client.describe_statement(Id=statement["Id"], WaitTimeSeconds=30)
    assert described["Status"] == "ABORTED"
    code, message = refusal(database.client.cancel_statement, Id=statement["Id"])
    assert code == "ValidationException"
    assert "ABORTED" in message
    assert database.rows("SELECT count(*) FROM numbers") == [(1000,)]


def test_reset_ends_running_statements(sandbox, database, endless):
    database.client.execute_statement(Sql=endless, **database.defaults)
    started = time.monotonic()
    sandbox.reset(bare=True)
    assert time.monotonic() - started < 10


def test_waiting_ends_with_the_statement(database):
    started = time.monotonic()
    database.rows("SELECT 1")
    assert time.monotonic() - started < 10


def test_same_client_token_runs_once(database):
    database.run("CREATE TABLE t (a INT)")
    arguments = {"Sql": "INSERT INTO t VALUES (1)", "ClientToken": "once", **database.defaults}
    first = database.client.execute_statement(**arguments)["Id"]
    assert database.client.execute_statement(**arguments)["Id"] == first
    database.client.describe_statement(Id=first, WaitTimeSeconds=30)
    assert database.rows("SELECT count(*) FROM t") == [(1,)]
    code, _ = refusal(
        database.client.execute_statement, **{**arguments, "Sql": "INSERT INTO t VALUES (2)"}
    )
    assert code == "ValidationException"


def test_results_are_gone_after_a_day(sandbox, database):
    statement = database.submit("SELECT 1")
    sandbox.control("POST", "clock", {"advance_seconds": 24 * 3600 - 60})
    assert database.client.get_statement_result(Id=statement)["TotalNumRows"] == 1
    sandbox.control("POST", "clock", {"advance_seconds": 120})
    code, _ = refusal(database.client.describe_statement, Id=statement)
    assert code == "ResourceNotFoundException"


def test_list_statements_filters_and_pages(database):
    for number in range(3):
        database.run(f"SELECT {number}", StatementName=f"count-{number}")
    database.error("SELECT * FROM gone", StatementName="count-failed")
    listed = database.client.list_statements(StatementName="count-")["Statements"]
    assert [row["QueryString"] for row in listed] == ["SELECT 2", "SELECT 1", "SELECT 0"]
    every = database.client.list_statements(StatementName="count-", Status="ALL")["Statements"]
    assert [row["Status"] for row in every] == ["FAILED", "FINISHED", "FINISHED", "FINISHED"]
    pages = database.client.get_paginator("list_statements").paginate(
        Status="ALL", PaginationConfig={"PageSize": 3}
    )
    assert [len(page["Statements"]) for page in pages] == [3, 1]


def test_statement_of_the_other_account_is_not_found(sandbox, database):
    statement = database.submit("SELECT 1")
    code, _ = refusal(sandbox.client("redshift-data", "target").describe_statement, Id=statement)
    assert code == "ResourceNotFoundException"


def test_too_large_statements_are_refused(database):
    code, message = refusal(
        database.client.execute_statement, Sql=f"SELECT '{'x' * 102400}'", **database.defaults
    )
    assert code == "ValidationException"
    assert "102400" in message
    code, _ = refusal(
        database.client.batch_execute_statement, Sqls=["SELECT 1"] * 41, **database.defaults
    )
    assert code == "ValidationException"


def test_too_wide_row_fails(database):
    described = database.describe("SELECT repeat('x', 65537)")
    assert described["Status"] == "FAILED"
    assert "65537" in described["Error"]


def test_more_than_200_active_statements_are_refused(database, endless):
    for _ in range(200):
        database.client.execute_statement(Sql=endless, **database.defaults)
    code, message = refusal(database.client.execute_statement, Sql="SELECT 1", **database.defaults)
    assert code == "ActiveStatementsExceededException"
    assert "200" in message


def test_event_is_sent_at_the_end(sandbox, database):
    queue = sandbox.client("sqs").create_queue(QueueName="ends")["QueueUrl"]
    events = sandbox.client("events")
    events.put_rule(Name="ends", EventPattern='{"source": ["aws.redshift-data"]}')
    arn = "arn:aws:sqs:us-east-1:164543933824:ends"
    events.put_targets(Rule="ends", Targets=[{"Id": "queue", "Arn": arn}])
    database.run("SELECT 1")
    database.run("SELECT 2", WithEvent=True, StatementName="told")
    messages = sandbox.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    (message,) = messages["Messages"]
    assert '"state": "FINISHED"' in message["Body"]
    assert "told" in message["Body"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"WorkgroupName": "serverless", "Database": "dev"},
        {"SessionKeepAliveSeconds": 60, "ClusterIdentifier": "warehouse", "Database": "dev"},
    ],
)
def test_what_is_not_modelled_is_refused_loudly(database, arguments):
    code, _ = refusal(database.client.execute_statement, Sql="SELECT 1", **arguments)
    assert code == "NotImplementedInSandbox"
    code, _ = refusal(database.client.list_sessions)
    assert code == "NotImplementedInSandbox"
