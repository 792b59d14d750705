"""Types that a function with schedules and alarms needs: what stacks make is what the API shows."""

import io
import json
import zipfile
from typing import Any

import pytest

from tests.sandbox.cloudformation.conftest import ROLE, RUNTIME

TRUST = ROLE["Properties"]["AssumeRolePolicyDocument"]


def archive(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("app.py", text)
    return buffer.getvalue()


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def resource(kind: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties, **more}


@pytest.fixture
def code(sandbox: Any) -> str:
    client = sandbox.client("s3")
    client.create_bucket(Bucket="code")
    for key, answer in (("one.zip", "one"), ("two.zip", "two")):
        text = f"def handler(event, context):\n    return {answer!r}\n"
        client.put_object(Bucket="code", Key=key, Body=archive(text))
    return "code"


def function_resources(bucket: str, key: str, description: str) -> dict[str, Any]:
    return {
        "Role": resource(
            "IAM::Role", {"AssumeRolePolicyDocument": TRUST, "MaxSessionDuration": 7200}
        ),
        "Function": resource(
            "Lambda::Function",
            {
                "FunctionName": "worker",
                "Runtime": RUNTIME,
                "Handler": "app.handler",
                "Role": att("Role", "Arn"),
                "Code": {"S3Bucket": bucket, "S3Key": key},
                "Environment": {"Variables": {"DAYS": 7}},
                "LoggingConfig": {"LogFormat": "JSON"},
            },
        ),
        "Version": resource(
            "Lambda::Version",
            {"FunctionName": ref("Function"), "Description": description},
            UpdateReplacePolicy="Retain",
        ),
        "Live": resource(
            "Lambda::Alias",
            {
                "FunctionName": ref("Function"),
                "Name": "live",
                "FunctionVersion": att("Version", "Version"),
            },
        ),
    }


def invoke(sandbox: Any, qualifier: str = "live") -> Any:
    client = sandbox.client("lambda")
    answer = client.invoke(FunctionName="worker", Qualifier=qualifier)
    return json.loads(answer["Payload"].read())


def test_a_changed_key_of_the_code_moves_the_alias_to_a_new_version(
    sandbox: Any, create: Any, update: Any, code: str
) -> None:
    assert create(function_resources(code, "one.zip", "one"))["StackStatus"] == "CREATE_COMPLETE"
    assert invoke(sandbox) == "one"
    assert update(function_resources(code, "two.zip", "two"))["StackStatus"] == "UPDATE_COMPLETE"
    assert invoke(sandbox) == "two"
    versions = sandbox.client("lambda").list_versions_by_function(FunctionName="worker")
    assert [one["Version"] for one in versions["Versions"]] == ["$LATEST", "1", "2"]
    assert invoke(sandbox, "1") == "one", "UpdateReplacePolicy keeps the old version"


def test_environment_variables_are_text_and_roles_take_numbers(
    sandbox: Any, create: Any, code: str
) -> None:
    create(function_resources(code, "one.zip", "one"))
    found = sandbox.client("lambda").get_function_configuration(FunctionName="worker")
    assert found["Environment"] == {"Variables": {"DAYS": "7"}}
    role = sandbox.client("iam").get_role(RoleName=found["Role"].rpartition("/")[2])["Role"]
    assert role["MaxSessionDuration"] == 7200


def test_permissions_retries_and_destinations_of_a_function(
    sandbox: Any, create: Any, code: str, cloudformation: Any
) -> None:
    resources = function_resources(code, "one.zip", "one") | {
        "Failures": resource("SNS::Topic", {}),
        "Retries": resource(
            "Lambda::EventInvokeConfig",
            {
                "FunctionName": ref("Function"),
                "Qualifier": "$LATEST",
                "MaximumRetryAttempts": 1,
                "MaximumEventAgeInSeconds": "3600",
                "DestinationConfig": {"OnFailure": {"Destination": ref("Failures")}},
            },
        ),
        "Permission": resource(
            "Lambda::Permission",
            {
                "FunctionName": ref("Function"),
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceAccount": ref("AWS::AccountId"),
            },
        ),
    }
    assert create(resources)["StackStatus"] == "CREATE_COMPLETE"
    client = sandbox.client("lambda")
    retries = client.get_function_event_invoke_config(FunctionName="worker")
    assert (retries["MaximumRetryAttempts"], retries["MaximumEventAgeInSeconds"]) == (1, 3600)
    assert ":stack-Failures-" in retries["DestinationConfig"]["OnFailure"]["Destination"]
    [statement] = json.loads(client.get_policy(FunctionName="worker")["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    cloudformation.delete_stack(StackName="stack")
    assert client.list_functions()["Functions"] == []
    assert sandbox.client("iam").list_roles()["Roles"] == []


def scheduling(bucket: str, state: str) -> dict[str, Any]:
    role = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}}
    target = {
        "Arn": att("Function", "Arn"),
        "RoleArn": att("SchedulerRole", "Arn"),
        "Input": '{"action": "backup"}',
        "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600},
        "DeadLetterConfig": {"Arn": att("Queue", "Arn")},
    }
    document = {"Version": "2012-10-17", "Statement": [{**role, "Action": "sts:AssumeRole"}]}
    return function_resources(bucket, "one.zip", "one") | {
        "Queue": resource(
            "SQS::Queue", {"MessageRetentionPeriod": 1209600, "SqsManagedSseEnabled": True}
        ),
        "SchedulerRole": resource("IAM::Role", {"AssumeRolePolicyDocument": document}),
        "Group": resource("Scheduler::ScheduleGroup", {"Name": "backups"}),
        "Schedule": resource(
            "Scheduler::Schedule",
            {
                "Name": "nightly",
                "GroupName": ref("Group"),
                "ScheduleExpression": "cron(0 2 * * ? *)",
                "ScheduleExpressionTimezone": "Europe/Berlin",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "State": state,
                "Target": target,
            },
        ),
    }


def test_a_schedule_is_made_switched_off_and_deleted_with_its_group(
    sandbox: Any, create: Any, update: Any, cloudformation: Any, code: str
) -> None:
    assert create(scheduling(code, "ENABLED"))["StackStatus"] == "CREATE_COMPLETE"
    client = sandbox.client("scheduler")
    schedule = client.get_schedule(Name="nightly", GroupName="backups")
    assert (schedule["State"], schedule["ScheduleExpressionTimezone"]) == (
        "ENABLED",
        "Europe/Berlin",
    )
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 2
    assert update(scheduling(code, "DISABLED"))["StackStatus"] == "UPDATE_COMPLETE"
    assert client.get_schedule(Name="nightly", GroupName="backups")["State"] == "DISABLED"
    cloudformation.delete_stack(StackName="stack")
    assert client.list_schedules()["Schedules"] == []
    assert [one["Name"] for one in client.list_schedule_groups()["ScheduleGroups"]] == ["default"]


def watching(threshold: int, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "Topic": resource("SNS::Topic", {"TopicName": "pages"}),
        "Queue": resource("SQS::Queue", {"QueueName": "readers"}),
        "QueuePolicy": resource(
            "SQS::QueuePolicy",
            {
                "Queues": [ref("Queue")],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "sns.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": att("Queue", "Arn"),
                        }
                    ],
                },
            },
        ),
        "Subscription": resource(
            "SNS::Subscription",
            {"TopicArn": ref("Topic"), "Protocol": "sqs", "Endpoint": att("Queue", "Arn")},
        ),
        "TopicPolicy": resource(
            "SNS::TopicPolicy",
            {
                "Topics": [ref("Topic")],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "Alarms",
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudwatch.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": ref("Topic"),
                        }
                    ],
                },
            },
        ),
        "LogGroup": resource(
            "Logs::LogGroup", {"LogGroupName": "/aws/lambda/worker", "RetentionInDays": 30}
        ),
        "Filter": resource(
            "Logs::MetricFilter",
            {
                "LogGroupName": ref("LogGroup"),
                "FilterPattern": '{ $.level = "ERROR" }',
                "MetricTransformations": [
                    {"MetricNamespace": "Worker", "MetricName": "Errors", "MetricValue": "1"}
                ],
            },
        ),
        "Alarm": resource(
            "CloudWatch::Alarm",
            {
                "AlarmName": "errors",
                "Namespace": "Worker",
                "MetricName": "Errors",
                "Statistic": "Sum",
                "Period": 300,
                "EvaluationPeriods": 1,
                "Threshold": threshold,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "breaching",
                "AlarmActions": [ref("Topic")],
            },
        ),
        "Dashboard": resource(
            "CloudWatch::Dashboard",
            {"DashboardName": "worker", "DashboardBody": {"Fn::Sub": '{"widgets": []}'}},
        ),
        **more,
    }


