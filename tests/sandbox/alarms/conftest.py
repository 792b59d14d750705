"""Alarms on a topic whose messages are read from a queue."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.clock import CLOCK
from tests.pages import drain
from tests.sandbox.awslambda.conftest import SOURCE, deploy
from tests.sandbox.scheduling.conftest import advance

__all__ = ["deploy"]

START = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
TOPIC = f"arn:aws:sns:us-east-1:{SOURCE}:alerts"

PutAlarm = Callable[..., None]


class Alerts:
    """A topic, the queue that is subscribed to it, and metrics to put."""

    def __init__(self, sandbox: Any) -> None:
        self.sandbox = sandbox
        self.cloudwatch = sandbox.client("cloudwatch")
        sns, self._sqs = sandbox.client("sns"), sandbox.client("sqs")
        sns.create_topic(Name="alerts")
        self._queue = self._sqs.create_queue(QueueName="pager")["QueueUrl"]
        queue_arn = f"arn:aws:sqs:us-east-1:{SOURCE}:pager"
        sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=queue_arn)

    def put_alarm(self, name: str = "age", **settings: Any) -> None:
        """Put an alarm on metric ``Age`` of namespace ``Test``."""
        arguments = {
            "Namespace": "Test",
            "MetricName": "Age",
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 26,
            "AlarmActions": [TOPIC],
            "OKActions": [TOPIC],
            "InsufficientDataActions": [TOPIC],
            **settings,
        }
        self.cloudwatch.put_metric_alarm(AlarmName=name, **arguments)

    def put_value(self, value: float, **more: Any) -> None:
        """Put one datum of the metric, as of now."""
        datum = {"MetricName": "Age", "Value": value, **more}
        self.cloudwatch.put_metric_data(Namespace="Test", MetricData=[datum])

    def pass_minutes(self, minutes: int = 1) -> None:
        """Let time pass."""
        advance(self.sandbox, minutes=minutes)

    def state(self, name: str = "age") -> str:
        """Return an alarm's state."""
        found = self.cloudwatch.describe_alarms(
            AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        (alarm,) = found["MetricAlarms"] + found["CompositeAlarms"]
        return str(alarm["StateValue"])

    def messages(self) -> list[dict[str, Any]]:
        """Take the messages from the queue: what the topic delivered, with its subject."""
        told = [json.loads(body) for body in drain(self._sqs, self._queue)]
        return [{"Subject": one.get("Subject"), **json.loads(one["Message"])} for one in told]

    def changes(self) -> list[str]:
        """Take the messages and return the changes that they tell of."""
        return [f"{one['OldStateValue']} -> {one['NewStateValue']}" for one in self.messages()]


@pytest.fixture
def alerts(sandbox: Any) -> Alerts:
    """A topic and a queue at a frozen :data:`START`."""
    CLOCK.freeze(START)
    return Alerts(sandbox)
