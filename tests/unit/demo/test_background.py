"""`make down` stops exactly what `make up` started."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from demo import background
from demo import state as state_of_programs
from demo.processes import clean_environment, group_exists, start_group, stop_group


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(background, "FOLDER", tmp_path / "up")
    monkeypatch.setattr(background, "STATE_FILE", tmp_path / "up" / "state.json")
    (tmp_path / "up").mkdir()
    return tmp_path / "up" / "state.json"


@pytest.fixture
def sleeper(tmp_path: Path):
    process = start_group(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        log_path=tmp_path / "log",
        environment=clean_environment(),
        folder=tmp_path,
    )
    yield process
    stop_group(process.pid, process=process, grace_seconds=1)


def test_down_stops_what_was_started_and_may_be_repeated(
    state: Path, sleeper, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        state_of_programs, "stop_group", lambda group_id: stop_group(group_id, process=sleeper)
    )
    program = state_of_programs.describe("sandbox", sleeper.pid, "http://127.0.0.1:1")
    state.write_text(json.dumps([asdict(program)]))
    assert background.down() == 0
    assert not group_exists(sleeper.pid)
    assert background.down() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("stopped sandbox")
    assert lines[1].endswith("nothing is running")


def test_down_leaves_a_later_process_with_the_same_pid_alone(state: Path, sleeper):
    program = state_of_programs.BackgroundProgram("sandbox", sleeper.pid, 1.0, "http://127.0.0.1:1")
    state.write_text(json.dumps([asdict(program)]))
    assert background.down() == 0
    assert group_exists(sleeper.pid)
    os.killpg(sleeper.pid, 0)
