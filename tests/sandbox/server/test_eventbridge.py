"""EventBridge delivers what a rule matches, and nothing else."""

import json
from typing import Any

import moto.events.models
import pytest

from sandbox.eventbridge import SandboxRule, install


@pytest.fixture
def queue(sandbox: Any) -> dict[str, str]:
    """A queue for the targets of rules."""
    sqs = sandbox.client("sqs")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return {"url": url, "arn": arn["QueueArn"]}


def _received(sandbox: Any, queue: dict[str, str]) -> int:
    event = {"Source": "orders", "DetailType": "placed", "Detail": json.dumps({"id": 1})}
    sandbox.client("events").put_events(Entries=[event])
    received = sandbox.client("sqs").receive_message(QueueUrl=queue["url"])
    return len(received.get("Messages", []))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"EventPattern": '{"source": ["orders"]}'}, 1),
        ({"EventPattern": '{"source": ["refunds"]}'}, 0),
        ({"EventPattern": '{"source": ["orders"]}', "State": "DISABLED"}, 0),
        ({"ScheduleExpression": "rate(1 day)", "State": "DISABLED"}, 0),
    ],
)
def test_rule_sends_only_what_it_matches_while_enabled(
    sandbox: Any, queue: dict[str, str], rule: dict[str, str], expected: int
) -> None:
    events = sandbox.client("events")
    events.put_rule(Name="r", **rule)
    events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": queue["arn"]}])
    assert _received(sandbox, queue) == expected


def test_rule_that_is_enabled_again_sends_again(sandbox: Any, queue: dict[str, str]) -> None:
    events = sandbox.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["orders"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": queue["arn"]}])
    events.disable_rule(Name="r")
    assert _received(sandbox, queue) == 0
    events.enable_rule(Name="r")
    assert _received(sandbox, queue) == 1


def test_moto_looks_the_rule_s_class_up_when_it_makes_one() -> None:
    install()
    assert moto.events.models.Rule is SandboxRule
    assert "Rule" in moto.events.models.EventsBackend.put_rule.__code__.co_names
