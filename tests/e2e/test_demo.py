"""The demonstration as a user runs it: what it shows, and that nothing of it is left."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
MARKER = "REDSHIFT_DR_DEMO_TEST"
TARGET_ACCOUNT_ID = "058264155998"
TABLES = 8
# The playground deploys both stacks first: half a minute on an idle machine.
START_SECONDS = 240.0


class Demo:
    """One demonstration whose processes are recognised by a variable that all of them inherit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.output = folder.with_suffix(".out")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "demo", "run", "--folder", str(folder)],
                cwd=ROOT,
                env={**os.environ, MARKER: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_for(self, words: str, timeout_seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + timeout_seconds
        while words not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.1)

    def wait_for_process(self, words: str, timeout_seconds: float = 60) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not any(words in command for command in self.leftovers()):
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.leftovers()
            time.sleep(0.1)

    def leftovers(self) -> list[str]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARKER) == self.mark:
                    found.append(" ".join(process.cmdline()))
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
        return found


@pytest.fixture
def demo(tmp_path: Path):
    running = Demo(tmp_path / "demo")
    yield running
    if running.process.poll() is None:
        running.process.terminate()
        running.process.wait(timeout=60)


@pytest.mark.slow
@pytest.mark.timeout(380)
def test_demo_backs_up_shares_prunes_and_proves_by_a_drill(demo: Demo):
    assert demo.process.wait(timeout=340) == 0, demo.text()
    shown = demo.text()
    result = json.loads(shown.splitlines()[-1])
    assert list(result) == [
        "dag_id",
        "run_id",
        "state",
        "snapshot_id",
        "shared_with",
        "cleaned_up_snapshots",
        "status",
        "drill",
    ]
    assert result["state"] == "success"
    assert result["status"] == "completed"
    assert result["shared_with"] == [TARGET_ACCOUNT_ID]
    assert result["cleaned_up_snapshots"] == 8
    drill = result["drill"]
    assert (drill["state"], drill["verdict"], drill["checks_failed"]) == ("success", "passed", 0)
    assert drill["checks_passed"] >= TABLES
    assert drill["restore_seconds"] > 0
    assert drill["dr_copy"].startswith("aca-redshift-cluster-dr-")
    assert drill["evidence_uri"].startswith("s3://")
    assert re.search(r"clusters left\W+none", shown)
    assert "hold: annual audit" in shown
    assert "\x1b" not in shown
    assert "Warning" not in shown
    assert demo.leftovers() == []
    assert sorted(file.name for file in demo.folder.iterdir()) == [
        "airflow.log",
        "sandbox.log",
    ]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("number", "exit_code"),
    [
        pytest.param(signal.SIGINT, 130, id="ctrl-c"),
        pytest.param(signal.SIGTERM, 143, id="term"),
    ],
)
def test_demo_leaves_nothing_when_it_is_stopped_half_way(
    demo: Demo, number: signal.Signals, exit_code: int
):
    demo.wait_for("starting scheduler")
    demo.wait_for_process("airflow scheduler")
    demo.process.send_signal(number)
    assert demo.process.wait(timeout=60) == exit_code, demo.text()
    assert demo.leftovers() == []
