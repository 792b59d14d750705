"""The call log: one object for each AWS call, as botocore names things."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.accounts import SOURCE
from sandbox.recorder import Call, Recorder

FIELDS = {
    "service",
    "operation",
    "account_id",
    "principal",
    "parameters",
    "status",
    "error_code",
}
ADMINISTRATOR = f"arn:aws:iam::{SOURCE.account_id}:user/sandbox-administrator"


def logged(sandbox):
    calls = sandbox.control("GET", "calls")
    assert all(set(call) == FIELDS for call in calls)
    return calls


def test_query_call_is_logged_with_lists_and_its_error_code(sandbox):
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    with pytest.raises(ClientError):
        sandbox.client("redshift").create_cluster_snapshot(
            SnapshotIdentifier="nightly", ClusterIdentifier="missing", Tags=tags
        )
    assert logged(sandbox) == [
        {
            "service": "redshift",
            "operation": "CreateClusterSnapshot",
            "account_id": SOURCE.account_id,
            "principal": ADMINISTRATOR,
            "parameters": {
                "SnapshotIdentifier": "nightly",
                "ClusterIdentifier": "missing",
                "Tags": tags,
            },
            "status": 404,
            "error_code": "ClusterNotFound",
        }
    ]


def test_json_call_is_logged_with_numbers_and_structures(sandbox):
    sandbox.client("logs").create_log_group(logGroupName="/a", tags={"k": "v"})
    (call,) = logged(sandbox)
    assert (call["service"], call["operation"]) == ("logs", "CreateLogGroup")
    assert call["parameters"] == {"logGroupName": "/a", "tags": {"k": "v"}}
    assert (call["status"], call["error_code"]) == (200, None)


def test_rest_json_call_is_logged_with_path_header_and_payload(sandbox):
    with pytest.raises(ClientError):
        sandbox.client("lambda").invoke(
            FunctionName="missing",
            InvocationType="Event",
            Payload=json.dumps({"action": "status"}),
        )
    (call,) = logged(sandbox)
    assert (call["service"], call["operation"]) == ("lambda", "Invoke")
    assert call["parameters"] == {
        "FunctionName": "missing",
        "InvocationType": "Event",
        "Payload": '{"action": "status"}',
    }
    assert (call["status"], call["error_code"]) == (404, "ResourceNotFoundException")


def test_rest_xml_call_is_logged_with_its_body_as_text_or_length(sandbox):
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="staging")
    s3.put_object(Bucket="staging", Key="a b/ü.csv", Body=b"1,2\n")
    s3.put_object(Bucket="staging", Key="binary", Body=b"\xff\x00\xfe")
    s3.put_object(Bucket="staging", Key="large", Body=b"x" * 100_000)
    create, text, binary, large = logged(sandbox)
    assert (create["service"], create["operation"]) == ("s3", "CreateBucket")
    assert create["parameters"]["Bucket"] == "staging"
    assert text["parameters"]["Key"] == "a b/ü.csv"
    assert text["parameters"]["Body"] == "1,2\n"
    assert binary["parameters"]["Body"] == "<3 bytes>"
    assert large["parameters"]["Body"] == "<100000 bytes>"


@pytest.mark.parametrize(
    ("service", "method", "operation"),
    [
        ("sns", "list_topics", "ListTopics"),
        ("sts", "get_caller_identity", "GetCallerIdentity"),
        ("kms", "list_keys", "ListKeys"),
        ("sqs", "list_queues", "ListQueues"),
        ("ec2", "describe_vpcs", "DescribeVpcs"),
        ("cloudwatch", "list_metrics", "ListMetrics"),
        ("events", "list_rules", "ListRules"),
        ("iam", "list_users", "ListUsers"),
        ("secretsmanager", "list_secrets", "ListSecrets"),
    ],
)
def test_service_and_operation_carry_boto3_names(sandbox, service, method, operation):
    getattr(sandbox.client(service), method)()
    (call,) = logged(sandbox)
    assert (call["service"], call["operation"]) == (service, operation)
    assert call["status"] == 200


def test_log_is_in_order_and_delete_empties_it(sandbox):
    sts = sandbox.client("sts")
    sts.get_caller_identity()
    sandbox.client("sns").list_topics()
    sandbox.client("sts", "target").get_caller_identity()
    assert [call["operation"] for call in logged(sandbox)] == [
        "GetCallerIdentity",
        "ListTopics",
        "GetCallerIdentity",
    ]
    assert sandbox.control("DELETE", "calls") == {"removed": 3}
    assert logged(sandbox) == []


def test_control_requests_are_not_logged(sandbox):
    sandbox.control("GET", "health")
    sandbox.control("POST", "clock", {"advance_seconds": 1})
    assert logged(sandbox) == []


def test_log_keeps_the_newest_calls_only():
    recorder = Recorder(maximum=2)
    for name in ("First", "Second", "Third"):
        number = recorder.arrive()
        recorder.record(number, Call("sts", name, None, None, {}, 200, None))
    assert [call["operation"] for call in recorder.calls()] == ["Second", "Third"]


def test_log_orders_by_arrival_not_by_end():
    recorder = Recorder()
    slow, quick = recorder.arrive(), recorder.arrive()
    recorder.record(quick, Call("sts", "Quick", None, None, {}, 200, None))
    recorder.record(slow, Call("sts", "Slow", None, None, {}, 200, None))
    assert [call["operation"] for call in recorder.calls()] == ["Slow", "Quick"]
