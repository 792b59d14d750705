"""The texts of Lambda itself: error payloads and the lines it adds to a function's log.

Source: Lambda's documentation and log lines as commonly seen; the exact sentences of
``Runtime.OutOfMemory`` and of the size limits were not checked against AWS.
"""

import json
import math
import signal

from sandbox.awslambda.invocation import Ending, FunctionSpec

# Lambda accepts 6 MB and adds 100 bytes of its own allowance to what a function may return.
MAXIMUM_RESPONSE_BYTES = 6_291_556
_KILLED = "Runtime exited with error: signal: killed"


def ending_payload(
    ending: Ending, request_id: str, spec: FunctionSpec, exit_status: int | None
) -> bytes:
    """Return the error payload of a function that did not answer."""
    if ending is Ending.TIMED_OUT:
        return _error("Sandbox.Timedout", request_id, timeout_reason(spec))
    if ending is Ending.OUT_OF_MEMORY:
        return _error("Runtime.OutOfMemory", request_id, _KILLED)
    return _error("Runtime.ExitError", request_id, _exit_reason(exit_status))


def timeout_reason(spec: FunctionSpec) -> str:
    """Return how Lambda says that a function ran out of time, in payload and log."""
    return f"Task timed out after {spec.timeout_seconds:.2f} seconds"


def response_too_large() -> bytes:
    """Return the error payload for a response over the limit."""
    return json.dumps(
        {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": "Response payload size exceeded maximum allowed payload size "
            f"({MAXIMUM_RESPONSE_BYTES} bytes).",
        }
    ).encode()


def _error(error_type: str, request_id: str, reason: str) -> bytes:
    message = f"RequestId: {request_id} Error: {reason}"
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()


def _exit_reason(exit_status: int | None) -> str:
    if not exit_status:
        return "Runtime exited without providing a reason"
    if exit_status == -signal.SIGKILL:
        return _KILLED
    if exit_status < 0:
        return f"Runtime exited with error: signal: {-exit_status}"
    return f"Runtime exited with error: exit status {exit_status}"


def report_line(
    request_id: str,
    spec: FunctionSpec,
    *,
    duration_milliseconds: float,
    memory_used_megabytes: int,
    init_milliseconds: float | None,
    status: str | None,
) -> str:
    """Return the REPORT line of an invocation; ``init_milliseconds`` on a cold one only."""
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_milliseconds:.2f} ms",
        f"Billed Duration: {math.ceil(duration_milliseconds)} ms",
        f"Memory Size: {spec.memory_megabytes} MB",
        f"Max Memory Used: {memory_used_megabytes} MB",
    ]
    if init_milliseconds is not None:
        parts.append(f"Init Duration: {init_milliseconds:.2f} ms")
    if status is not None:
        parts.append(f"Status: {status}")
    return "\t".join(parts)
