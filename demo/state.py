"""What runs in the background, noted in a file: enough to stop exactly that, later."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.processes import group_exists, started_at, stop_group

# The kernel's boot time, from which a process's start is counted, wavers by a second.
SAME_START_SECONDS = 2.0


@dataclass(frozen=True)
class BackgroundProgram:
    """A program in the background.

    :param group_id: process group, which is the pid of its leader.
    :param started_at: the leader's start, in seconds since the epoch; tells it from a later
        process that got the same pid.
    :param url: where it is reached.
    :param data: a folder elsewhere that goes with it; empty for none.
    """

    name: str
    group_id: int
    started_at: float | None
    url: str = ""
    data: str = ""

    def runs(self) -> bool:
        """Tell whether it still runs."""
        now = started_at(self.group_id)
        if now is None or self.started_at is None:
            return False
        same = abs(now - self.started_at) < SAME_START_SECONDS
        return same and group_exists(self.group_id)


def describe(name: str, group_id: int, url: str = "", data: str = "") -> BackgroundProgram:
    """Return what names a program that runs now."""
    return BackgroundProgram(name, group_id, started_at(group_id), url, data)


def read_state(path: Path) -> list[BackgroundProgram]:
    """Return what was noted, in the order of its start; nothing where there is no file."""
    if not path.exists():
        return []
    return [BackgroundProgram(**fields) for fields in json.loads(path.read_text())]


def write_state(path: Path, programs: Sequence[BackgroundProgram]) -> None:
    """Note what was started."""
    path.write_text(json.dumps([asdict(program) for program in programs]))


def stop_programs(programs: Sequence[BackgroundProgram]) -> list[str]:
    """Stop what still runs, the last started first, so that none loses what it stands on.

    :return: the names of what was stopped.
    """
    stopped = []
    for program in reversed(programs):
        if program.runs():
            stop_group(program.group_id)
            stopped.append(program.name)
        if program.data:
            shutil.rmtree(program.data, ignore_errors=True)
    return stopped
