"""Schedules fire by the sandbox's clock, each slot at its own time."""

import json
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.awslambda.events import EVENTS
from sandbox.clock import CLOCK
from sandbox.scheduling import timeline
from tests.sandbox.awslambda.conftest import SOURCE, Deploy, Function
from tests.sandbox.scheduling.conftest import START, Schedule, advance, runs


def test_two_days_fire_every_slot_in_order_each_at_its_own_time(
    sandbox: Any, echo: Function, schedule: Schedule
) -> None:
    schedule("cron(0 2 * * ? *)")

    advance(sandbox, days=2)

    told = runs(echo)
    assert [event["slot"] for event, *_ in told] == ["2026-03-03T02:00:00Z", "2026-03-04T02:00:00Z"]
    for event, now, _ in told:
        late = datetime.fromisoformat(now) - datetime.fromisoformat(event["slot"])
        assert timedelta() <= late < timedelta(seconds=30)
    assert timedelta() <= CLOCK.now() - START - timedelta(days=2) < timedelta(seconds=60)


def test_two_schedules_take_turns(sandbox: Any, echo: Function, schedule: Schedule) -> None:
    given = {"Input": '{"slot": "b <aws.scheduler.scheduled-time>"}'}
    schedule("cron(0 14 * * ? *)")
    schedule("cron(30 13,14 * * ? *)", name="other", target=given)

    advance(sandbox, hours=3)

    assert [event["slot"][-9:-1] for event, *_ in runs(echo)] == [
        "13:30:00",
        "14:00:00",
        "14:30:00",
    ]


def test_a_rate_fires_at_once_and_then_at_its_pace(
    sandbox: Any, echo: Function, schedule: Schedule
) -> None:
    schedule("rate(1 hour)")
    advance(sandbox, minutes=1)
    assert len(runs(echo)) == 1

    advance(sandbox, hours=2)

    assert len(runs(echo)) == 3


def test_a_schedule_fires_in_real_time(sandbox: Any, echo: Function, schedule: Schedule) -> None:
    schedule("rate(1 hour)")

    deadline = time.monotonic() + 20
    while not runs(echo) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert len(runs(echo)) == 1


def test_a_frozen_clock_fires_nothing(sandbox: Any, echo: Function, schedule: Schedule) -> None:
    CLOCK.freeze()
    schedule("rate(1 minute)")
    threading.Event().wait(0.2)
    assert runs(echo) == []

    advance(sandbox, seconds=1)

    ((event, now, _),) = runs(echo)
    assert datetime.fromisoformat(event["slot"]) == datetime.fromisoformat(now).replace(
        microsecond=0
    )


def test_a_disabled_schedule_fires_again_once_it_is_enabled(
    sandbox: Any, echo: Function, schedule: Schedule
) -> None:
    schedule("cron(0 * * * ? *)", State="DISABLED")
    advance(sandbox, hours=2)
    assert runs(echo) == []
    scheduler = sandbox.client("scheduler")
    names = ("ScheduleExpression", "FlexibleTimeWindow", "Target")
    found = scheduler.get_schedule(Name="nightly")

    scheduler.update_schedule(
        Name="nightly", State="ENABLED", **{name: found[name] for name in names}
    )
    advance(sandbox, hours=1)
    assert len(runs(echo)) == 1

    scheduler.delete_schedule(Name="nightly")
    advance(sandbox, hours=2)
    assert len(runs(echo)) == 1


def test_start_and_end_date_bound_a_schedule(
    sandbox: Any, echo: Function, schedule: Schedule
) -> None:
    schedule(
        "cron(0 * * * ? *)",
        StartDate=START + timedelta(hours=1),
        EndDate=START + timedelta(hours=3),
    )

    advance(sandbox, hours=5)

    assert [event["slot"][11:16] for event, *_ in runs(echo)] == ["14:00", "15:00"]


