"""``make fleet``: the fleet stays in the background until it is told to stop."""

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import ExitStack

import httpx

from demo.sandbox import SandboxProcess
from demo.state import (
    BackgroundProgram,
    describe,
    read_state,
    stop_programs,
    write_state,
)
from fleet.credentials import ROOT
from fleet.native import Fleet

FOLDER = ROOT / ".run" / "fleet"
STATE_FILE = FOLDER / "state.json"


def up(workers: int, connections: Mapping[str, str], *, with_sandbox: bool) -> int:
    """Start the fleet, unless it runs; print where it is. Return the exit code.

    :param connections: Airflow's, and whatever else its tasks need.
    :param with_sandbox: two AWS accounts on this machine take the place of AWS.
    """
    programs = read_state(STATE_FILE)
    if programs and all(program.runs() for program in programs):
        _say("already up; make fleet-down stops it")
        return 0
    _clear(programs)
    FOLDER.mkdir(parents=True, mode=0o700)
    with ExitStack() as stack:
        sandbox = SandboxProcess(FOLDER / "sandbox") if with_sandbox else None
        if sandbox:
            _say("starting two AWS accounts ...")
            stack.callback(sandbox.stop)
            sandbox.start()
        _say(f"starting PostgreSQL, Redis, Airflow and {workers} workers ...")
        environment = {**connections, **(sandbox.environment if sandbox else {})}
        fleet = Fleet(FOLDER / "airflow", environment=environment, workers=workers)
        stack.callback(fleet.stop)
        fleet.start()
        write_state(STATE_FILE, _describe(fleet, sandbox))
        # All runs and is noted: nothing of it is stopped on the way out.
        stack.pop_all()
    password = os.path.relpath(FOLDER / "airflow" / "secrets" / "admin_password")
    _say(f"up: {fleet.url}, user admin, password in {password}")
    return 0


def down() -> int:
    """Stop exactly what :func:`up` started; harmless when nothing runs. Return the exit code."""
    stopped = _clear(read_state(STATE_FILE))
    _say(f"stopped {', '.join(stopped)}" if stopped else "nothing is running")
    return 0


def status() -> int:
    """Say what runs. Return the exit code: 0 all is healthy, 1 something is not."""
    programs = read_state(STATE_FILE)
    if not programs:
        _say("nothing is running")
        return 1
    for program in programs:
        _say(f"{program.name:<14} {'runs' if program.runs() else 'ended':<6} {program.url}")
    unhealthy = _unhealthy(programs)
    if unhealthy:
        _say(f"not healthy: {', '.join(unhealthy)}; look at {os.path.relpath(FOLDER)}/airflow")
    return 1 if unhealthy else 0


def _unhealthy(programs: list[BackgroundProgram]) -> list[str]:
    ended = [program.name for program in programs if not program.runs()]
    (api,) = (program for program in programs if program.name == "api-server")
    if api.name in ended:
        return ended
    health = httpx.get(f"{api.url}/api/v2/monitor/health", timeout=30, trust_env=False).json()
    return ended + [
        part for part, found in health.items() if found and found["status"] != "healthy"
    ]


def _describe(fleet: Fleet, sandbox: SandboxProcess | None) -> list[BackgroundProgram]:
    found = []
    if sandbox:
        url = sandbox.environment["AWS_ENDPOINT_URL"]
        found.append(describe("sandbox", sandbox.group_id, url))
    for program in fleet.programs:
        found.append(
            describe(
                program.name,
                program.group_id,
                fleet.url if program.name == "api-server" else "",
                str(fleet.postgres.data) if program is fleet.postgres else "",
            )
        )
    return found


def _clear(programs: list[BackgroundProgram]) -> list[str]:
    stopped = stop_programs(programs)
    shutil.rmtree(FOLDER, ignore_errors=True)
    return stopped


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
