"""Functions live in the sandbox's time."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.clock import CLOCK
from tests.sandbox.awslambda.conftest import PID, Deploy

NOW = (
    "import os, time\nfrom datetime import datetime, timezone\ndef handler(event, context):\n"
    "    left = context.get_remaining_time_in_millis()\n"
    "    return [datetime.now(timezone.utc).isoformat(), time.time(), left, os.getpid()]\n"
)


def _read(result: Any) -> tuple[datetime, float, int, int]:
    instant, seconds, left, pid = result
    return datetime.fromisoformat(instant), seconds, left, pid


def test_a_function_follows_an_advanced_clock(deploy: Deploy) -> None:
    function = deploy(NOW, Timeout=30)
    *_, before = _read(function.result())

    function.sandbox.control("POST", "clock", {"advance_seconds": 10 * 3600})
    now, seconds, left, after = _read(function.result())

    assert abs(now - CLOCK.now()) < timedelta(seconds=5)
    assert abs(seconds - CLOCK.now().timestamp()) < 5
    assert 20_000 < left <= 30_000
    assert before == after


def test_a_function_stands_still_with_a_frozen_clock(deploy: Deploy) -> None:
    function = deploy(NOW, Timeout=30)
    instant = datetime.fromisoformat("2025-09-18T14:30:22+00:00")

    CLOCK.freeze(instant)

    for _ in range(2):
        now, seconds, left, _ = _read(function.result())
        assert (now, seconds, left) == (instant, instant.timestamp(), 30_000)


def test_a_timeout_is_real_time_under_a_frozen_clock(deploy: Deploy) -> None:
    function = deploy("import time\ndef handler(e, c):\n    time.sleep(60)\n", Timeout=1)

    CLOCK.freeze()

    assert function.error()["errorType"] == "Sandbox.Timedout"


def test_log_events_bear_the_sandboxs_time(deploy: Deploy) -> None:
    code = (
        "import logging\ndef handler(event, context):\n    logging.error('record')\n    print(1)\n"
    )
    function = deploy(code)
    instant = datetime.fromisoformat("2031-02-03T04:05:06+00:00")
    CLOCK.freeze(instant)

    function.result()

    logs = function.client("logs")
    events = logs.filter_log_events(logGroupName="/aws/lambda/fn")["events"]
    stream = logs.describe_log_streams(logGroupName="/aws/lambda/fn")["logStreams"][0]
    assert {event["timestamp"] for event in events} == {int(instant.timestamp() * 1000)}
    assert len(events) == 6
    assert stream["logStreamName"].startswith("2031/02/03/[$LATEST]")


def test_a_reset_clock_brings_the_machines_time_back(deploy: Deploy) -> None:
    function = deploy(NOW)
    *_, pid = _read(function.result())
    CLOCK.advance(3600)
    function.result()

    CLOCK.reset()
    now, seconds, _, same = _read(function.result())

    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)
    assert abs(seconds - time.time()) < 5
    assert same == pid


def test_one_process_follows_the_clock_through_all_its_changes(deploy: Deploy) -> None:
    function = deploy(NOW)
    *_, pid = _read(function.result())
    instant = datetime.fromisoformat("2025-09-18T14:30:22+00:00")

    CLOCK.freeze(instant)
    CLOCK.advance(60)
    frozen, *_, second = _read(function.result())
    CLOCK.resume()
    CLOCK.advance(3600)
    running, *_, third = _read(function.result())

    assert frozen == instant + timedelta(seconds=60)
    assert timedelta(0) <= running - instant - timedelta(seconds=3660) < timedelta(seconds=30)
    assert {pid, second, third} == {pid}


def test_a_process_ends_before_its_credentials_do(deploy: Deploy) -> None:
    function = deploy(PID)
    first = function.result()

    CLOCK.advance(10 * 3600)
    assert function.result() == first
    CLOCK.advance(2 * 3600)
    assert function.result() != first
