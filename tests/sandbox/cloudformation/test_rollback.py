"""Deployments that fail leave the account as it was, and say why."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.cloudformation.test_source_types import ref, resource

TOPIC = resource("SNS::Topic", {"TopicName": "kept"})


def queue(name: str = "waiting", **more: Any) -> dict[str, Any]:
    return resource("SQS::Queue", {"QueueName": name, **more}, DependsOn="Topic")


def topics(sandbox: Any) -> list[str]:
    found = sandbox.client("sns").list_topics()["Topics"]
    return [one["TopicArn"].rpartition(":")[2] for one in found]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (queue(Size=5), "#: extraneous key [Size] is not permitted"),
        (queue(DelaySeconds="soon"), "#/DelaySeconds: expected type: integer, found: str"),
        (
            resource("Lambda::Function", {"Handler": "a.b"}, DependsOn="Topic"),
            "#: required key [Code] not found",
        ),
        (
            resource("SNS::Subscription", {"TopicArn": ref("Topic")}, DependsOn="Topic"),
            "#: required key [Protocol] not found",
        ),
        (
            resource("CloudWatch::Alarm", {"AlarmName": "a"}, DependsOn="Topic"),
            "exactly one of [Metrics, MetricName, EvaluationCriteria] is required",
        ),
        (
            resource("S3::Bucket", {"AccelerateConfiguration": {"AccelerationStatus": "Enabled"}})
            | {"DependsOn": "Topic"},
            "The sandbox does not model AccelerateConfiguration of AWS::S3::Bucket",
        ),
        (
            resource(
                "SQS::QueuePolicy",
                {"Queues": ["https://sqs.us-east-1.amazonaws.com/1/no"], "PolicyDocument": {}},
                DependsOn="Topic",
            ),
            "Resource handler returned message",
        ),
    ],
)
def test_a_failed_creation_deletes_what_it_made(
    sandbox: Any, create: Any, events: Any, broken: dict[str, Any], reason: str
) -> None:
    stack = create({"Topic": TOPIC, "Broken": broken})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert topics(sandbox) == []
    history = [(name, status) for name, status, _ in events()]
    assert history[0] == ("stack", "CREATE_IN_PROGRESS")
    assert history.index(("Broken", "CREATE_FAILED")) < history.index(
        ("stack", "ROLLBACK_IN_PROGRESS")
    )
    assert history[-2:] == [("Topic", "DELETE_COMPLETE"), ("stack", "ROLLBACK_COMPLETE")]
    [why] = [text for name, status, text in events() if status == "CREATE_FAILED"]
    assert reason in str(why)
    [why] = [text for name, status, text in events() if status == "ROLLBACK_IN_PROGRESS"]
    assert why == (
        "The following resource(s) failed to create: [Broken]. Rollback requested by user."
    )


def test_a_stack_that_was_rolled_back_can_only_be_deleted(
    create: Any, update: Any, cloudformation: Any
) -> None:
    create({"Topic": TOPIC, "Queue": queue(Size=5)})
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        update({"Topic": TOPIC})
    cloudformation.delete_stack(StackName="stack")
    assert create({"Topic": TOPIC})["StackStatus"] == "CREATE_COMPLETE"


def test_what_was_half_made_is_deleted_too(sandbox: Any, create: Any) -> None:
    broken = resource(
        "IAM::Role",
        {
            "RoleName": "half",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"],
        },
    )
    assert create({"Role": broken})["StackStatus"] == "ROLLBACK_COMPLETE"
    with pytest.raises(ClientError, match="half"):
        sandbox.client("iam").get_role(RoleName="half")


@pytest.mark.parametrize(
    ("arguments", "status", "left"),
    [
        ({"OnFailure": "DO_NOTHING"}, "CREATE_FAILED", ["kept"]),
        ({"DisableRollback": True}, "CREATE_FAILED", ["kept"]),
    ],
)
def test_rollback_is_left_out_on_demand(
    sandbox: Any, create: Any, arguments: dict[str, Any], status: str, left: list[str]
) -> None:
    stack = create({"Topic": TOPIC, "Queue": queue(Size=5)}, **arguments)
    assert (stack["StackStatus"], topics(sandbox)) == (status, left)
    assert stack["DisableRollback"] is True


def test_a_failed_update_restores_the_state_before(
    sandbox: Any, create: Any, update: Any, events: Any
) -> None:
    sections = {"Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Topic", "TopicName"]}}}}
    create(
        {"Topic": TOPIC, "Queue": queue(DelaySeconds=5), "Old": resource("SNS::Topic", {})},
        sections=sections,
    )
    before = sorted(topics(sandbox))
    stack = update(
        {
            "Topic": TOPIC,
            "Queue": queue(DelaySeconds=9),
            "New": resource("SNS::Topic", {"TopicName": "new"}, DependsOn="Queue"),
            "Broken": resource("SNS::Topic", {"Colour": "red"}, DependsOn="New"),
        }
    )
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert [one["OutputValue"] for one in stack["Outputs"]] == ["kept"]
    assert sorted(topics(sandbox)) == before
    sqs = sandbox.client("sqs")
    url = sqs.get_queue_url(QueueName="waiting")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
    assert attributes["Attributes"] == {"DelaySeconds": "5"}
    statuses = [status for name, status, _ in events() if name == "stack"]
    assert statuses[2:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]
    again = update({"Topic": TOPIC, "Queue": queue(DelaySeconds=9)})
    assert again["StackStatus"] == "UPDATE_COMPLETE"
    assert topics(sandbox) == ["kept"]


def test_a_replacement_is_undone_by_a_later_failure(sandbox: Any, create: Any, update: Any) -> None:
    create({"Topic": TOPIC})
    stack = update(
        {
            "Topic": resource("SNS::Topic", {"TopicName": "other"}),
            "Broken": queue(Size=1),
        }
    )
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert topics(sandbox) == ["kept"]
    assert update({"Topic": resource("SNS::Topic", {"TopicName": "other"})})["StackStatus"] == (
        "UPDATE_COMPLETE"
    )
    assert topics(sandbox) == ["other"]


def test_a_named_resource_is_not_replaced_under_its_name(
    sandbox: Any, create: Any, update: Any, events: Any
) -> None:
    create({"Topic": TOPIC})
    fifo = {"TopicName": "kept", "FifoTopic": True}
    assert update({"Topic": resource("SNS::Topic", fifo)})["StackStatus"] == (
        "UPDATE_ROLLBACK_COMPLETE"
    )
    [why] = [text for _, status, text in events() if status == "UPDATE_FAILED"]
    assert "Rename kept and update the stack again." in str(why)


def test_a_fault_of_the_service_rolls_back(sandbox: Any, create: Any) -> None:
    rule = {"service": "sqs", "operation": "CreateQueue", "kind": "throttle", "times": 9}
    sandbox.control("POST", "faults", rule)
    stack = create({"Topic": TOPIC, "Queue": queue()})
    assert (stack["StackStatus"], topics(sandbox)) == ("ROLLBACK_COMPLETE", [])


@pytest.mark.parametrize(
    ("kind", "name", "properties"),
    [
        ("SNS::Topic", "TopicName", {}),
        ("SQS::Queue", "QueueName", {}),
        ("CloudWatch::Dashboard", "DashboardName", {"DashboardBody": '{"widgets": []}'}),
        ("Logs::LogGroup", "LogGroupName", {}),
        (
            "CloudWatch::Alarm",
            "AlarmName",
            {
                "Namespace": "n",
                "MetricName": "m",
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanThreshold",
            },
        ),
    ],
)
def test_a_stack_never_takes_what_exists_for_its_own(
    create: Any, cloudformation: Any, kind: str, name: str, properties: dict[str, Any]
) -> None:
    resources = {"One": resource(kind, {name: "shared", **properties})}
    assert create(resources, "first")["StackStatus"] == "CREATE_COMPLETE"
    assert create(resources, "second")["StackStatus"] == "ROLLBACK_COMPLETE"
    cloudformation.delete_stack(StackName="second")
    again = create(resources, "third")
    assert again["StackStatus"] == "ROLLBACK_COMPLETE", "the first stack's is still there"


def test_deleting_a_stack_that_was_rolled_back_touches_nothing_made_since(
    sandbox: Any, create: Any, cloudformation: Any
) -> None:
    create({"Topic": TOPIC, "Queue": queue(Size=5)})
    sandbox.client("sns").create_topic(Name="kept")
    cloudformation.delete_stack(StackName="stack")
    assert topics(sandbox) == ["kept"]


def test_an_update_makes_what_a_creation_without_rollback_has_failed_to_make(
    sandbox: Any, create: Any, update: Any
) -> None:
    create({"Topic": TOPIC, "Queue": queue(Size=5)}, OnFailure="DO_NOTHING")
    stack = update({"Topic": TOPIC, "Queue": queue()})
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert sandbox.client("sqs").get_queue_url(QueueName="waiting")["QueueUrl"]


def test_resources_of_a_stack_that_could_not_be_deleted_are_left_on_demand(
    sandbox: Any, create: Any, cloudformation: Any
) -> None:
    create({"Topic": TOPIC, "Bucket": resource("S3::Bucket", {"BucketName": "full"})})
    sandbox.client("s3").put_object(Bucket="full", Key="a", Body=b"a")
    with pytest.raises(ClientError, match="only when the stack is in the DELETE_FAILED state"):
        cloudformation.delete_stack(StackName="stack", RetainResources=["Bucket"])
    cloudformation.delete_stack(StackName="stack")
    cloudformation.delete_stack(StackName="stack", RetainResources=["Bucket"])
    assert cloudformation.describe_stacks()["Stacks"] == []
    assert [one["Name"] for one in sandbox.client("s3").list_buckets()["Buckets"]] == ["full"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"NotificationARNs": ["arn:aws:sns:us-east-1:164543933824:events"]},
        {"StackPolicyBody": "{}"},
        {"RollbackConfiguration": {"MonitoringTimeInMinutes": 5}},
    ],
)
def test_what_would_be_promised_and_not_done_is_refused(
    create: Any, cloudformation: Any, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="NotImplementedInSandbox"):
        create({"Topic": TOPIC}, **arguments)
    assert cloudformation.describe_stacks()["Stacks"] == []
