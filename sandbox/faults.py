"""Faults on demand: rules that break chosen AWS calls in chosen ways."""

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NoReturn

from moto.core.utils import get_service_model

from sandbox.wire import ApiCall, Reply, error_reply, is_service

KINDS = ("throttle", "error_500", "error_503", "delay", "drop_before", "drop_after")
FIELDS = ("service", "operation", "from_call", "times", "kind", "seconds")
ANY = "*"


@dataclass
class Rule:
    """Break calls number ``from_call`` to ``from_call + times - 1`` of those that match.

    ``times`` None means every call from ``from_call`` on. ``seconds`` holds the call back before
    the fault takes effect. ``calls`` and ``hits`` count matching and broken calls since the rule
    was set.
    """

    service: str
    operation: str
    kind: str
    from_call: int = 1
    times: int | None = 1
    seconds: float = 0.0
    calls: int = field(default=0, compare=False)
    hits: int = field(default=0, compare=False)

    def matches(self, service: str, operation: str) -> bool:
        """Tell whether a call is one that this rule counts."""
        return self.service in (ANY, service) and self.operation in (ANY, operation)

    def strikes(self) -> bool:
        """Count a matching call and tell whether it is to be broken."""
        self.calls += 1
        since = self.calls - self.from_call
        return since >= 0 and (self.times is None or since < self.times)


class Faults:
    """The rules in the order in which they were set; the first that strikes breaks a call."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rules: list[Rule] = []

    def add(self, rule: Rule) -> None:
        """Set a rule; it counts calls from now on."""
        with self._lock:
            self._rules.append(rule)

    def rules(self) -> list[Rule]:
        """Return the rules that are set."""
        with self._lock:
            return list(self._rules)

    def remove(self, wanted: Mapping[str, Any]) -> int:
        """Remove the rules whose fields all equal ``wanted`` (all rules, if empty)."""
        with self._lock:
            kept = [
                rule
                for rule in self._rules
                if any(getattr(rule, name) != value for name, value in wanted.items())
            ]
            removed = len(self._rules) - len(kept)
            self._rules = kept
            return removed

    def take(self, service: str, operation: str) -> Rule | None:
        """Count a call against every rule it matches and return the first that strikes."""
        with self._lock:
            striking = [
                rule for rule in self._rules if rule.matches(service, operation) and rule.strikes()
            ]
            if not striking:
                return None
            striking[0].hits += 1
            return striking[0]


def rule_from(body: Mapping[str, Any]) -> Rule:
    """Read a rule from the control API's JSON.

    :raises ValueError: with one line for every fault.
    """
    faults = _faults_of(body, required=("service", "operation", "kind"))
    if body.get("kind") == "delay" and not body.get("seconds"):
        faults.append("seconds is missing: a delay needs the seconds for which it holds a call")
    if faults:
        raise ValueError("\n".join(faults))
    return Rule(
        service=body["service"],
        operation=body["operation"],
        kind=body["kind"],
        from_call=body.get("from_call", 1),
        times=body.get("times", 1),
        seconds=float(body.get("seconds") or 0),
    )


def selection_from(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read which rules to remove: any of a rule's fields, all of which have to be equal.

    :raises ValueError: with one line for every fault.
    """
    faults = _faults_of(body, required=())
    if faults:
        raise ValueError("\n".join(faults))
    return dict(body)


def _faults_of(body: Mapping[str, Any], required: tuple[str, ...]) -> list[str]:
    faults = [
        f"{name} is not a field of a fault ({', '.join(FIELDS)})"
        for name in body
        if name not in FIELDS
    ]
    faults += [f"{name} is missing" for name in required if name not in body]
    if "kind" in body and body["kind"] not in KINDS:
        faults.append(f"kind is {body['kind']!r}, expected one of {', '.join(KINDS)}")
    if "from_call" in body and not _is_count(body["from_call"]):
        faults.append(f"from_call is {body['from_call']!r}, expected a whole number of 1 or more")
    if body.get("times") is not None and not _is_count(body["times"]):
        faults.append(
            f"times is {body['times']!r}, expected a whole number of 1 or more, or null for always"
        )
    if body.get("seconds") is not None and not _is_seconds(body["seconds"]):
        faults.append(f"seconds is {body['seconds']!r}, expected a number of 0 or more")
    return faults + _faults_of_target(body)


def _faults_of_target(body: Mapping[str, Any]) -> list[str]:
    service, operation = body.get("service", ANY), body.get("operation", ANY)
    if service == ANY:
        return []
    if not isinstance(service, str) or not is_service(service):
        return [f"service is {service!r}, expected a boto3 service name such as 'redshift', or '*'"]
    operations = get_service_model(service).operation_names
    if operation != ANY and operation not in operations:
        return [
            f"operation is {operation!r}, which {service} does not have (try CamelCase, or '*')"
        ]
    return []


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 86_400


def hold(rule: Rule) -> None:
    """Wait for the real seconds of a rule; the sandbox's clock has no part in it."""
    if rule.seconds:
        time.sleep(rule.seconds)


def answer(rule: Rule, call: ApiCall) -> Reply | None:
    """Return the error that a rule sends in place of the service; None if it sends none."""
    if rule.kind == "error_500":
        return error_reply(
            call,
            "InternalFailure",
            "The request processing has failed because of an unknown error.",
            500,
        )
    if rule.kind == "error_503":
        return error_reply(
            call,
            "ServiceUnavailable",
            "The request has failed due to a temporary failure of the server.",
            503,
        )
    if rule.kind == "throttle":
        code, status = throttling_of(call)
        return error_reply(call, code, "Rate exceeded", status)
    return None


def throttling_of(call: ApiCall) -> tuple[str, int]:
    """Return the error code and HTTP status with which a service says "slow down".

    The operation's own model decides; where it declares none, the protocol's custom does.
    """
    declared = {shape.name: shape for shape in call.model.error_shapes} if call.model else {}
    for name in ("TooManyRequestsException", "ThrottlingException"):
        if name in declared:
            return name, int(declared[name].metadata.get("error", {}).get("httpStatusCode", 400))
    if call.protocol in ("query", "ec2"):
        return "Throttling", 400
    if call.protocol == "rest-xml":
        return "SlowDown", 503
    return "ThrottlingException", 400


class ConnectionDroppedError(ConnectionError):
    """Raised through the WSGI server to end a connection without a byte of an answer."""


def drop_connection(environ: Mapping[str, Any]) -> NoReturn:
    """Close the client's connection under it.

    :raises ConnectionDroppedError: always; the server ends the request quietly on it.
    """
    connection = environ["werkzeug.socket"]
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionDroppedError("dropped by a fault")
