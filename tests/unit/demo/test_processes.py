"""Stopping a program stops everything it started."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from demo.processes import clean_environment, group_exists, start_group, stop_group, tail

PARENT = """
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
print(child.pid, flush=True)
time.sleep(60)
"""
WILLING = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def wait_for_line(path: Path) -> str:
    deadline = time.monotonic() + 20
    while not path.exists() or not path.read_text().endswith("\n"):
        assert time.monotonic() < deadline, "the child did not start"
        time.sleep(0.02)
    return path.read_text().strip()


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("child", [WILLING, STUBBORN])
def test_stop_group_ends_children_too(tmp_path: Path, child: str):
    log = tmp_path / "log"
    process = start_group(
        [sys.executable, "-c", PARENT, child],
        log_path=log,
        environment=clean_environment(),
        folder=tmp_path,
    )
    child_pid = int(wait_for_line(log))
    assert is_running(child_pid)
    stop_group(process.pid, process=process, grace_seconds=0.5)
    assert process.returncode == -signal.SIGTERM
    assert not is_running(child_pid)
    assert not group_exists(process.pid)


def test_stop_group_is_harmless_when_the_group_is_gone(tmp_path: Path):
    process = start_group(
        [sys.executable, "-c", ""],
        log_path=tmp_path / "log",
        environment=clean_environment(),
        folder=tmp_path,
    )
    process.wait(timeout=20)
    stop_group(process.pid, process=process)


def test_clean_environment_drops_what_leads_to_a_real_account(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW_CONN_AWS_SOURCE", "aws://")
    monkeypatch.setenv("EDITOR", "vi")
    environment = clean_environment({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    assert environment["EDITOR"] == "vi"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert not {"AWS_PROFILE", "AIRFLOW__CORE__EXECUTOR", "AIRFLOW_CONN_AWS_SOURCE"} & set(
        environment
    )


def test_clean_environment_finds_this_interpreters_programs_first():
    first = clean_environment()["PATH"].split(os.pathsep)[0]
    assert Path(first) == Path(sys.executable).parent


def test_tail_returns_the_last_lines(tmp_path: Path):
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    assert tail(log, lines=2) == "line 98\nline 99"
    assert tail(tmp_path / "none") == ""
