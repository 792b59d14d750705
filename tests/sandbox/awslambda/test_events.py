"""Asynchronous invocations: accepted at once, retried twice, reported to a destination."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from sandbox.awslambda import events
from sandbox.awslambda.events import EVENTS
from tests.sandbox.awslambda.conftest import SOURCE, Deploy, Function


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "RETRY_DELAYS_SECONDS", (0.01, 0.01))


FAILING = "def handler(event, context):\n    print('attempt')\n    raise ValueError('no')\n"


def _send(function: Function) -> None:
    response = function.call({"a": 1}, InvocationType="Event")
    assert (response["StatusCode"], response["Payload"]) == (202, b"")
    assert EVENTS.wait_until_idle(timeout_seconds=30)


def test_an_event_is_accepted_before_it_runs(deploy: Deploy) -> None:
    function = deploy(
        "import time\ndef handler(event, context):\n    time.sleep(1)\n    print('ran')\n"
    )
    started = time.monotonic()

    function.call(InvocationType="Event")

    assert time.monotonic() - started < 1
    assert EVENTS.wait_until_idle(timeout_seconds=30)
    assert "ran" in function.messages()


def test_a_failed_event_is_retried_twice_with_the_same_request_id(deploy: Deploy) -> None:
    function = deploy(FAILING)

    _send(function)

    messages = function.messages()
    starts = {message for message in messages if message.startswith("START")}
    assert messages.count("attempt") == 3
    assert len(starts) == 1


def test_a_successful_event_runs_once(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    print('attempt')\n")

    _send(function)

    assert function.messages().count("attempt") == 1


def test_the_number_of_retries_is_configurable(deploy: Deploy) -> None:
    function = deploy(FAILING)
    function.client().put_function_event_invoke_config(FunctionName="fn", MaximumRetryAttempts=0)

    _send(function)

    assert function.messages().count("attempt") == 1


def test_a_failure_reaches_the_on_failure_destination(deploy: Deploy) -> None:
    function = deploy(FAILING)
    sns, sqs = function.client("sns"), function.client("sqs")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{SOURCE}:inbox")
    function.client().put_function_event_invoke_config(
        FunctionName="fn", DestinationConfig={"OnFailure": {"Destination": topic}}
    )

    _send(function)

    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    record = json.loads(json.loads(message["Body"])["Message"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["requestPayload"] == {"a": 1}
    assert record["responsePayload"]["errorMessage"] == "no"


def test_a_success_reaches_its_own_destination_only(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    return 'done'\n")
    sqs = function.client("sqs")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("good", "bad")}
    arn = f"arn:aws:sqs:us-east-1:{SOURCE}"
    function.client().put_function_event_invoke_config(
        FunctionName="fn",
        DestinationConfig={
            "OnSuccess": {"Destination": f"{arn}:good"},
            "OnFailure": {"Destination": f"{arn}:bad"},
        },
    )

    _send(function)

    (message,) = sqs.receive_message(QueueUrl=urls["good"])["Messages"]
    assert json.loads(message["Body"])["responsePayload"] == "done"
    assert "Messages" not in sqs.receive_message(QueueUrl=urls["bad"])


def test_another_function_may_be_the_destination(deploy: Deploy) -> None:
    function = deploy(FAILING)
    witness = deploy(
        "def handler(event, context):\n    print('saw', event['requestPayload'])\n", name="witness"
    )
    arn = f"arn:aws:lambda:us-east-1:{SOURCE}:function:witness"
    put = function.client().put_function_event_invoke_config
    put(FunctionName="fn", DestinationConfig={"OnFailure": {"Destination": arn}})

    _send(function)

    assert "saw {'a': 1}" in witness.messages()


def test_later_settings_replace_earlier_ones_and_updates_add_to_them(deploy: Deploy) -> None:
    client = deploy(FAILING).client()
    client.put_function_event_invoke_config(FunctionName="fn", MaximumRetryAttempts=0)
    client.put_function_event_invoke_config(FunctionName="fn", MaximumRetryAttempts=1)
    client.update_function_event_invoke_config(FunctionName="fn", MaximumEventAgeInSeconds=60)

    config = client.get_function_event_invoke_config(FunctionName="fn")

    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (1, 60)


def test_a_destination_that_is_not_modelled_is_refused(deploy: Deploy) -> None:
    client = deploy(FAILING).client()
    bus = f"arn:aws:events:us-east-1:{SOURCE}:event-bus/default"

    with pytest.raises(ClientError, match=bus) as caught:
        client.put_function_event_invoke_config(
            FunctionName="fn", DestinationConfig={"OnFailure": {"Destination": bus}}
        )

    assert caught.value.response["Error"]["Code"] == "NotImplementedInSandbox"


def test_a_reset_forgets_events_that_wait(deploy: Deploy) -> None:
    function = deploy("import time\ndef handler(event, context):\n    time.sleep(30)\n", Timeout=60)
    for _ in range(12):
        function.call(InvocationType="Event")

    function.sandbox.reset()

    assert EVENTS.wait_until_idle(timeout_seconds=10)
    groups = function.client("logs").describe_log_groups()["logGroups"]
    assert groups == []
