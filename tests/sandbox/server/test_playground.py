"""The example that ``up`` builds, as its users find it."""

import json
import os
import time

import pytest
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.exceptions import ClientError

from sandbox.accounts import SOURCE, TARGET

ENDS = ("FINISHED", "FAILED")


def test_cluster_is_available_encrypted_and_full_of_data(playground):
    (cluster,) = playground.client("redshift").describe_clusters()["Clusters"]
    assert cluster["ClusterIdentifier"] == "aca-redshift-cluster"
    assert cluster["ClusterStatus"] == "available"
    assert (cluster["DBName"], cluster["MasterUsername"]) == ("dev", "awsuser")
    assert (cluster["NodeType"], cluster["NumberOfNodes"]) == ("ra3.large", 2)
    aliases = playground.client("kms").list_aliases()["Aliases"]
    key_id = next(a["TargetKeyId"] for a in aliases if a["AliasName"] == "alias/aca-redshift")
    assert cluster["Encrypted"] is True
    assert cluster["KmsKeyId"].endswith(key_id)
    policy = json.loads(
        playground.client("kms").get_key_policy(KeyId=key_id, PolicyName="default")["Policy"]
    )
    assert any(
        TARGET.account_id in str(statement["Principal"])
        and "kms:CreateGrant" in statement["Action"]
        for statement in policy["Statement"]
    )
    assert count_rows(playground, "sales.orders") == 600


LOGIN = {"ClusterIdentifier": "aca-redshift-cluster", "Database": "dev"}
READER = LOGIN | {"DbUser": "redshift_dr_reader"}


def count_rows(playground, table, user="awsuser"):
    data = playground.client("redshift-data")
    sql = f"SELECT count(*) FROM {table}"
    statement = data.execute_statement(**LOGIN, DbUser=user, Sql=sql)
    _ended(data, statement["Id"])
    return data.get_statement_result(Id=statement["Id"])["Records"][0][0]["longValue"]


def _ended(data, statement_id):
    while (state := data.describe_statement(Id=statement_id))["Status"] not in ENDS:
        time.sleep(0.01)
    return state


def test_function_backs_the_cluster_up_at_once(playground):
    playground.control("POST", "lifecycle", {"operation": "snapshot", "seconds": 0})
    invoked = playground.client("lambda").invoke(FunctionName="aca-redshift-backup", Payload=b"{}")
    response = json.load(invoked["Payload"])
    assert "FunctionError" not in invoked, response
    assert (response["status"], response["shared"]) == ("completed", True)
    shared = playground.client("redshift", "target").describe_cluster_snapshots(
        OwnerAccount=SOURCE.account_id
    )["Snapshots"]
    assert [snapshot["SnapshotIdentifier"] for snapshot in shared] == [response["snapshot_id"]]


def test_target_account_is_ready_for_a_restore(playground):
    redshift = playground.client("redshift", "target")
    extra = json.loads(os.environ["AIRFLOW_CONN_AWS_DR"])["extra"]
    place = extra["service_config"]["redshift"]
    (group,) = redshift.describe_cluster_subnet_groups(
        ClusterSubnetGroupName=place["cluster_subnet_group_name"]
    )["ClusterSubnetGroups"]
    assert len(group["Subnets"]) == 2
    groups = playground.client("ec2", "target").describe_security_groups(
        GroupIds=place["vpc_security_group_ids"]
    )["SecurityGroups"]
    assert groups[0]["IpPermissions"] == []
    key = playground.client("kms", "target").describe_key(KeyId="alias/aca-redshift-dr")
    assert key["KeyMetadata"]["Arn"] == place["kms_key_id"]
    inventory = json.loads(os.environ["AIRFLOW_CONN_AWS_SOURCE_INVENTORY"])["extra"]
    bucket = extra["service_config"]["s3"]["bucket_name"]
    assert inventory["service_config"] == {"s3": {"bucket_name": bucket}}
    playground.client("s3", "target").head_bucket(Bucket=bucket)


def test_the_roles_are_those_of_the_two_stacks_and_no_other(playground):
    roles = {
        account: {
            one["RoleName"] for one in playground.client("iam", account).list_roles()["Roles"]
        }
        for account in ("source", "target")
    }
    backup = {"airflow", "function", "inventory", "scheduler"}
    assert roles["source"] - {"aca-redshift-copy"} == {f"aca-redshift-backup-{x}" for x in backup}
    assert roles["target"] == {f"aca-redshift-dr-{x}" for x in ("function", "restore", "scheduler")}
    trust = playground.client("iam", "target").get_role(RoleName="aca-redshift-dr-restore")["Role"]
    (statement,) = trust["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"]["AWS"] == f"arn:aws:iam::{SOURCE.account_id}:root"
    assert statement["Condition"]["StringEquals"]["sts:ExternalId"] == "redshift-dr-sandbox"


def test_both_stacks_stand_as_the_script_deployed_them(playground):
    for account, name in (("source", "aca-lambda-backup"), ("target", "aca-redshift-dr")):
        cloudformation = playground.client("cloudformation", account)
        (stack,) = cloudformation.describe_stacks()["Stacks"]
        assert (stack["StackName"], stack["StackStatus"]) == (name, "CREATE_COMPLETE")
    (topic,) = playground.client("sns").list_topics()["Topics"]
    assert (
        topic["TopicArn"] == f"arn:aws:sns:us-east-1:{SOURCE.account_id}:aca-redshift-backup-alerts"
    )
    buckets = playground.client("s3").list_buckets()["Buckets"]
    assert "aca-redshift-staging" in [bucket["Name"] for bucket in buckets]


def test_policies_count_from_the_start_until_they_are_turned_off(playground):
    assert playground.control("GET", "iam") == {"enforce": True}
    client = AwsBaseHook(aws_conn_id="aws_source", client_type="redshift").conn
    name = {"SnapshotIdentifier": "by-airflow", "ClusterIdentifier": "aca-redshift-cluster"}
    with pytest.raises(ClientError, match="AccessDenied"):
        client.create_cluster_snapshot(**name)

    playground.control("POST", "iam", {"enforce": False})
    client.create_cluster_snapshot(**name)

    playground.control("POST", "reset")
    assert playground.control("GET", "iam") == {"enforce": True}


def test_the_reader_of_restore_tests_reads_and_changes_nothing(playground):
    assert count_rows(playground, "sales.customers", user="redshift_dr_reader") == 120
    data = playground.client("redshift-data")
    changed = data.execute_statement(**READER, Sql="DELETE FROM sales.customers")["Id"]
    assert "permission denied" in _ended(data, changed)["Error"]


def test_building_it_leaves_no_trace_in_the_call_log(playground):
    assert playground.control("GET", "calls") == []
