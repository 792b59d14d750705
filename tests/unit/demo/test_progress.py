"""One line per change of a task's state."""

import pytest

from demo.progress import Progress, seconds_of
from demo.screen import Screen


def task(state: str | None, start: str | None = None, end: str | None = None) -> dict:
    return {"task_id": "wait_for_snapshot", "state": state, "start_date": start, "end_date": end}


def test_a_state_is_written_once_and_says_what_is_waited_for(capsys: pytest.CaptureFixture[str]):
    progress = Progress(Screen())
    for state in (None, "scheduled", "running", "deferred", "deferred", "running"):
        progress.show([task(state)])
    progress.show([task("success", "2026-03-15T12:00:00Z", "2026-03-15T12:00:04.5Z")])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "deferred" in lines[1]
    assert "for the snapshot to become available" in lines[1]
    assert lines[3].endswith("success   4.5 s")


def test_seconds_of_a_task_that_has_not_ended_is_zero():
    assert seconds_of(task("running", "2026-03-15T12:00:00Z")) == 0
