"""Who may connect to which cluster and database."""

import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.sandbox.redshiftdata.conftest import Database


def make_secret(sandbox, name="login", account="source", **value):
    secret = {"username": "awsuser", "password": "Sandbox-Passw0rd", **value}
    client = sandbox.client("secretsmanager", account)
    return client.create_secret(Name=name, SecretString=json.dumps(secret))["ARN"]


def refusal(database, **arguments):
    with pytest.raises(ClientError) as refused:
        database.client.execute_statement(Sql="SELECT 1", **{**database.defaults, **arguments})
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    return error["Message"]


def test_unknown_cluster_is_refused(database):
    assert "endpoint doesn't exist" in refusal(database, ClusterIdentifier="elsewhere")


def test_cluster_of_the_other_account_is_refused(sandbox, cluster):
    assert "endpoint doesn't exist" in refusal(Database(sandbox, cluster, "target"))


def test_unknown_database_fails(database):
    assert database.error("SELECT 1", Database="gone") == 'FATAL: database "gone" does not exist'


def test_unknown_user_fails(database):
    assert database.error("SELECT 1", DbUser="ghost") == 'FATAL: user "ghost" does not exist'


def test_cluster_that_is_not_available_fails(sandbox, database):
    sandbox.client("redshift").pause_cluster(ClusterIdentifier="warehouse")
    assert "not available" in database.error("SELECT 1")


def test_listing_on_an_unavailable_cluster_is_a_connection_error(sandbox, database):
    sandbox.client("redshift").pause_cluster(ClusterIdentifier="warehouse")
    client = sandbox.client("redshift-data", config=Config(retries={"max_attempts": 0}))
    with pytest.raises(client.exceptions.DatabaseConnectionException, match="paus"):
        client.list_databases(**database.defaults)


def test_two_ways_to_authenticate_are_refused(sandbox, database):
    assert "at most one" in refusal(database, SecretArn=make_secret(sandbox))


def test_secret_names_the_user(sandbox, cluster):
    database = Database(sandbox, cluster, DbUser=None, SecretArn=make_secret(sandbox))
    assert database.rows("SELECT current_user") == [("awsuser",)]


def test_secret_of_a_cluster_opens_only_that_one(sandbox, cluster):
    arn = make_secret(sandbox, dbClusterIdentifier="another")
    database = Database(sandbox, cluster, DbUser=None, SecretArn=arn)
    assert "for cluster another" in refusal(database)


def test_secret_with_a_wrong_password_fails(sandbox, cluster):
    arn = make_secret(sandbox, password="wrong")
    database = Database(sandbox, cluster, DbUser=None, SecretArn=arn)
    expected = 'FATAL: password authentication failed for user "awsuser"'
    assert database.error("SELECT 1") == expected


def test_missing_or_malformed_secret_is_refused(sandbox, cluster):
    database = Database(sandbox, cluster, DbUser=None)
    arn = "arn:aws:secretsmanager:us-east-1:164543933824:secret:gone-abcdef"
    assert "secret" in refusal(database, SecretArn=arn)
    foreign = make_secret(sandbox, account="target")
    assert "not in account 164543933824" in refusal(database, SecretArn=foreign)
    text = sandbox.client("secretsmanager").create_secret(Name="text", SecretString="password")
    assert "JSON" in refusal(database, SecretArn=text["ARN"])


def test_iam_identity_is_a_user_of_its_own(sandbox, cluster):
    database = Database(sandbox, cluster, DbUser=None)
    ((name,),) = database.rows("SELECT current_user")
    assert name.startswith("IAM:")


