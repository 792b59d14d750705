"""One operation at a time works on a stack; lost answers end in a rollback, not in a stuck one."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.cloudformation.test_source_types import resource

QUEUE = {"Queue": resource("SQS::Queue", {})}


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if condition():
            return
    raise AssertionError("it did not come to pass")


def test_a_stack_that_is_being_worked_on_is_left_alone(
    sandbox: Any, create: Any, update: Any, cloudformation: Any
) -> None:
    fault = {"service": "sqs", "operation": "CreateQueue", "kind": "delay", "seconds": 1.5}
    sandbox.control("POST", "faults", fault)
    ended: list[Any] = []
    thread = Thread(target=lambda: ended.append(create(QUEUE)))
    thread.start()
    wait_until(lambda: bool(cloudformation.describe_stacks()["Stacks"]))
    with pytest.raises(ClientError, match="is in CREATE_IN_PROGRESS state and can not be updated"):
        update({"Other": resource("SNS::Topic", {})})
    with pytest.raises(ClientError, match="is in CREATE_IN_PROGRESS state"):
        cloudformation.delete_stack(StackName="stack")
    thread.join()
    assert ended[0]["StackStatus"] == "CREATE_COMPLETE"


def test_an_answer_that_is_lost_for_good_fails_the_resource(sandbox: Any, create: Any) -> None:
    fault = {"service": "sns", "operation": "CreateTopic", "kind": "drop_before", "times": 9}
    sandbox.control("POST", "faults", fault)
    assert create({"Topic": resource("SNS::Topic", {})})["StackStatus"] == "ROLLBACK_COMPLETE"
