"""``make up`` and ``make down``: sandbox and Airflow stay in the background."""

import json
import os
import shlex
import shutil
from collections.abc import Mapping

from demo.accounts import SOURCE_ACCOUNT_ID
from demo.airflow import Airflow
from demo.run import DAG_ID, FUNCTION_NAME
from demo.sandbox import ROOT, SandboxProcess
from demo.screen import Screen
from demo.state import (
    BackgroundProgram,
    describe,
    read_state,
    stop_programs,
    write_state,
)

FOLDER = ROOT / ".run" / "up"
STATE_FILE = FOLDER / "state.json"


def up() -> int:
    """Start both, unless they run; print where they are. Return the exit code."""
    screen = Screen()
    programs = read_state(STATE_FILE)
    if programs and all(program.runs() for program in programs):
        screen.say("already up")
        _explain(screen, programs)
        return 0
    stop_programs(programs)
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
            describe("sandbox", sandbox.group_id, sandbox.environment["AWS_ENDPOINT_URL"]),
            describe("airflow", airflow.group_id, airflow.url),
        ]
        write_state(STATE_FILE, started)
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
    stopped = stop_programs(read_state(STATE_FILE))
    shutil.rmtree(FOLDER, ignore_errors=True)
    screen.say(f"stopped {', '.join(stopped)}" if stopped else "nothing is running")
    return 0


def _explain(screen: Screen, programs: list[BackgroundProgram]) -> None:
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
