"""The function's own log, cut to what a person reads in the task's log. Pure."""

import json
from collections.abc import Iterable
from typing import Any

PLATFORM_LINES = ("INIT_START", "START RequestId:", "END RequestId:")
TRACEBACK_STARTS = "Traceback (most recent call last):"
SHOWN_ELSEWHERE = frozenset(
    {"action", "cluster_identifier", "correlation_id", "level", "location", "message", "service"}
    | {"exception", "exception_name", "stack_trace", "request_id", "timestamp", "xray_trace_id"}
)
"""Keys of a log line that the task's log has already, or that only CloudWatch Logs is read for."""


def readable_lines(lines: Iterable[str], *, expected: bool) -> list[str]:
    """Write the tail that ``lambda:Invoke`` returns as short lines.

    Metrics and the platform's marks are left out, except its REPORT, which has the request id;
    JSON lines become a level, a message and what they add.

    :param lines: of the log's tail, at most 4 KB; the first may be cut in two.
    :param expected: True after an answer or an error that explains itself, which needs no trace of
        the function's calls.
    """
    shown = []
    for line in lines:
        if line.startswith(PLATFORM_LINES):
            continue
        # The runtime indents a trace by no-break spaces.
        if expected and (line[:1].isspace() or line.startswith(TRACEBACK_STARTS)):
            continue
        text = _text_of(line)
        if text:
            shown.append(text)
    return shown


def _text_of(line: str) -> str:
    try:
        record: Any = json.loads(line)
    except json.JSONDecodeError:
        return line.rstrip()
    if not isinstance(record, dict) or "message" not in record:
        return "" if isinstance(record, dict) and "_aws" in record else line.rstrip()
    rest = {key: value for key, value in record.items() if key not in SHOWN_ELSEWHERE}
    facts = ", ".join(f"{key}={value}" for key, value in rest.items())
    return f"{record.get('level', '')} {record['message']}{f' ({facts})' if facts else ''}".strip()
