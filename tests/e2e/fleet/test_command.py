"""``make fleet`` as a person runs it: it starts, tells what runs, and leaves nothing."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

from demo.processes import group_exists
from fleet.background import FOLDER, STATE_FILE
from fleet.credentials import ROOT
from fleet.postgres import postgres_folder
from fleet.programs import MissingProgramError, find_program

pytestmark = [pytest.mark.alone, pytest.mark.timeout(900)]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_fleet_starts_tells_what_runs_and_leaves_nothing() -> None:
    try:
        postgres_folder()
        find_program("redis-server", "redis-server")
    except MissingProgramError as missing:
        pytest.skip(str(missing))
    if STATE_FILE.exists():
        pytest.skip("a fleet is up; its owner may want it: make fleet-down")
    try:
        started = run("make", "fleet", "ARGUMENTS=--workers 2 --sandbox")
        assert started.returncode == 0, started.stdout + started.stderr
        status = run(str(ROOT / ".venv" / "bin" / "python"), "-m", "fleet", "status")
        state = json.loads(STATE_FILE.read_text())
        secrets = list((FOLDER / "airflow" / "secrets").iterdir())
        modes = {stat.S_IMODE(path.stat().st_mode) for path in secrets}
    finally:
        stopped = run("make", "fleet-down")

    assert status.returncode == 0, status.stdout
    names = [line.split()[0] for line in status.stdout.splitlines()]
    assert names == [
        *("sandbox", "PostgreSQL", "Redis", "api-server", "scheduler", "dag-processor"),
        *("triggerer", "worker-1", "worker-2"),
    ]
    assert modes == {0o600}
    assert stopped.returncode == 0
    assert not FOLDER.exists()
    assert not any(group_exists(program["group_id"]) for program in state)
    assert not any(Path(program["data"]).exists() for program in state if program["data"])
