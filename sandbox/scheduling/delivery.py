"""One delivery of Scheduler: its input, the call as the target's role, its dead letter.

Source: EventBridge Scheduler's guide (context attributes, retry policy, dead-letter queues). The
input of a target without one, which errors are tried again, and the attributes of a dead letter
are unverified.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from moto.awslambda.exceptions import LambdaClientError, UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.core.exceptions import ServiceException
from moto.sqs.models import sqs_backends

from sandbox.awslambda.events import EVENTS
from sandbox.faults import Faults, hold
from sandbox.guard.documents import Caller
from sandbox.guard.evaluation import Policies, judge
from sandbox.guard.guard import DeniedError, Guard
from sandbox.guard.holders import role_holder
from sandbox.guard.own_policies import target_of
from sandbox.scheduling.models import SandboxSchedule
from sandbox.scheduling.validation import FUNCTION_ARN

_SERVICE = "scheduler.amazonaws.com"
_LOGGER = logging.getLogger(__name__)


class DeliveryError(Exception):
    """A target that could not be invoked.

    :ivar code: the error's code, as the dead letter tells it.
    :ivar is_temporary: another attempt may succeed.
    """

    def __init__(self, code: str, message: str, *, is_temporary: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.is_temporary = is_temporary


@dataclass(frozen=True)
class Delivery:
    """One firing on its way to the target.

    :ivar scheduled: the instant that the schedule names.
    :ivar due: when this attempt is made.
    """

    schedule_arn: str
    account_id: str
    region: str
    target: dict[str, Any]
    scheduled: datetime
    due: datetime
    execution_id: str
    attempt: int = 1

    @classmethod
    def first(cls, schedule: SandboxSchedule, due: datetime) -> "Delivery":
        """Return the first attempt of a firing."""
        return cls(
            schedule_arn=schedule.arn,
            account_id=schedule.account_id,
            region=schedule.region,
            target=dict(schedule.target),
            scheduled=due,
            due=due,
            execution_id=str(uuid4()),
        )

    @property
    def scheduled_text(self) -> str:
        """The scheduled time as Scheduler writes it."""
        return self.scheduled.strftime("%Y-%m-%dT%H:%M:%SZ")

    def payload(self) -> str:
        """Return what the target receives, with the context attributes filled in."""
        text = self.target.get("Input")
        if not text:
            return json.dumps(self._default_event())
        attributes = {
            "scheduled-time": self.scheduled_text,
            "schedule-arn": self.schedule_arn,
            "execution-id": self.execution_id,
            "attempt-number": str(self.attempt),
        }
        for name, value in attributes.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return str(text)

    def exhausted(self, next_attempt: datetime) -> str | None:
        """Return which limit of the retry policy forbids another attempt, or None."""
        policy = self.target.get("RetryPolicy") or {}
        if self.attempt > int(policy.get("MaximumRetryAttempts", 185)):
            return "MaximumRetryAttempts"
        age = timedelta(seconds=int(policy.get("MaximumEventAgeInSeconds", 86_400)))
        return "MaximumEventAgeInSeconds" if next_attempt - self.scheduled > age else None

    def _default_event(self) -> dict[str, Any]:
        return {
            "version": "0",
            "id": self.execution_id,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": self.account_id,
            "time": self.scheduled_text,
            "region": self.region,
            "resources": [self.schedule_arn],
            "detail": "{}",
        }


class LambdaDelivery:
    """Invokes functions asynchronously, as a target's role."""

    def __init__(self) -> None:
        self.guard: Guard | None = None
        self.faults: Faults | None = None

    def deliver(self, delivery: Delivery) -> None:
        """Hand a firing over to its function.

        :raises DeliveryError: the function is not there, does not let the role in, or is throttled.
        """
        match = FUNCTION_ARN.fullmatch(delivery.target["Arn"])
        assert match is not None
        self.check(delivery, "lambda", "Invoke", {"FunctionName": delivery.target["Arn"]})
        rule = self.faults.take("lambda", "Invoke") if self.faults else None
        if rule is not None:
            hold(rule)
        if rule is None or rule.kind in ("delay", "drop_after"):
            _invoke(match.groupdict(), delivery.payload())
        if rule is not None and rule.kind != "delay":
            is_throttled = rule.kind == "throttle"
            code = "TooManyRequestsException" if is_throttled else "ServiceException"
            raise DeliveryError(code, f"ordered fault: {rule.kind}", is_temporary=True)

    def check(
        self, delivery: Delivery, service: str, operation: str, parameters: dict[str, str]
    ) -> None:
        """Ask the guard, while it enforces, whether the target's role may make a call.

        :raises DeliveryError: it may not, does not exist, or does not trust Scheduler.
        """
        if self.guard is None or not self.guard.enforce:
            return
        role_arn = str(delivery.target["RoleArn"])
        holder = role_holder(role_arn, delivery.execution_id)
        if holder is None or not _trusts_scheduler(role_arn, delivery):
            raise DeliveryError(
                "AccessDeniedException", f"the role {role_arn} cannot be assumed by {_SERVICE}"
            )
        try:
            self.guard.check_holder(holder, service, operation, parameters, region=delivery.region)
        except DeniedError as error:
            raise DeliveryError("AccessDeniedException", str(error)) from error


def _trusts_scheduler(role_arn: str, delivery: Delivery) -> bool:
    trust = target_of(role_arn, delivery.account_id, "sts:AssumeRole")
    service = Caller(delivery.account_id, _SERVICE, _SERVICE, _SERVICE)
    group_arn = delivery.schedule_arn.replace(":schedule/", ":schedule-group/").rpartition("/")[0]
    context = {"aws:sourceaccount": [delivery.account_id], "aws:sourcearn": [group_arn]}
    return judge(service, Policies(), "sts:AssumeRole", [trust], context).allowed


def _invoke(function: dict[str, Any], payload: str) -> None:
    backend = lambda_backends[function["account"]][function["region"]]
    try:
        found = backend.get_function(function["name"], function["qualifier"])
        found.spec()
    except UnknownFunctionException as error:
        raise DeliveryError("ResourceNotFoundException", error.message) from error
    except LambdaClientError as error:
        raise DeliveryError(error.error_type, error.message) from error
    call = {"request_id": str(uuid4()), "qualifier": function["qualifier"]}
    EVENTS.put(found, payload.encode(), call)


def dead_letter(delivery: Delivery, error: DeliveryError, condition: str) -> None:
    """Send a firing that is given up to its dead-letter queue, if it has one.

    The target's role sends it, so it has to be allowed to.
    """
    arn = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
    _LOGGER.warning("Schedule %s was not delivered: %s", delivery.schedule_arn, error)
    if not arn:
        return
    attributes = {
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": str(error),
        "EXECUTION_ID": delivery.execution_id,
        "EXHAUSTED_RETRY_CONDITION": condition,
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(delivery.attempt - 1),
        "SCHEDULED_TIME": delivery.scheduled_text,
        "SCHEDULE_ARN": delivery.schedule_arn,
        "TARGET_ARN": delivery.target["Arn"],
    }
    _, _, _, region, account_id, queue = arn.split(":")
    try:
        DELIVERY.check(delivery, "sqs", "SendMessage", {"QueueUrl": f"/{account_id}/{queue}"})
        sqs_backends[account_id][region].send_message(
            queue,
            delivery.payload(),
            message_attributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )
    except (ServiceException, DeliveryError) as failure:
        _LOGGER.error("The dead-letter queue %s took no message: %s", arn, failure)


DELIVERY = LambdaDelivery()
