"""What of the function's log is shown in the task's log."""

import json

from redshift_dr.function_log import readable_lines

TAIL = [
    "T: 1 Version: $LATEST",
    "START RequestId: 1 Version: $LATEST",
    json.dumps({"level": "INFO", "message": "Shared", "service": "x", "snapshot_id": "snapshot-1"}),
    json.dumps({"_aws": {"Timestamp": 1}, "SnapshotShared": [1.0]}),
    "[ERROR] RefusedError: too short",
    "Traceback (most recent call last):",
    '\u00a0\u00a0File "handler.py", line 31, in lambda_handler',
    "END RequestId: 1",
    "REPORT RequestId: 1 Duration: 3 ms",
    "",
]


def test_refusal_shows_its_words_and_no_trace() -> None:
    assert readable_lines(TAIL, expected=True) == [
        "T: 1 Version: $LATEST",
        "INFO Shared (snapshot_id=snapshot-1)",
        "[ERROR] RefusedError: too short",
        "REPORT RequestId: 1 Duration: 3 ms",
    ]


def test_crash_keeps_its_trace() -> None:
    shown = readable_lines(TAIL, expected=False)

    assert any('File "handler.py", line 31' in line for line in shown)
    assert "Traceback (most recent call last):" in shown


def test_line_of_another_shape_is_shown_as_it_is() -> None:
    assert readable_lines(["[1, 2]", "17", "plain "], expected=True) == ["[1, 2]", "17", "plain"]