def test_alarm_topic_queue_dashboard_and_logs_are_the_ones_of_the_api(
    sandbox: Any, create: Any, update: Any, cloudformation: Any
) -> None:
    page = resource(
        "CloudWatch::CompositeAlarm",
        {"AlarmName": "page", "AlarmRule": {"Fn::Sub": 'ALARM("${Alarm}")'}},
    )
    assert create(watching(1, {"Page": page}))["StackStatus"] == "CREATE_COMPLETE"
    cloudwatch, sns = sandbox.client("cloudwatch"), sandbox.client("sns")
    [alarm] = cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"]
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1.0, "breaching")
    topic = alarm["AlarmActions"][0]
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    assert [one["Sid"] for one in policy["Statement"]] == ["Alarms"]
    sns.publish(TopicArn=topic, Message="hello")
    sqs = sandbox.client("sqs")
    queue = sqs.get_queue_url(QueueName="readers")["QueueUrl"]
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["Message"] == "hello"
    assert json.loads(cloudwatch.get_dashboard(DashboardName="worker")["DashboardBody"]) == {
        "widgets": []
    }
    logs = sandbox.client("logs")
    [group] = logs.describe_log_groups()["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"]) == ("/aws/lambda/worker", 30)
    [found] = logs.describe_metric_filters(logGroupName="/aws/lambda/worker")["metricFilters"]
    assert found["metricTransformations"][0]["metricName"] == "Errors"

    both = {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    [composite] = cloudwatch.describe_alarms(AlarmNames=["page"], **both)["CompositeAlarms"]
    assert composite["AlarmRule"] == 'ALARM("errors")'

    assert update(watching(3, {}))["StackStatus"] == "UPDATE_COMPLETE"
    assert cloudwatch.describe_alarms(**both)["CompositeAlarms"] == []
    [alarm] = cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"]
    assert (alarm["Threshold"], alarm["AlarmActions"]) == (3.0, [topic])

    cloudformation.delete_stack(StackName="stack")
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    assert (sns.list_topics()["Topics"], logs.describe_log_groups()["logGroups"]) == ([], [])
    assert "QueueUrls" not in sqs.list_queues()
