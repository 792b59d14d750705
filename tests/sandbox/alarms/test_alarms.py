"""Alarms are evaluated by the sandbox's clock and tell their topic of changes."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.alarms.conftest import TOPIC, Alerts
from tests.sandbox.awslambda.conftest import SOURCE, Deploy
from tests.sandbox.scheduling.conftest import advance


def test_an_alarm_goes_off_and_back_and_tells_of_each_change_once(alerts: Alerts) -> None:
    alerts.put_alarm(TreatMissingData="notBreaching")
    assert alerts.state() == "INSUFFICIENT_DATA"
    alerts.pass_minutes()
    assert alerts.changes() == ["INSUFFICIENT_DATA -> OK"]

    alerts.put_value(27)
    alerts.pass_minutes()
    assert alerts.state() == "ALARM"
    (message,) = alerts.messages()
    alerts.pass_minutes(10)

    assert message["Subject"] == 'ALARM: "age" in US East (N. Virginia)'
    assert message["StateChangeTime"] == "2026-03-02T12:32:00.000+0000"
    assert message["AWSAccountId"] == SOURCE
    assert message["Trigger"]["MetricName"] == "Age"
    assert message["Trigger"]["Threshold"] == 26
    assert "27" in message["NewStateReason"]
    assert alerts.changes() == ["ALARM -> OK"]


def test_missing_data_that_breaches_sounds_the_alarm_when_nothing_is_sent(alerts: Alerts) -> None:
    alerts.put_alarm(Period=3600, TreatMissingData="breaching")
    alerts.put_value(1)
    alerts.pass_minutes()
    assert alerts.state() == "OK"
    alerts.messages()

    alerts.pass_minutes(60 * 3)

    (message,) = alerts.messages()
    assert message["NewStateValue"] == "ALARM"
    assert "no datapoints were received" in message["NewStateReason"]


def test_dimensions_tell_metrics_apart(alerts: Alerts) -> None:
    cluster = [{"Name": "ClusterIdentifier", "Value": "sales"}]
    alerts.put_alarm(Dimensions=cluster)
    alerts.put_alarm("bare")
    alerts.put_value(99, Dimensions=[{"Name": "ClusterIdentifier", "Value": "other"}])
    alerts.put_value(1, Dimensions=cluster)

    alerts.pass_minutes()

    assert alerts.state() == "OK"
    assert alerts.state("bare") == "INSUFFICIENT_DATA"


def test_two_of_three_datapoints_are_needed(alerts: Alerts) -> None:
    alerts.put_alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
    states = []
    for value in (30, 1, 30):
        alerts.put_value(value)
        alerts.pass_minutes()
        states.append(alerts.state())

    assert states == ["OK", "OK", "ALARM"]


@pytest.mark.parametrize(("statistic", "state"), [("Sum", "ALARM"), ("Average", "OK")])
def test_a_statistic_is_taken_over_the_period(alerts: Alerts, statistic: str, state: str) -> None:
    alerts.put_alarm(Statistic=statistic)
    for _ in range(3):
        alerts.put_value(10)

    alerts.pass_minutes()

    assert alerts.state() == state


def test_a_state_that_is_set_notifies_and_lasts_until_the_next_evaluation(alerts: Alerts) -> None:
    alerts.put_alarm(TreatMissingData="notBreaching")
    alerts.pass_minutes()
    alerts.messages()

    for _ in range(2):
        alerts.cloudwatch.set_alarm_state(
            AlarmName="age", StateValue="ALARM", StateReason="a drill"
        )
    (message,) = alerts.messages()
    alerts.pass_minutes()

    assert message["NewStateReason"] == "a drill"
    assert alerts.changes() == ["ALARM -> OK"]


def test_disabled_actions_stay_silent(alerts: Alerts) -> None:
    alerts.put_alarm(ActionsEnabled=False)
    alerts.put_value(99)

    alerts.pass_minutes()

    assert alerts.state() == "ALARM"
    assert alerts.messages() == []


def test_a_replaced_alarm_keeps_its_state(alerts: Alerts) -> None:
    alerts.put_alarm()
    alerts.put_value(99)
    alerts.pass_minutes()
    alerts.messages()

    alerts.put_alarm(Threshold=20, AlarmDescription="what to do")
    assert alerts.state() == "ALARM"
    (shown,) = alerts.cloudwatch.describe_alarms(AlarmNamePrefix="ag")["MetricAlarms"]
    assert (shown["AlarmName"], shown["AlarmDescription"]) == ("age", "what to do")

    alerts.pass_minutes()
    assert alerts.messages() == []


def test_a_composite_alarm_makes_one_page_of_many_alarms(alerts: Alerts) -> None:
    for name in ("first", "second"):
        alerts.put_alarm(
            name, AlarmActions=[], OKActions=[], InsufficientDataActions=[],
            TreatMissingData="notBreaching",
        )  # fmt: skip
    alerts.cloudwatch.put_composite_alarm(
        AlarmName="page",
        AlarmRule='ALARM("first") OR ALARM(second)',
        AlarmActions=[TOPIC],
    )
    alerts.pass_minutes()
    assert alerts.state("page") == "OK"

    alerts.put_value(99)
    alerts.pass_minutes()

    (message,) = alerts.messages()
    assert message["AlarmName"] == "page"
    assert message["AlarmRule"] == 'ALARM("first") OR ALARM(second)'
    assert alerts.state("page") == "ALARM"


def test_errors_of_a_function_sound_an_alarm(alerts: Alerts, deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    raise ValueError('no')\n")
    alerts.put_alarm(
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Threshold=0,
        Dimensions=[{"Name": "FunctionName", "Value": "fn"}],
    )
    function.error()

    alerts.pass_minutes()

    assert alerts.state() == "ALARM"


def test_a_message_in_a_queue_sounds_an_alarm(alerts: Alerts) -> None:
    sqs = alerts.sandbox.client("sqs")
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    alerts.put_alarm(
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Threshold=0,
        Dimensions=[{"Name": "QueueName", "Value": "dead-letters"}],
    )
    alerts.pass_minutes()
    assert alerts.state() == "OK"

    sqs.send_message(QueueUrl=url, MessageBody="a firing that was lost")
    alerts.pass_minutes()

    assert alerts.state() == "ALARM"


def test_a_key_of_aws_keeps_alarms_from_an_encrypted_topic(alerts: Alerts) -> None:
    _encrypt(alerts, "alias/aws/sns")
    alerts.put_alarm()
    alerts.put_value(99)

    alerts.pass_minutes()

    assert alerts.state() == "ALARM"
    assert alerts.messages() == []


@pytest.mark.parametrize("is_let_in", [True, False])
def test_the_policy_of_a_topic_s_key_lets_cloudwatch_in(alerts: Alerts, is_let_in: bool) -> None:
    _encrypt(alerts, _key(alerts.sandbox, let_in=is_let_in))
    alerts.put_alarm()
    alerts.put_value(99)

    alerts.pass_minutes()

    assert len(alerts.messages()) == is_let_in


@pytest.mark.parametrize("service", ["cloudwatch.amazonaws.com", "events.amazonaws.com"])
def test_the_policy_of_a_topic_lets_cloudwatch_in(alerts: Alerts, service: str) -> None:
    alerts.sandbox.client("sns").set_topic_attributes(
        TopicArn=TOPIC,
        AttributeName="Policy",
        AttributeValue=_policy(service, "sns:Publish", TOPIC),
    )
    alerts.put_alarm()
    alerts.put_value(99)

    alerts.pass_minutes()

    assert bool(alerts.messages()) == (service == "cloudwatch.amazonaws.com")


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"ExtendedStatistic": "p99", "Statistic": None}, "NotImplementedInSandbox", "Extended"),
        ({"Period": 10}, "NotImplementedInSandbox", "once a minute"),
        ({"Period": 90}, "InvalidParameterValue", "multiple of 60"),
        ({"DatapointsToAlarm": 2}, "InvalidParameterValue", "EvaluationPeriods"),
        ({"TreatMissingData": "never"}, "ValidationError", "TreatMissingData"),
        ({"Period": 3600, "EvaluationPeriods": 200}, "InvalidParameterCombination", "604800"),
        ({"AlarmActions": ["arn:aws:swf:x"]}, "NotImplementedInSandbox", "SNS topics"),
    ],
)
def test_an_alarm_that_would_not_be_evaluated_as_on_aws_is_refused(
    alerts: Alerts, settings: dict[str, Any], code: str, words: str
) -> None:
    given = {name: value for name, value in settings.items() if value is not None}
    with pytest.raises(ClientError, match=words) as refused:
        alerts.put_alarm(**given)
    assert refused.value.response["Error"]["Code"] == code


def test_a_week_of_minutes_is_looked_at_in_seconds(alerts: Alerts) -> None:
    for number in range(8):
        alerts.put_alarm(f"alarm-{number}", TreatMissingData="notBreaching")

    advance(alerts.sandbox, days=7)

    assert alerts.state("alarm-7") == "OK"


def _encrypt(alerts: Alerts, key_id: str) -> None:
    alerts.sandbox.client("sns").set_topic_attributes(
        TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue=key_id
    )


def _key(sandbox: Any, *, let_in: bool) -> str:
    actions = ["kms:Decrypt", "kms:GenerateDataKey*"] if let_in else ["kms:DescribeKey"]
    policy = _policy("cloudwatch.amazonaws.com", actions, "*")
    key_id: str = sandbox.client("kms").create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    return key_id


def _policy(service: str, action: str | list[str], resource: str) -> str:
    import json

    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": resource,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
