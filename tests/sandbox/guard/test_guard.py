"""The guard at the door, over HTTP: policies, trust, keys, and who signed."""

import json
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.sandbox.guard.conftest import REGION, SOURCE, TARGET, Accounts, Session, allow

SNAPSHOTS = f"arn:aws:redshift:{REGION}:{SOURCE}:snapshot"


def code_of(call: Any, **arguments: Any) -> str:
    """Return the error code of a call, or ``ok``."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


def make_cluster(accounts: Accounts, identifier: str = "shop", **more: Any) -> None:
    accounts.client("redshift").create_cluster(
        ClusterIdentifier=identifier,
        NodeType="ra3.large",
        NumberOfNodes=2,
        MasterUsername="awsuser",
        MasterUserPassword="Sandbox-1234",
        **more,
    )


def test_the_administrators_may_do_everything(accounts: Accounts) -> None:
    make_cluster(accounts)
    accounts.client("s3", "target").create_bucket(Bucket="evidence")
    accounts.client("s3", "target").put_object(Bucket="evidence", Key="a b/ü?.json", Body=b"{}")
    assert accounts.client("sts").get_caller_identity()["Account"] == SOURCE


def test_a_role_may_do_what_its_policy_says_and_nothing_else(accounts: Accounts) -> None:
    make_cluster(accounts)
    backup = accounts.as_role(
        "backup",
        allow("redshift:CreateClusterSnapshot", f"{SNAPSHOTS}:shop/aca-lambda-snapshot-*"),
        allow("redshift:DescribeClusterSnapshots"),
    ).client("redshift")
    names = {"ClusterIdentifier": "shop"}

    assert code_of(backup.describe_cluster_snapshots) == "ok"
    created = code_of(
        backup.create_cluster_snapshot, SnapshotIdentifier="aca-lambda-snapshot-1", **names
    )
    other = code_of(backup.create_cluster_snapshot, SnapshotIdentifier="manual-1", **names)
    deleted = code_of(backup.delete_cluster_snapshot, SnapshotIdentifier="aca-lambda-snapshot-1")
    assert (created, other, deleted) == ("ok", "AccessDenied", "AccessDenied")


def test_a_query_as_a_database_user_asks_for_its_credentials(accounts: Accounts) -> None:
    make_cluster(accounts)
    redshift = f"arn:aws:redshift:{REGION}:{SOURCE}"
    reader = accounts.as_role(
        "reader",
        allow("redshift-data:ExecuteStatement", f"{redshift}:cluster:shop"),
        allow("redshift:GetClusterCredentials", f"{redshift}:dbuser:shop/reader"),
        allow("redshift:GetClusterCredentials", f"{redshift}:dbname:shop/dev"),
    ).client("redshift-data")
    query = {"ClusterIdentifier": "shop", "Sql": "SELECT 1"}

    assert code_of(reader.execute_statement, **query, Database="dev", DbUser="reader") == "ok"
    denied = "AccessDeniedException"
    assert code_of(reader.execute_statement, **query, Database="dev", DbUser="awsuser") == denied
    assert code_of(reader.execute_statement, **query, Database="hr", DbUser="reader") == denied


def test_a_write_that_may_replace_nothing_has_to_say_so(accounts: Accounts) -> None:
    accounts.client("s3").create_bucket(Bucket="evidence")
    unsaid = {"Null": {"s3:if-none-match": "true"}}
    writer = accounts.as_role(
        "writer",
        allow("s3:PutObject"),
        {**allow("s3:PutObject"), "Effect": "Deny", "Condition": unsaid},
    ).client("s3")
    put = {"Bucket": "evidence", "Key": "one", "Body": b"{}"}

    assert code_of(writer.put_object, **put) == "AccessDenied"
    assert code_of(writer.put_object, **put, IfNoneMatch="*") == "ok"
    assert code_of(writer.put_object, **put, IfNoneMatch="*") == "PreconditionFailed"


def test_a_batch_is_denied_for_one_foreign_snapshot(accounts: Accounts) -> None:
    prune = accounts.as_role(
        "prune", allow("redshift:BatchDeleteClusterSnapshots", f"{SNAPSHOTS}:shop/ours-*")
    ).client("redshift")
    ours = {"SnapshotIdentifier": "ours-1", "SnapshotClusterIdentifier": "shop"}
    foreign = {"SnapshotIdentifier": "manual-1", "SnapshotClusterIdentifier": "shop"}

    call = prune.batch_delete_cluster_snapshots
    assert code_of(call, Identifiers=[ours, foreign]) == "AccessDenied"
    assert code_of(call, Identifiers=[ours]) == "ok"


def test_tags_in_a_request_are_looked_at(accounts: Accounts) -> None:
    make_cluster(accounts)
    tagged = {"StringEquals": {"aws:RequestTag/managed-by": "us"}}
    backup = accounts.as_role(
        "backup",
        allow(
            ["redshift:CreateClusterSnapshot", "redshift:CreateTags"],
            f"{SNAPSHOTS}:shop/*",
            Condition=tagged,
        ),
    ).client("redshift")
    arguments = {"ClusterIdentifier": "shop", "SnapshotIdentifier": "one"}

    call = backup.create_cluster_snapshot
    assert code_of(call, **arguments) == "AccessDenied"
    assert code_of(call, **arguments, Tags=[{"Key": "managed-by", "Value": "me"}]) == "AccessDenied"
    assert code_of(call, **arguments, Tags=[{"Key": "managed-by", "Value": "us"}]) == "ok"


def test_tags_of_a_resource_are_looked_at(accounts: Accounts) -> None:
    make_cluster(accounts, "drill-one", Tags=[{"Key": "drill", "Value": "yes"}])
    make_cluster(accounts, "shop")
    own = {"StringEquals": {"aws:ResourceTag/drill": "yes"}}
    sweep = accounts.as_role("sweep", allow("redshift:DeleteCluster", Condition=own))
    delete = sweep.client("redshift").delete_cluster

    assert (
        code_of(delete, ClusterIdentifier="shop", SkipFinalClusterSnapshot=True) == "AccessDenied"
    )
    assert code_of(delete, ClusterIdentifier="drill-one", SkipFinalClusterSnapshot=True) == "ok"


def test_a_role_of_the_other_account_asks_for_its_external_id(accounts: Accounts) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "abc"}}
    role = accounts.role("restore", account="target", trust={"Condition": condition})
    assume = accounts.client("sts").assume_role
    named = {"RoleArn": role, "RoleSessionName": "test"}

    assert code_of(assume, **named) == "AccessDenied"
    assert code_of(assume, **named, ExternalId="ABC") == "AccessDenied"
    assert code_of(assume, **named, ExternalId="abc") == "ok"


def test_a_trust_that_names_another_account_admits_nobody_else(accounts: Accounts) -> None:
    other = {"Principal": {"AWS": "arn:aws:iam::999988887777:root"}}
    role = accounts.role("foreign", account="target", trust=other)
    named = {"RoleArn": role, "RoleSessionName": "test"}
    assert code_of(accounts.client("sts").assume_role, **named) == "AccessDenied"


def test_across_accounts_the_caller_too_needs_permission(accounts: Accounts) -> None:
    role = accounts.role("restore", account="target")
    nobody = accounts.as_role("nobody").client("sts")
    somebody = accounts.as_role("somebody", allow("sts:AssumeRole", role)).client("sts")
    named = {"RoleArn": role, "RoleSessionName": "test"}

    assert code_of(nobody.assume_role, **named) == "AccessDenied"
    assert code_of(somebody.assume_role, **named) == "ok"


def test_a_session_policy_only_takes_away(accounts: Accounts) -> None:
    role = accounts.role("wide", allow("redshift:*"))
    narrow = json.dumps({"Statement": [allow("redshift:DescribeClusters")]})
    redshift = accounts.assume(role, Policy=narrow).client("redshift")

    assert code_of(redshift.describe_clusters) == "ok"
    assert code_of(redshift.describe_cluster_snapshots) == "AccessDenied"


def test_services_of_json_say_it_in_their_own_words(accounts: Accounts) -> None:
    nobody = accounts.as_role("nobody")
    invoke = nobody.client("lambda").invoke
    assert code_of(invoke, FunctionName="aca-redshift-backup") == "AccessDeniedException"
    describe = nobody.client("logs").describe_log_groups
    assert code_of(describe) == "AccessDeniedException"
    assert code_of(nobody.client("ec2").describe_vpcs) == "UnauthorizedOperation"
    assert code_of(nobody.client("s3").list_buckets) == "AccessDenied"
    assert code_of(nobody.client("sts").get_caller_identity) == "ok"


@pytest.mark.parametrize(
    ("service", "call", "arguments", "expected"),
    [
        ("redshift", "describe_clusters", {}, "SignatureDoesNotMatch"),
        ("lambda", "list_functions", {}, "InvalidSignatureException"),
        ("s3", "get_object", {"Bucket": "b", "Key": "a b/ü?.json"}, "SignatureDoesNotMatch"),
        ("logs", "describe_log_groups", {}, "InvalidSignatureException"),
    ],
)
def test_a_request_signed_with_a_wrong_secret_is_refused(
    accounts: Accounts, service: str, call: str, arguments: dict[str, Any], expected: str
) -> None:
    admin = accounts.as_role("admin", allow("*"))
    wrong = admin.client(service, SecretAccessKey="not-the-secret")
    assert code_of(getattr(wrong, call), **arguments) == expected


@pytest.mark.parametrize("service", ["redshift", "lambda", "s3", "logs", "sns", "sqs", "kms"])
def test_requests_of_every_protocol_are_found_genuine(accounts: Accounts, service: str) -> None:
    calls = {
        "redshift": ("describe_clusters", {"TagKeys": ["a b", "c/d+e"]}),
        "lambda": ("list_functions", {"MaxItems": 7}),
        "s3": ("list_objects_v2", {"Bucket": "evidence", "Prefix": "a b/ü+?&="}),
        "logs": ("describe_log_groups", {"logGroupNamePrefix": "/aws/ü"}),
        "sns": ("list_topics", {}),
        "sqs": ("list_queues", {"QueueNamePrefix": "a"}),
        "kms": ("list_keys", {}),
    }
    accounts.client("s3").create_bucket(Bucket="evidence")
    name, arguments = calls[service]
    client = accounts.as_role("admin", allow("*")).client(service)
    assert code_of(getattr(client, name), **arguments) == "ok"


def test_a_presigned_address_is_verified_too(accounts: Accounts) -> None:
    admin = accounts.as_role("admin", allow("*"))
    accounts.client("s3").create_bucket(Bucket="evidence")
    accounts.client("s3").put_object(Bucket="evidence", Key="report.html", Body=b"ok")

    def address(session: Session, **changes: str) -> str:
        named = {"Bucket": "evidence", "Key": "report.html"}
        client = session.client("s3", **changes)
        return str(client.generate_presigned_url("get_object", Params=named))

    assert httpx.get(address(admin)).text == "ok"
    refused = httpx.get(address(admin, SecretAccessKey="wrong"))
    assert (refused.status_code, "SignatureDoesNotMatch" in refused.text) == (403, True)


def test_a_session_without_its_token_is_refused(accounts: Accounts) -> None:
    admin = accounts.as_role("admin", allow("*"))
    redshift = admin.client("redshift", SessionToken="")
    assert code_of(redshift.describe_clusters) == "InvalidClientTokenId"


def test_a_key_admits_the_other_account_only_by_its_policy(accounts: Accounts) -> None:
    kms = accounts.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    reader = accounts.as_role(
        "reader",
        allow("kms:DescribeKey", key),
        account="target",
    ).client("kms")
    assert code_of(reader.describe_key, KeyId=key) == "AccessDeniedException"

    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    admitted = {"AWS": f"arn:aws:iam::{TARGET}:root"}
    policy["Statement"].append(
        {"Effect": "Allow", "Principal": admitted, "Action": "kms:DescribeKey", "Resource": "*"}
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    # Beyond the guard moto looks for the key in the caller's own account.
    assert code_of(reader.describe_key, KeyId=key) == "NotFoundException"
    assert code_of(reader.get_key_policy, KeyId=key) == "AccessDeniedException"


def test_a_restore_asks_for_cluster_snapshot_and_key(accounts: Accounts) -> None:
    kms = accounts.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    use_of_key = ["kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant"]
    admitted = {"AWS": f"arn:aws:iam::{TARGET}:root"}
    policy["Statement"].append(
        {"Effect": "Allow", "Principal": admitted, "Action": use_of_key, "Resource": "*"}
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    make_cluster(accounts, Encrypted=True, KmsKeyId=key)
    accounts.sandbox.control(
        "POST", "lifecycle", {"operation": "snapshot", "seconds": 0, "outcome": "available"}
    )
    source = accounts.client("redshift")
    source.create_cluster_snapshot(ClusterIdentifier="shop", SnapshotIdentifier="one")
    source.authorize_snapshot_access(SnapshotIdentifier="one", AccountWithRestoreAccess=TARGET)
    restoring = "redshift:RestoreFromClusterSnapshot"
    cluster = f"arn:aws:redshift:{REGION}:{TARGET}:cluster:drill-*"
    statements = {
        "no snapshot": [allow(restoring, cluster), allow(use_of_key, key)],
        "no cluster": [allow(restoring, f"{SNAPSHOTS}:*/*"), allow(use_of_key, key)],
        "no key": [allow(restoring, [cluster, f"{SNAPSHOTS}:*/*"])],
        "all": [allow(restoring, [cluster, f"{SNAPSHOTS}:*/*"]), allow(use_of_key, key)],
    }
    wanted = {"ClusterIdentifier": "drill-1", "SnapshotIdentifier": "one", "OwnerAccount": SOURCE}

    codes = {
        name: code_of(
            accounts.as_role(name.replace(" ", "-"), *granted, account="target")
            .client("redshift")
            .restore_from_cluster_snapshot,
            **wanted,
        )
        for name, granted in statements.items()
    }

    denied = dict.fromkeys(("no snapshot", "no cluster", "no key"), "AccessDenied")
    # Past the guard, Redshift itself misses the subnet group.
    assert codes == denied | {"all": "ClusterSubnetGroupNotFoundFault"}


def test_handing_a_role_on_needs_permission(accounts: Accounts) -> None:
    execution = accounts.role("execution")
    passing = allow("iam:PassRole", execution)
    arguments = {
        "FunctionName": "f",
        "Runtime": "python3.13",
        "Role": execution,
        "Handler": "a.b",
        "Code": {"ZipFile": b"x"},
    }
    without = accounts.as_role("without", allow("lambda:*")).client("lambda")
    assert code_of(without.create_function, **arguments) == "AccessDeniedException"
    within = accounts.as_role("within", allow("lambda:*"), passing).client("lambda")
    assert code_of(within.create_function, **arguments) != "AccessDeniedException"


@pytest.mark.parametrize("name", ["TopicArn", "TargetArn"])
def test_a_topic_is_the_same_by_either_name_of_it(accounts: Accounts, name: str) -> None:
    topics = [
        accounts.client("sns").create_topic(Name=one)["TopicArn"] for one in ("ours", "theirs")
    ]
    sns = accounts.as_role("publisher", allow("sns:Publish", topics[0])).client("sns")

    assert code_of(sns.publish, **{name: topics[0]}, Message="m") == "ok"
    assert code_of(sns.publish, **{name: topics[1]}, Message="m") == "AccessDenied"


def test_every_verdict_is_logged_with_the_statements_that_made_it(accounts: Accounts) -> None:
    nobody = accounts.as_role("nobody", allow("redshift:DescribeClusters", Sid="Look"))
    accounts.sandbox.control("DELETE", "iam-log")
    code_of(nobody.client("redshift").describe_clusters)
    code_of(nobody.client("redshift").describe_cluster_snapshots)

    seen, refused = accounts.log()
    assert (seen["action"], seen["allowed"]) == ("redshift:DescribeClusters", True)
    assert seen["statements"] == ["own/Look"]
    assert seen["principal"] == f"arn:aws:sts::{SOURCE}:assumed-role/nobody/test"
    assert (refused["action"], refused["allowed"]) == ("redshift:DescribeClusterSnapshots", False)
    assert "no identity policy" in refused["reason"]


def test_off_it_lets_everything_pass(accounts: Accounts) -> None:
    nobody = accounts.as_role("nobody").client("redshift")
    accounts.enforce(False)
    assert code_of(nobody.describe_clusters) == "ok"
    assert accounts.sandbox.control("GET", "iam") == {"enforce": False}
