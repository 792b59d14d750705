"""What ``make fleet`` says of itself."""

from pathlib import Path

import pytest

from demo.state import BackgroundProgram, write_state
from fleet import background
from fleet.background import down, status


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "fleet"
    monkeypatch.setattr(background, "FOLDER", folder)
    monkeypatch.setattr(background, "STATE_FILE", folder / "state.json")
    return folder


def test_status_of_nothing_is_not_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    assert status() == 1
    assert capsys.readouterr().out == "nothing is running\n"


def test_status_names_what_has_ended(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.mkdir()
    # Process 1 runs, but it did not start then.
    ended = [BackgroundProgram(name, 1, 1.0) for name in ("api-server", "worker-1")]
    write_state(folder / "state.json", ended)

    assert status() == 1
    assert "not healthy: api-server, worker-1" in capsys.readouterr().out


def test_down_may_be_repeated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.mkdir()
    (folder / "state.json").write_text("[]")

    assert (down(), down()) == (0, 0)
    assert capsys.readouterr().out == "nothing is running\n" * 2
    assert not folder.exists()
