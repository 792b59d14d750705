"""The control API under ``/_sandbox/``: what a test or a demo does to the sandbox itself."""

import json
import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from sandbox.clock import CLOCK
from sandbox.crashes import Crashes
from sandbox.faults import Faults, rule_from, selection_from
from sandbox.guard.guard import Guard
from sandbox.lifecycle import LIFECYCLE, OPERATIONS
from sandbox.mail import MAILBOX
from sandbox.recorder import Recorder
from sandbox.redshift.planting import execute_on_snapshot, plant
from sandbox.scheduling.schedules import SCHEDULES
from sandbox.scheduling.timeline import TIMELINE
from sandbox.wire import Reply

_CLOCK_FIELDS = ("advance_seconds", "freeze", "resume")
_LIFECYCLE_FIELDS = ("operation", "seconds", "outcome")


class ControlError(Exception):
    """A control request that is not carried out, with every fault found in it."""

    def __init__(self, status: int, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.status = status
        self.faults = faults


class Control:
    """Answers control requests about the state it is given; ``reset`` is the server's own."""

    def __init__(
        self,
        recorder: Recorder,
        faults: Faults,
        crashes: Crashes,
        guard: Guard,
        reset: Callable[[], None],
    ) -> None:
        self._recorder = recorder
        self._faults = faults
        self._crashes = crashes
        self._guard = guard
        self._reset = reset
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Any]]] = [
            ("GET", re.compile("health"), self._health),
            ("POST", re.compile("reset"), self._reset_all),
            ("GET", re.compile("lifecycle"), self._lifecycle),
            ("POST", re.compile("lifecycle"), self._set_lifecycle),
            ("GET", re.compile("faults"), self._list_faults),
            ("POST", re.compile("faults"), self._set_fault),
            ("DELETE", re.compile("faults"), self._remove_faults),
            ("GET", re.compile("calls"), self._calls),
            ("DELETE", re.compile("calls"), self._clear_calls),
            ("GET", re.compile("crashes"), self._list_crashes),
            ("DELETE", re.compile("crashes"), self._clear_crashes),
            ("GET", re.compile("clock"), self._clock),
            ("POST", re.compile("clock"), self._set_clock),
            ("GET", re.compile("mail"), self._list_mail),
            ("DELETE", re.compile("mail"), self._clear_mail),
            ("GET", re.compile("scheduler"), self._scheduler),
            ("POST", re.compile("scheduler"), self._set_scheduler),
            ("POST", re.compile("snapshots"), self._plant),
            ("POST", re.compile("snapshots/([^/]+)/sql"), self._execute),
            ("GET", re.compile("iam"), self._iam),
            ("POST", re.compile("iam"), self._set_iam),
            ("GET", re.compile("iam-log"), self._iam_log),
            ("DELETE", re.compile("iam-log"), self._clear_iam_log),
        ]

    def answer(self, method: str, path: str, body: bytes, query: str = "") -> Reply:
        """Carry out one control request; ``path`` is what follows ``/_sandbox/``."""
        try:
            if query:
                raise ControlError(400, f"fields belong in the body, as JSON: ?{query}")
            handler, arguments = self._route(method, path)
            result = handler(_json(body), *arguments)
        except ControlError as error:
            return _reply(error.status, {"error": str(error), "faults": list(error.faults)})
        except ValueError as error:
            faults = [line for line in str(error).splitlines() if line]
            return _reply(400, {"error": "; ".join(faults), "faults": faults})
        return _reply(200, result)

    def _route(self, method: str, path: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
        methods = []
        for route_method, pattern, handler in self._routes:
            match = pattern.fullmatch(path.rstrip("/"))
            if match is None:
                continue
            if route_method == method:
                return handler, tuple(unquote(group) for group in match.groups())
            methods.append(route_method)
        if methods:
            raise ControlError(405, f"/_sandbox/{path} takes {' or '.join(methods)}, not {method}")
        raise ControlError(404, f"/_sandbox/{path} is not part of the control API")

    def _health(self, body: Any) -> dict[str, Any]:
        _fields(body, ())
        return {
            "status": "ready",
            "python": platform.python_version(),
            "now": CLOCK.now().isoformat(),
            "calls": len(self._recorder),
            "crashes": len(self._crashes.all()),
        }

    def _reset_all(self, body: Any) -> dict[str, Any]:
        _fields(body, ())
        self._reset()
        return {"status": "reset"}

    def _lifecycle(self, body: Any) -> dict[str, Any]:
        _fields(body, ())
        return {name: asdict(LIFECYCLE.get(name)) for name in OPERATIONS}

    def _set_lifecycle(self, body: Any) -> dict[str, Any]:
        fields = _fields(body, _LIFECYCLE_FIELDS, required=("operation",))
        operation = fields["operation"]
        known = operation in OPERATIONS
        seconds = fields.get("seconds", LIFECYCLE.get(operation).seconds if known else 0)
        LIFECYCLE.set(operation, seconds, fields.get("outcome", "available"))
        return {"operation": operation, **asdict(LIFECYCLE.get(operation))}

    def _list_faults(self, body: Any) -> list[dict[str, Any]]:
        _fields(body, ())
        return [asdict(rule) for rule in self._faults.rules()]

    def _set_fault(self, body: Any) -> dict[str, Any]:
        rule = rule_from(_object(body))
        self._faults.add(rule)
        return asdict(rule)

    def _remove_faults(self, body: Any) -> dict[str, Any]:
        return {"removed": self._faults.remove(selection_from(_object(body)))}

    def _calls(self, body: Any) -> list[dict[str, Any]]:
        _fields(body, ())
        return self._recorder.calls()

    def _clear_calls(self, body: Any) -> dict[str, Any]:
        _fields(body, ())
        return {"removed": self._recorder.clear()}

    def _list_crashes(self, body: Any) -> list[dict[str, Any]]:
        _fields(body, ())
        return [asdict(crash) for crash in self._crashes.all()]

    def _clear_crashes(self, body: Any) -> dict[str, Any]:
        _fields(body, ())
        removed = len(self._crashes.all())
        self._crashes.clear()
        return {"removed": removed}

    def _clock(self, body: Any) -> dict[str, Any]:
        _fields(body, ())
        return {"now": CLOCK.now().isoformat(), "frozen": CLOCK.frozen_at is not None}

    def _set_clock(self, body: Any) -> dict[str, Any]:
        fields = _fields(body, _CLOCK_FIELDS)
        if len(fields) != 1:
            raise ControlError(
                400, f"one of {', '.join(_CLOCK_FIELDS)} is needed, {len(fields)} were given"
            )
        ((name, value),) = fields.items()
        _CLOCK_ACTIONS[name](value)
        return self._clock({})

    def _list_mail(self, body: Any) -> list[dict[str, Any]]:
        _fields(body, ())
        return [asdict(mail) for mail in MAILBOX.all()]

    def _clear_mail(self, body: Any) -> dict[str, Any]:
        _fields(body, ())
        return {"removed": MAILBOX.clear()}

    def _scheduler(self, body: Any) -> dict[str, Any]:
        _fields(body, ())
        return {"deliveries": SCHEDULES.deliveries}

    def _set_scheduler(self, body: Any) -> dict[str, Any]:
        count = _fields(body, ("deliveries",), required=("deliveries",))["deliveries"]
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 10:
            raise ControlError(400, f"deliveries is {count!r}, expected a whole number of 1 to 10")
        SCHEDULES.deliveries = count
        return self._scheduler({})

    def _plant(self, body: Any) -> list[dict[str, Any]]:
        if not isinstance(body, list):
            raise ControlError(400, "the body is a list of snapshots")
        return plant(body)

    def _execute(self, body: Any, snapshot_identifier: str) -> dict[str, Any]:
        sql = _fields(body, ("sql",), required=("sql",))["sql"]
        if not isinstance(sql, str) or not sql.strip():
            raise ControlError(400, f"sql is {sql!r}, expected an SQL statement")
        return execute_on_snapshot(snapshot_identifier, sql)

    def _iam(self, body: Any) -> dict[str, Any]:
        _fields(body, ())
        return {"enforce": self._guard.enforce}

    def _set_iam(self, body: Any) -> dict[str, Any]:
        enforce = _fields(body, ("enforce",), required=("enforce",))["enforce"]
        if not isinstance(enforce, bool):
            raise ControlError(400, f"enforce is {enforce!r}, expected true or false")
        self._guard.enforce = enforce
        return self._iam({})

    def _iam_log(self, body: Any) -> list[dict[str, Any]]:
        _fields(body, ())
        return self._guard.decisions()

    def _clear_iam_log(self, body: Any) -> dict[str, Any]:
        _fields(body, ())
        return {"removed": self._guard.clear()}


def _advance(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ControlError(400, f"advance_seconds is {value!r}, expected a number of 0 or more")
    try:
        TIMELINE.advance(value)
    except OverflowError as error:
        raise ControlError(400, f"advance_seconds is {value!r}: {error}") from error


def _freeze(value: Any) -> None:
    wanted = "expected true or an ISO 8601 instant with a time zone"
    if value is True:
        CLOCK.freeze()
        return
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ControlError(400, f"freeze is {value!r}, {wanted}") from error
    if instant.tzinfo is None:
        raise ControlError(400, f"freeze is {value!r}, {wanted}")
    CLOCK.freeze(instant)


def _resume(value: Any) -> None:
    if value is not True:
        raise ControlError(400, f"resume is {value!r}, expected true")
    CLOCK.resume()


_CLOCK_ACTIONS: Mapping[str, Callable[[Any], None]] = {
    "advance_seconds": _advance,
    "freeze": _freeze,
    "resume": _resume,
}


def _json(body: bytes) -> Any:
    if not body.strip():
        return {}
    try:
        return json.loads(body)
    except ValueError as error:
        raise ControlError(400, f"the body is not JSON: {error}") from error


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ControlError(400, f"the body is a JSON object, not a {type(body).__name__}")
    return body


def _fields(body: Any, known: tuple[str, ...], required: tuple[str, ...] = ()) -> dict[str, Any]:
    fields = _object(body)
    expected = ", ".join(known) or "none"
    faults = [
        f"{name} is not a field of this request ({expected})"
        for name in fields
        if name not in known
    ]
    faults += [f"{name} is missing" for name in required if name not in fields]
    if faults:
        raise ControlError(400, *faults)
    return fields


def _reply(status: int, content: Any) -> Reply:
    body = json.dumps(content, default=str).encode()
    headers = (("Content-Type", "application/json"), ("Content-Length", str(len(body))))
    return Reply(status, headers, body)