def test_a_one_time_schedule_is_deleted_after_it_has_fired(
    sandbox: Any, echo: Function, schedule: Schedule
) -> None:
    schedule("at(2026-03-02T13:00:00)", ActionAfterCompletion="DELETE")

    advance(sandbox, hours=2)

    assert len(runs(echo)) == 1
    assert sandbox.client("scheduler").list_schedules()["Schedules"] == []


def test_the_context_attributes_are_filled_in(
    sandbox: Any, echo: Function, schedule: Schedule
) -> None:
    names = ("scheduled-time", "schedule-arn", "execution-id", "attempt-number")
    text = json.dumps({name: f"<aws.scheduler.{name}>" for name in names})
    arn = schedule("cron(0 14 * * ? *)", target={"Input": text})

    advance(sandbox, hours=2)

    ((event, *_),) = runs(echo)
    assert event["scheduled-time"] == "2026-03-02T14:00:00Z"
    assert event["schedule-arn"] == arn
    assert event["attempt-number"] == "1"
    assert event["execution-id"]


def test_a_target_may_be_an_alias(sandbox: Any, echo: Function, schedule: Schedule) -> None:
    echo.client().publish_version(FunctionName="fn")
    echo.client().create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    arn = f"arn:aws:lambda:us-east-1:{SOURCE}:function:fn:live"
    schedule("cron(0 14 * * ? *)", target={"Arn": arn})

    advance(sandbox, hours=2)

    assert [invoked for *_, invoked in runs(echo)] == [arn]


def test_a_firing_is_delivered_twice_when_that_is_asked_for(
    sandbox: Any, echo: Function, schedule: Schedule
) -> None:
    schedule("cron(0 14 * * ? *)")
    sandbox.control("POST", "scheduler", {"deliveries": 2})
    assert sandbox.control("GET", "scheduler") == {"deliveries": 2}

    advance(sandbox, hours=2)

    assert [event["slot"] for event, *_ in runs(echo)] == ["2026-03-02T14:00:00Z"] * 2


def test_a_throttled_delivery_is_tried_again_later(
    sandbox: Any, echo: Function, schedule: Schedule
) -> None:
    schedule("cron(0 14 * * ? *)")
    fault = {"service": "lambda", "operation": "Invoke", "kind": "throttle", "times": 1}
    sandbox.control("POST", "faults", fault)

    advance(sandbox, hours=2)

    ((event, now, _),) = runs(echo)
    assert event["slot"] == "2026-03-02T14:00:00Z"
    assert now.startswith("2026-03-02T14:01:")


@pytest.mark.parametrize(
    ("policy", "attempts", "condition"),
    [
        (
            {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 86_400},
            2,
            "MaximumRetryAttempts",
        ),
        (
            {"MaximumRetryAttempts": 9, "MaximumEventAgeInSeconds": 120},
            1,
            "MaximumEventAgeInSeconds",
        ),
    ],
)
def test_a_firing_that_is_given_up_goes_to_the_dead_letter_queue(
    sandbox: Any,
    echo: Function,
    schedule: Schedule,
    policy: dict[str, int],
    attempts: int,
    condition: str,
) -> None:
    queue = _dead_letters(sandbox)
    schedule("at(2026-03-02T14:00:00)", target={**_DEAD_LETTERS, "RetryPolicy": policy})
    fault = {"service": "lambda", "operation": "Invoke", "kind": "throttle", "times": None}
    sandbox.control("POST", "faults", fault)

    advance(sandbox, hours=2)

    letter = _letter(sandbox, queue)
    assert json.loads(letter["Body"]) == {"slot": "2026-03-02T14:00:00Z"}
    assert _attribute(letter, "EXHAUSTED_RETRY_CONDITION") == condition
    assert _attribute(letter, "RETRY_ATTEMPTS") == str(attempts)
    assert _attribute(letter, "SCHEDULED_TIME") == "2026-03-02T14:00:00Z"
    assert runs(echo) == []


