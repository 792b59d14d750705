"""What runs in the background is noted so that it, and nothing else, is stopped later."""

import sys
from pathlib import Path

from demo.processes import clean_environment, group_exists, start_group
from demo.state import BackgroundProgram, describe, read_state, stop_programs, write_state


def test_noted_program_is_read_back_and_stopped_with_its_data(tmp_path: Path) -> None:
    process = start_group(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        log_path=tmp_path / "log",
        environment=clean_environment(),
        folder=tmp_path,
    )
    data = tmp_path / "data"
    data.mkdir()
    write_state(tmp_path / "state.json", [describe("server", process.pid, "there", str(data))])

    (noted,) = read_state(tmp_path / "state.json")

    assert (noted.name, noted.url, noted.runs()) == ("server", "there", True)
    assert stop_programs([noted]) == ["server"]
    assert not group_exists(process.pid)
    assert not data.exists()
    process.wait()


def test_data_of_a_program_that_has_ended_go_too(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()

    assert stop_programs([BackgroundProgram("server", 1, 1.0, "", str(data))]) == []

    assert not data.exists()


def test_nothing_is_noted_where_nothing_was_started(tmp_path: Path) -> None:
    assert read_state(tmp_path / "none.json") == []