def test_role_is_one_user_in_every_session(sandbox, cluster):
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::164543933824:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    sandbox.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))
    database = Database(sandbox, cluster, DbUser=None)
    admin = Database(sandbox, cluster)
    admin.run("CREATE TABLE secrets (a INT)")
    for session in ("one", "two"):
        keys = sandbox.client("sts").assume_role(
            RoleArn="arn:aws:iam::164543933824:role/reader", RoleSessionName=session
        )["Credentials"]
        database.client = _client(sandbox, keys)
        assert database.rows("SELECT current_user") == [("IAMR:reader",)]
    assert database.error("SELECT * FROM secrets") == (
        "ERROR: permission denied for relation secrets"
    )
    admin.run('GRANT SELECT ON secrets TO "IAMR:reader"')
    assert database.rows("SELECT count(*) FROM secrets") == [(0,)]


def _client(sandbox, keys):
    return boto3.client(
        "redshift-data",
        endpoint_url=sandbox.url,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def test_user_reads_what_was_granted_and_no_more(database, as_user):
    database.run(
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.orders (id INT)",
        "CREATE TABLE sales.costs (id INT)",
        "CREATE USER reader PASSWORD 'Sandbox-Passw0rd'",
        "INSERT INTO sales.orders VALUES (1)",
    )
    reader = as_user("reader")
    assert reader.error("SELECT * FROM sales.orders") == "ERROR: permission denied for schema sales"
    database.run("GRANT USAGE ON SCHEMA sales TO reader")
    denied = "ERROR: permission denied for relation orders"
    assert reader.error("SELECT * FROM sales.orders") == denied
    database.run("GRANT SELECT ON sales.orders TO reader")
    assert reader.rows("SELECT id FROM sales.orders") == [(1,)]
    for change in (
        "DELETE FROM sales.orders",
        "UPDATE sales.orders SET id = 2",
        "INSERT INTO sales.orders VALUES (2)",
    ):
        assert reader.error(change) == denied
    for change in ("DROP TABLE sales.orders", "TRUNCATE sales.orders"):
        assert reader.error(change) == "ERROR: must be owner of relation orders"
    costs = "SELECT o.id FROM sales.orders o JOIN sales.costs c ON c.id = o.id"
    assert reader.error(costs) == "ERROR: permission denied for relation costs"
    database.run("REVOKE SELECT ON sales.orders FROM reader")
    assert reader.error("SELECT * FROM sales.orders") == denied


def test_grant_reaches_the_members_of_a_group(database, as_user):
    database.run(
        "CREATE TABLE t (a INT)",
        "CREATE USER reader PASSWORD 'Sandbox-Passw0rd'",
        "CREATE GROUP readers WITH USER reader",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO GROUP readers",
    )
    assert as_user("reader").rows("SELECT count(*) FROM t") == [(0,)]


def test_rolled_back_grant_gives_nothing(database, as_user):
    database.run("CREATE TABLE t (a INT)", "CREATE USER reader PASSWORD 'Sandbox-Passw0rd'")
    database.describe(["GRANT SELECT ON t TO reader", "SELECT * FROM gone"])
    assert "permission denied" in as_user("reader").error("SELECT * FROM t")


def test_user_sees_only_what_it_may_use(database, as_user):
    database.run("CREATE TABLE secrets (a INT)", "CREATE USER reader PASSWORD 'Sandbox-Passw0rd'")
    reader = as_user("reader")
    assert reader.rows("SELECT table_name FROM svv_all_tables") == []
    assert reader.client.list_tables(**reader.defaults)["Tables"] == []
    assert reader.error("SELECT * FROM svv_table_info") == (
        "ERROR: permission denied for relation svv_table_info"
    )
    database.run("GRANT SELECT ON secrets TO reader")
    assert reader.rows("SELECT table_name FROM svv_all_tables") == [("secrets",)]


def test_user_owns_what_it_makes(database, as_user):
    database.run("CREATE USER writer PASSWORD 'Sandbox-Passw0rd'")
    as_user("writer").run("CREATE TABLE mine (a INT)", "INSERT INTO mine VALUES (1)")
    assert database.rows("SELECT tableowner FROM pg_tables") == [("writer",)]
    assert "owns some object" in database.error("DROP USER writer")
