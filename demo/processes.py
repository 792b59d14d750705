"""Processes of the demonstration, each in a group of its own: stopping one leaves nothing."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil  # type: ignore[import-untyped]

# Everything a caller's shell may hold that would lead a child to a real AWS account or to another
# Airflow.
FOREIGN_PREFIXES = ("AWS_", "AIRFLOW_", "AIRFLOW__", "BOTO_")


class ProcessError(Exception):
    """A process of the demonstration did not start, or ended too early."""


def clean_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment without AWS and Airflow settings, plus the given ones.

    :param environment: variables to add; they win.
    :return: a new dict. ``PATH`` starts with this interpreter's own folder, because
        ``airflow standalone`` finds its parts there.
    """
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_PREFIXES)
    }
    scripts = str(Path(sys.executable).parent)
    inherited["PATH"] = os.pathsep.join([scripts, inherited.get("PATH", os.defpath)])
    return {**inherited, **(environment or {})}


def free_port() -> int:
    """Return a loopback port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def tail(path: Path, lines: int = 40) -> str:
    """Return the last lines of a file, or an empty string when there is none."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def start_group(
    command: Sequence[str], *, log_path: Path, environment: Mapping[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    """Start a command as the leader of a new session; its output goes to a file.

    :param log_path: appended to; the parent folder is made.
    :param environment: the child's whole environment.
    :param folder: the child's working folder.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )


def group_exists(group_id: int) -> bool:
    """Tell whether any process of the group runs; a zombie, which only waits, does not."""
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getpgid(process.pid) == group_id and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def started_at(pid: int) -> float | None:
    """Return when a process started, in seconds since the epoch, or None if it is gone.

    Together with the pid it names a process; the pid alone may belong to a later one.
    """
    try:
        moment: float = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None
    return moment


def stop_group(
    group_id: int,
    *,
    process: subprocess.Popen[bytes] | None = None,
    grace_seconds: float = 10.0,
) -> None:
    """End a whole process group: ask, wait, then kill. Does nothing when it is gone.

    The group is signalled while its leader lives: ``airflow standalone`` leaves its four parts
    behind when it alone is ended.

    :param group_id: the id of the group, which is the pid of its leader.
    :param process: the leader, when this process is its parent: reaped here.
    :param grace_seconds: how long the group may take after SIGTERM before SIGKILL.
    """
    for signal_number, patience_seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group_id, signal_number)
        if _gone_within(group_id, process, patience_seconds):
            return
    raise ProcessError(
        f"process group {group_id} survived SIGKILL; look at it with: ps -g {group_id}"
    )


def _gone_within(
    group_id: int, process: subprocess.Popen[bytes] | None, patience_seconds: float
) -> bool:
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        if not group_exists(group_id):
            if process is not None:
                process.wait()
            return True
        time.sleep(0.05)
    return False
