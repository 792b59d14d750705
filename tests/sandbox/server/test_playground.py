"""The example that ``up`` builds, as its users find it."""

import json
import time

from sandbox.accounts import SOURCE, TARGET


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
    assert _count(playground, "sales.orders") == 600


def _count(playground, table):
    data = playground.client("redshift-data")
    statement = data.execute_statement(
        ClusterIdentifier="aca-redshift-cluster",
        Database="dev",
        DbUser="awsuser",
        Sql=f"SELECT count(*) FROM {table}",
    )
    while data.describe_statement(Id=statement["Id"])["Status"] not in ("FINISHED", "FAILED"):
        time.sleep(0.01)
    return data.get_statement_result(Id=statement["Id"])["Records"][0][0]["longValue"]


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
    (group,) = redshift.describe_cluster_subnet_groups(ClusterSubnetGroupName="redshift-dr-drill")[
        "ClusterSubnetGroups"
    ]
    assert group["Subnets"]
    groups = playground.client("ec2", "target").describe_security_groups(
        GroupNames=["redshift-dr-drill"]
    )["SecurityGroups"]
    assert groups[0]["IpPermissions"] == []
    aliases = playground.client("kms", "target").list_aliases()["Aliases"]
    assert "alias/redshift-dr" in [alias["AliasName"] for alias in aliases]


def test_roles_topic_and_bucket_exist(playground):
    names = {role["RoleName"] for role in playground.client("iam").list_roles()["Roles"]}
    assert {"aca-redshift-backup", "redshift-dr-airflow", "redshift-dr-inventory"} <= names
    trust = playground.client("iam", "target").get_role(RoleName="redshift-dr-restore")["Role"]
    (statement,) = trust["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"]["AWS"] == f"arn:aws:iam::{SOURCE.account_id}:root"
    assert statement["Condition"]["StringEquals"]["sts:ExternalId"] == "redshift-dr-sandbox"
    (topic,) = playground.client("sns").list_topics()["Topics"]
    assert topic["TopicArn"] == f"arn:aws:sns:us-east-1:{SOURCE.account_id}:redshift-dr-alerts"
    (bucket,) = playground.client("s3").list_buckets()["Buckets"]
    assert bucket["Name"] == "aca-redshift-staging"


def test_building_it_leaves_no_trace_in_the_call_log(playground):
    assert playground.control("GET", "calls") == []
