"""Versions and aliases: an update reaches callers of an alias when it is moved, and back."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.awslambda import events
from sandbox.awslambda.events import EVENTS
from tests.sandbox.awslambda.conftest import SOURCE, Deploy, Function, zip_of


def _code(answer: str) -> str:
    return (
        "import os\ndef handler(event, context):\n"
        f"    return ['{answer}', os.environ['MODE'], context.function_version,"
        " context.invoked_function_arn.rpartition(':')[2]]\n"
    )


@pytest.fixture
def released(deploy: Deploy) -> Function:
    """A function whose version 1 is behind ``live``, while its code has moved on."""
    function = deploy(_code("old"), Environment={"Variables": {"MODE": "calm"}})
    client = function.client()
    client.publish_version(FunctionName="fn")
    client.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    client.update_function_code(FunctionName="fn", ZipFile=zip_of(_code("new")))
    client.update_function_configuration(
        FunctionName="fn", Environment={"Variables": {"MODE": "wild"}}
    )
    return function


def test_an_alias_runs_its_version_s_code_and_configuration(released: Function) -> None:
    assert released.result(Qualifier="live") == ["old", "calm", "1", "live"]
    assert released.result() == ["new", "wild", "$LATEST", "fn"]


def test_moving_the_alias_is_the_release_and_moving_it_back_the_rollback(
    released: Function,
) -> None:
    client = released.client()
    client.publish_version(FunctionName="fn")

    client.update_alias(FunctionName="fn", Name="live", FunctionVersion="2")
    assert released.result(Qualifier="live")[:3] == ["new", "wild", "2"]

    client.update_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    assert released.result(Qualifier="live")[:3] == ["old", "calm", "1"]


def test_an_alias_with_weights_is_refused(released: Function) -> None:
    weights = {"AdditionalVersionWeights": {"1": 0.1}}
    with pytest.raises(ClientError, match="RoutingConfig") as refused:
        released.client().update_alias(FunctionName="fn", Name="live", RoutingConfig=weights)
    assert refused.value.response["Error"]["Code"] == "NotImplementedInSandbox"


def test_an_alias_has_asynchronous_settings_of_its_own(released: Function) -> None:
    client = released.client()
    client.put_function_event_invoke_config(
        FunctionName="fn", Qualifier="live", MaximumRetryAttempts=0
    )
    client.put_function_event_invoke_config(FunctionName="fn", MaximumRetryAttempts=1)

    shown = client.get_function_event_invoke_config(FunctionName="fn", Qualifier="live")
    listed = client.list_function_event_invoke_configs(FunctionName="fn")
    client.delete_function_event_invoke_config(FunctionName="fn", Qualifier="live")

    assert shown["MaximumRetryAttempts"] == 0
    assert shown["FunctionArn"].endswith(":function:fn:live")
    assert len(listed["FunctionEventInvokeConfigs"]) == 2
    with pytest.raises(ClientError) as gone:
        client.get_function_event_invoke_config(FunctionName="fn", Qualifier="live")
    assert gone.value.response["Error"]["Code"] == "ResourceNotFoundException"


FAILING = "def handler(event, context):\n    print('attempt')\n    raise ValueError('no')\n"


@pytest.mark.parametrize(
    ("settings", "attempts", "condition"),
    [
        ({"MaximumRetryAttempts": 1}, 2, "RetriesExhausted"),
        # AWS waits one minute before the first retry, and two before the second.
        ({"MaximumEventAgeInSeconds": 60}, 2, "EventAgeExceeded"),
    ],
)
def test_failures_of_an_alias_s_events_reach_its_own_destination(
    deploy: Deploy,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    attempts: int,
    condition: str,
) -> None:
    monkeypatch.setattr(events, "RETRY_DELAYS_SECONDS", (0.01, 0.01))
    function = deploy(FAILING)
    url = function.client("sqs").create_queue(QueueName="failures")["QueueUrl"]
    client = function.client()
    client.publish_version(FunctionName="fn")
    client.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    destination = {"Destination": f"arn:aws:sqs:us-east-1:{SOURCE}:failures"}
    client.put_function_event_invoke_config(
        FunctionName="fn",
        Qualifier="live",
        DestinationConfig={"OnFailure": destination},
        **settings,
    )

    function.call({"a": 1}, InvocationType="Event", Qualifier="live")
    assert EVENTS.wait_until_idle(timeout_seconds=30)

    (message,) = function.client("sqs").receive_message(QueueUrl=url)["Messages"]
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == condition
    assert record["requestContext"]["approximateInvokeCount"] == attempts
    assert record["requestContext"]["functionArn"].endswith(":function:fn:live")
    assert function.messages().count("attempt") == attempts


@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_destination_is_reached_as_the_function_s_role(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch, is_allowed: bool
) -> None:
    monkeypatch.setattr(events, "RETRY_DELAYS_SECONDS", (0.01, 0.01))
    function = deploy(FAILING)
    url = function.client("sqs").create_queue(QueueName="failures")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{SOURCE}:failures"
    function.client().put_function_event_invoke_config(
        FunctionName="fn",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    actions = ["logs:*"] + (["sqs:SendMessage"] if is_allowed else [])
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    function.client("iam").put_role_policy(
        RoleName="fn-role",
        PolicyName="own",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    function.sandbox.control("POST", "iam", {"enforce": True})

    function.call(InvocationType="Event")
    assert EVENTS.wait_until_idle(timeout_seconds=30)

    found = function.client("sqs").receive_message(QueueUrl=url)
    assert len(found.get("Messages", [])) == is_allowed