def test_a_function_that_is_gone_is_a_dead_letter_at_once(
    sandbox: Any, echo: Function, schedule: Schedule
) -> None:
    queue = _dead_letters(sandbox)
    schedule("at(2026-03-02T14:00:00)", target=_DEAD_LETTERS)
    echo.client().delete_function(FunctionName="fn")

    advance(sandbox, hours=2)

    letter = _letter(sandbox, queue)
    assert _attribute(letter, "ERROR_CODE") == "ResourceNotFoundException"
    assert _attribute(letter, "RETRY_ATTEMPTS") == "0"


TRUST = {"Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    ("trust", "actions", "ran"),
    [
        (TRUST, ["lambda:InvokeFunction", "sqs:SendMessage"], 1),
        (TRUST, ["sqs:SendMessage"], 0),
        ({**TRUST, "Principal": {"Service": "lambda.amazonaws.com"}}, ["lambda:*"], 0),
    ],
)
def test_the_target_s_role_has_to_be_allowed_where_policies_count(
    sandbox: Any,
    echo: Function,
    schedule: Schedule,
    trust: dict[str, Any],
    actions: list[str],
    ran: int,
) -> None:
    queue = _dead_letters(sandbox)
    iam = sandbox.client("iam")
    iam.create_role(RoleName="scheduler", AssumeRolePolicyDocument=_policy(trust))
    own = {"Action": actions, "Resource": "*"}
    iam.put_role_policy(RoleName="scheduler", PolicyName="own", PolicyDocument=_policy(own))
    iam.put_role_policy(
        RoleName="fn-role",
        PolicyName="own",
        PolicyDocument=_policy({"Action": "logs:*", "Resource": "*"}),
    )
    sandbox.control("POST", "iam", {"enforce": True})
    schedule("at(2026-03-02T14:00:00)", target=_DEAD_LETTERS)

    advance(sandbox, hours=2)

    assert len(runs(echo)) == ran
    may_send = ran == 0 and "sqs:SendMessage" in actions
    answer = sandbox.client("sqs").receive_message(QueueUrl=queue)
    assert len(answer.get("Messages", [])) == may_send


def test_work_that_does_not_end_is_a_crash_and_time_goes_on(
    sandbox: Any, deploy: Deploy, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    CLOCK.freeze(START)
    CLOCK.resume()
    deploy("import time\ndef handler(event, context):\n    time.sleep(60)\n")
    schedule("at(2026-03-02T14:00:00)")
    monkeypatch.setattr(timeline, "WORK_SECONDS", 0.2)

    advance(sandbox, hours=2)

    (crash,) = sandbox.control("GET", "crashes")
    assert "UnfinishedWorkError" in crash["traceback"]
    assert CLOCK.now() >= START + timedelta(hours=2)
    sandbox.control("DELETE", "crashes")
    sandbox.reset()
    assert EVENTS.wait_until_idle(timeout_seconds=10)


@pytest.mark.parametrize(
    ("expression", "more"),
    [
        ("cron(0 2 * * * *)", {}),
        ("rate(1 fortnight)", {}),
        ("rate(1 day)", {"ScheduleExpressionTimezone": "Mars/Olympus"}),
        (
            "rate(1 day)",
            {"State": "DISABLED", "target": {"RetryPolicy": {"MaximumRetryAttempts": 186}}},
        ),
    ],
)
def test_a_schedule_that_aws_would_not_take_is_refused(
    sandbox: Any, schedule: Schedule, expression: str, more: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refused:
        schedule(expression, **more)
    assert refused.value.response["Error"]["Code"] in ("ValidationException", "400")
    assert sandbox.client("scheduler").list_schedules()["Schedules"] == []


_DEAD_LETTERS = {"DeadLetterConfig": {"Arn": f"arn:aws:sqs:us-east-1:{SOURCE}:dead-letters"}}


def _dead_letters(sandbox: Any) -> str:
    url: str = sandbox.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
    return url


def _letter(sandbox: Any, queue: str) -> dict[str, Any]:
    answer = sandbox.client("sqs").receive_message(QueueUrl=queue, MessageAttributeNames=["All"])
    (letter,) = answer["Messages"]
    return dict(letter)


def _attribute(letter: dict[str, Any], name: str) -> str:
    return str(letter["MessageAttributes"][name]["StringValue"])


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
