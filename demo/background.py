"""``make up`` and ``make down``: sandbox and Airflow stay in the background."""

import json
import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from demo.accounts import SOURCE_ACCOUNT_ID
from demo.airflow import Airflow
from demo.processes import group_exists, started_at, stop_group
from demo.run import DAG_ID, FUNCTION_NAME
from demo.sandbox import ROOT, SandboxProcess
from demo.screen import Screen

FOLDER = ROOT / ".run" / "up"
STATE_FILE = FOLDER / "state.json"

# The kernel's boot time, from which a process's start is counted, wavers by a second.
SAME_START_SECONDS = 2.0


@dataclass(frozen=True)
class Program:
    """A program in the background.

    :param group_id: process group, which is the pid of its leader.
    :param started_at: the leader's start, in seconds since the epoch; tells it from a later
        process that got the same pid.
    """

    name: str
    group_id: int
    started_at: float | None
    url: str


def up() -> int:
    """Start both, unless they run; print where they are. Return the exit code."""
    screen = Screen()
    programs = _read_state()
    if programs and all(_runs(program) for program in programs):
        screen.say("already up")
        _explain(screen, programs)
        return 0
    _stop(programs)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    sandbox = SandboxProcess(FOLDER)
    airflow: Airflow | None = None
    try:
        screen.say("starting two AWS accounts ...")
        sandbox.start()
        screen.say("starting Airflow ...")
        airflow = Airflow(
            home=FOLDER / "airflow", environment=sandbox.environment, run_schedules=True
        )
        airflow.start()
        airflow.client.wait_for_dag(DAG_ID)
        started = [
            _program("sandbox", sandbox.group_id, sandbox.environment["AWS_ENDPOINT_URL"]),
            _program("airflow", airflow.group_id, airflow.url),
        ]
        STATE_FILE.write_text(json.dumps([asdict(program) for program in started]))
    except BaseException:
        if airflow is not None:
            airflow.stop()
        sandbox.stop()
        raise
    screen.say("up", style="green")
    _explain(screen, started)
    return 0


def down() -> int:
    """Stop exactly what :func:`up` started; harmless when nothing runs. Return the exit code."""
    screen = Screen()
    stopped = _stop(_read_state())
    shutil.rmtree(FOLDER, ignore_errors=True)
    screen.say(f"stopped {', '.join(stopped)}" if stopped else "nothing is running")
    return 0


def _stop(programs: list[Program]) -> list[str]:
    """Stop Airflow before the sandbox, so that no task loses its AWS on the way out."""
    stopped = []
    for program in reversed(programs):
        if _runs(program):
            stop_group(program.group_id)
            stopped.append(program.name)
    return stopped


def _runs(program: Program) -> bool:
    now = started_at(program.group_id)
    if now is None or program.started_at is None:
        return False
    same = abs(now - program.started_at) < SAME_START_SECONDS
    return same and group_exists(program.group_id)


def _program(name: str, group_id: int, url: str) -> Program:
    return Program(name, group_id, started_at(group_id), url)


def _read_state() -> list[Program]:
    if not STATE_FILE.exists():
        return []
    return [Program(**fields) for fields in json.loads(STATE_FILE.read_text())]


def _explain(screen: Screen, programs: list[Program]) -> None:
    urls: Mapping[str, str] = {program.name: program.url for program in programs}
    exports = shlex.quote(os.path.relpath(FOLDER / "sandbox.env"))
    payload = shlex.quote(json.dumps({"action": "status"}))
    lines = [
        "",
        f"Airflow   {urls['airflow']}/dags/{DAG_ID}   (no login)",
        f"AWS       {urls['sandbox']}",
        "",
        "In your shell:",
        f"  . {exports}",
        '  export PATH="$PWD/.venv/bin:$PATH"',
        "  aws redshift describe-clusters --profile source",
        "  aws redshift describe-cluster-snapshots --profile target \\",
        f"    --owner-account {SOURCE_ACCOUNT_ID}",
        f"  aws lambda invoke --profile source --function-name {FUNCTION_NAME} \\",
        f"    --payload {payload} /dev/stdout",
        "",
        "The DAG is paused: press Trigger in its page, which also unpauses it.",
        "Logs: .run/up/sandbox.log, .run/up/airflow/standalone.log. Stop both: make down",
    ]
    screen.console.print("\n".join(lines), soft_wrap=True, markup=False)
    screen.flush()
