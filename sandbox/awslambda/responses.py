"""The Invoke operation, as Lambda answers it."""

import base64
import binascii
import json
import re
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from moto.awslambda.exceptions import ValidationException
from moto.awslambda.responses import LambdaResponse
from moto.awslambda.utils import get_backend
from moto.core.responses import ActionResult

from sandbox.awslambda.errors import (
    AccessDeniedError,
    InvalidRequestContentError,
    RequestTooLargeError,
)
from sandbox.awslambda.events import EVENTS
from sandbox.awslambda.models import SandboxFunction, as_bytes, log_tail

MAXIMUM_PAYLOAD_BYTES = {"RequestResponse": 6_291_456, "Event": 1_048_576}
_ARN = re.compile(
    r"(?:arn:[^:]+:lambda:(?P<region>[^:]+):)?(?P<account>\d{12}):function:(?P<name>[^:]+)"
    r"(?::(?P<qualifier>[^:]+))?"
)

_REQUEST_ID = "x-amzn-requestid"

Response = tuple[int, dict[str, str], str | bytes]


class SandboxLambdaResponse(LambdaResponse):
    """moto's Lambda API with an Invoke that knows types, limits, qualifiers and accounts."""

    def invoke(self) -> Response:
        """Run a function, or take an event for later, or only look whether that is allowed."""
        kind = self.headers.get("X-Amz-Invocation-Type") or "RequestResponse"
        function, qualifier = self._function(unquote(self.path.rsplit("/", 2)[-2]))
        payload = as_bytes(self.body)
        _check_kind(kind)
        function.spec()  # What cannot run is refused now, and not later in the background.
        if kind == "DryRun":
            return _answer(204)
        _check_payload(payload, kind)
        request_id = str(uuid4())
        headers = {_REQUEST_ID: request_id, "Content-Type": "application/json"}
        call: dict[str, Any] = {
            "request_id": request_id,
            "qualifier": qualifier,
            "client_context": _client_context(self.headers.get("X-Amz-Client-Context")),
        }
        if kind == "Event":
            EVENTS.put(function, payload, call)
            return _answer(202, headers)
        outcome = function.run(payload, **call)
        headers["X-Amz-Executed-Version"] = str(function.version)
        if outcome.function_error:
            headers["X-Amz-Function-Error"] = "Unhandled"
        if self.headers.get("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = log_tail(outcome)
        return _answer(200, headers, outcome.payload)

    def invoke_async(self) -> Response:
        """Take an event by the operation that Invoke has replaced."""
        path = self.path.rstrip("/")
        function, _ = self._function(unquote(path.rsplit("/", 2)[-2]))
        payload = as_bytes(self.body)
        _check_payload(payload, "Event")
        EVENTS.put(function, payload, {"request_id": str(uuid4())})
        return _answer(202)

    def put_function_event_invoke_config(self) -> ActionResult:
        """Replace the settings of asynchronous invocations."""
        name = self._configured_name()
        return ActionResult(self.backend.put_function_event_invoke_config(name, self.json_body))

    def update_function_event_invoke_config(self) -> str:
        """Change some of the settings of asynchronous invocations."""
        name = self._configured_name()
        return json.dumps(self.backend.update_function_event_invoke_config(name, self.json_body))

    def get_function_event_invoke_config(self) -> ActionResult:
        """Return the settings of asynchronous invocations."""
        name = self._configured_name()
        return ActionResult(self.backend.get_function_event_invoke_config(name))

    def delete_function_event_invoke_config(self) -> Response:
        """Return to the default settings of asynchronous invocations."""
        self.backend.delete_function_event_invoke_config(self._configured_name())
        return _answer(204, body="{}")

    def _configured_name(self) -> str:
        """Return the name of the path with the qualifier of the query, as the backend takes it."""
        name = unquote(self.path.rsplit("/", 2)[1])
        qualifier = self.querystring.get("Qualifier", [None])[0]
        return f"{name}:{qualifier}" if qualifier else name

    @staticmethod
    def _enrich_response(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
        """Keep the invocation's request id, by which the caller finds its log lines."""
        request_id = headers.get(_REQUEST_ID)
        headers, body = LambdaResponse._enrich_response(headers, body)
        if request_id is not None:
            headers[_REQUEST_ID] = request_id
        return headers, body

    def _function(self, name: str) -> tuple[SandboxFunction, str | None]:
        """Find the function by name, partial or full ARN, with the qualifier it was called by."""
        qualifier = self.querystring.get("Qualifier", [None])[0]
        match = _ARN.fullmatch(name)
        if match is None:
            name, _, in_name = name.partition(":")
            function = self.backend.get_function(name, in_name or qualifier)
            return function, in_name or qualifier
        qualifier = match["qualifier"] or qualifier
        backend = get_backend(match["account"], match["region"] or self.region)
        function = backend.get_function(match["name"], qualifier)
        if match["account"] != self.current_account:
            _check_cross_account(function, self.current_account)
        return function, qualifier


def _answer(status: int, headers: dict[str, str] | None = None, body: str | bytes = "") -> Response:
    # moto takes the status from a header of that name.
    return status, {"status": str(status), **(headers or {})}, body


def _check_kind(kind: str) -> None:
    kinds = [*MAXIMUM_PAYLOAD_BYTES, "DryRun"]
    if kind not in kinds:
        constraint = f"Member must satisfy enum value set: [{', '.join(kinds)}]"
        raise ValidationException(kind, "invocationType", constraint)


def _check_payload(payload: bytes, kind: str) -> None:
    limit = MAXIMUM_PAYLOAD_BYTES[kind]
    if len(payload) > limit:
        if kind == "Event":
            raise RequestTooLargeError(
                f"{len(payload)} byte payload is too large for the Event invocation type "
                f"(limit {limit} bytes)"
            )
        raise RequestTooLargeError(
            f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        )
    if not payload:
        return
    try:
        json.loads(payload)
    except ValueError as error:
        raise InvalidRequestContentError(str(error)) from error


def _client_context(header: str | None) -> str | None:
    if header is None:
        return None
    try:
        text = base64.b64decode(header, validate=True).decode()
        json.loads(text)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequestContentError(f"client context: {error}") from error
    return text


def _check_cross_account(function: SandboxFunction, caller_account: str) -> None:
    """Look whether the function's own policy lets another account in."""
    for statement in function.policy.statements:
        principals = _principals(statement)
        allowed = {"*", caller_account, f"arn:{function.partition}:iam::{caller_account}:root"}
        if statement.get("Effect") == "Allow" and principals & allowed:
            return
    raise AccessDeniedError(
        f"User of account {caller_account} is not authorized to perform: lambda:InvokeFunction on "
        f"resource: {function.function_arn} because no resource-based policy allows the "
        "lambda:InvokeFunction action"
    )


def _principals(statement: dict[str, Any]) -> set[str]:
    principal = statement.get("Principal")
    if isinstance(principal, str):
        return {principal}
    named = (principal or {}).get("AWS", [])
    return {named} if isinstance(named, str) else set(named)
