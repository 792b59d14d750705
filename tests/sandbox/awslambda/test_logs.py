"""Logs and metrics of functions in CloudWatch, there as soon as the invocation has returned."""

import json
from datetime import timedelta
from typing import Any

import pytest

from sandbox.awslambda.emf import embedded_metrics
from sandbox.awslambda.log_pipes import LogEvent, split_frames, split_lines
from sandbox.clock import CLOCK
from tests.sandbox.awslambda.conftest import Deploy, Function


def test_a_record_of_several_lines_stays_one_event(deploy: Deploy) -> None:
    code = (
        "import logging, sys\ndef handler(event, context):\n"
        "    logging.getLogger().warning('one\\ntwo')\n"
        "    print('printed\\nlines')\n    sys.stdout.write('no newline')\n"
    )
    function = deploy(code)

    request_id = function.call()["ResponseMetadata"]["RequestId"]

    messages = function.messages()
    record = next(message for message in messages if "one" in message)
    assert record.startswith("[WARNING]\t")
    assert record.endswith(f"Z\t{request_id}\tone\ntwo")
    assert messages[1] == f"START RequestId: {request_id} Version: $LATEST"
    assert messages[3:6] == ["printed", "lines", "no newline"]
    assert messages[6] == f"END RequestId: {request_id}"


def test_a_traceback_is_one_event(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    raise ValueError('no')\n")

    function.error()

    (event,) = [message for message in function.messages() if "ValueError" in message]
    assert event.startswith("[ERROR] ValueError: no\nTraceback (most recent call last):\n")


def test_json_format_and_log_group_come_from_the_logging_configuration(deploy: Deploy) -> None:
    code = (
        "import logging\ndef handler(event, context):\n"
        "    logging.info('hidden')\n    logging.warning('seen')\n"
    )
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "LogGroup": "/mine"}
    function = deploy(code, LoggingConfig=logging)

    function.result()

    records = [json.loads(m) for m in function.messages("/mine") if m.startswith("{")]
    assert [(record["level"], record["message"]) for record in records] == [("WARNING", "seen")]
    shown = function.client().get_function_configuration(FunctionName="fn")["LoggingConfig"]
    assert shown == logging


def test_ten_thousand_lines_arrive_in_order(deploy: Deploy) -> None:
    code = "def handler(event, context):\n    for n in range(10_000):\n        print(f'line {n}')\n"
    function = deploy(code, Timeout=30)

    function.result()

    group = function.client("logs").get_paginator("filter_log_events")
    pages = group.paginate(logGroupName="/aws/lambda/fn")
    lines = [e["message"] for page in pages for e in page["events"] if "line" in e["message"]]
    assert lines == [f"line {n}" for n in range(10_000)]


def _sum(function: Function, namespace: str, name: str, dimensions: dict[str, str]) -> float:
    points = function.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=CLOCK.now() - timedelta(hours=1),
        EndTime=CLOCK.now() + timedelta(hours=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


def test_invocations_and_errors_are_counted(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    return 1 / event['by']\n")

    function.result({"by": 1})
    function.error({"by": 0})

    dimensions = {"FunctionName": "fn"}
    assert _sum(function, "AWS/Lambda", "Invocations", dimensions) == 2
    assert _sum(function, "AWS/Lambda", "Errors", dimensions) == 1
    assert _sum(function, "AWS/Lambda", "Duration", dimensions) > 0


def test_embedded_metrics_in_the_log_become_metrics(deploy: Deploy) -> None:
    code = (
        "import json, time\ndef handler(event, context):\n"
        "    metric = {'Namespace': 'App', 'Dimensions': [['cluster']],\n"
        "              'Metrics': [{'Name': 'Deleted', 'Unit': 'Count'}]}\n"
        "    header = {'Timestamp': int(time.time() * 1000), 'CloudWatchMetrics': [metric]}\n"
        "    print(json.dumps({'_aws': header, 'cluster': 'c1', 'Deleted': [3, 4]}))\n"
    )
    function = deploy(code)
    CLOCK.advance(86_400 * 30)

    function.result()

    assert _sum(function, "App", "Deleted", {"cluster": "c1"}) == 7
    assert any('"_aws"' in message for message in function.messages())


METRIC = {"Namespace": "App", "Dimensions": [["a"], []], "Metrics": [{"Name": "M"}]}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"_aws": {"Timestamp": 0, "CloudWatchMetrics": [METRIC]}, "a": 1, "M": 2}, [["1"], []]),
        ({"_aws": {"Timestamp": 0, "CloudWatchMetrics": [METRIC]}, "M": 2}, [[]]),
        ({"_aws": {"Timestamp": 0, "CloudWatchMetrics": [METRIC]}, "a": 1, "M": "2"}, []),
        ({"_aws": {"CloudWatchMetrics": [METRIC]}, "a": 1, "M": 2}, []),
        ({"_aws": {"Timestamp": 0, "CloudWatchMetrics": "no"}, "M": 2}, []),
        ({"_aws": 1}, []),
        ({"M": 2}, []),
    ],
)
def test_embedded_metrics_are_read_where_the_format_is_kept(
    document: dict[str, Any], found: list[list[str]]
) -> None:
    data = [datum for _, group in embedded_metrics(json.dumps(document)) for datum in group]

    assert [[d["Value"] for d in datum["Dimensions"]] for datum in data] == found


def _frame(message: bytes, seconds: int) -> bytes:
    head = b"\xa5\x5a\x00\x03" + len(message).to_bytes(4, "big")
    return head + (seconds * 1_000_000).to_bytes(8, "big") + message


@pytest.mark.parametrize("cut", range(0, 42, 5))
def test_frames_are_found_wherever_the_pipe_was_cut(cut: int) -> None:
    stream = _frame(b"one\n", 1) + _frame(b"two\nlines\n", 2)

    first, rest = split_frames(stream[:cut])
    second, rest = split_frames(rest + stream[cut:])

    assert first + second == [LogEvent(1000, "one"), LogEvent(2000, "two\nlines")]
    assert rest == b""


def test_an_unfinished_line_waits_for_its_end() -> None:
    events, rest = split_lines(b"one\r\n\ntw", 5)

    assert events == [LogEvent(5, "one")]
    assert rest == b"tw"
