"""``python -m fleet up|down|status``."""

import argparse
import sys
from pathlib import Path

from demo.interrupts import InterruptedByUserError, raise_on_stop_signals
from demo.processes import ProcessError
from fleet.background import down, status, up
from fleet.native import WORKERS
from fleet.settings import read_env_file


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 done, 1 failed, 128 + n stopped by signal."""
    parser = argparse.ArgumentParser(prog="python -m fleet", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", help="start all parts in the background")
    start.add_argument("--workers", type=int, default=WORKERS, help="default: %(default)s")
    start.add_argument("--sandbox", action="store_true", help="in place of AWS")
    start.add_argument(
        "--connections", type=Path, help="a file of NAME=value: Airflow's connections"
    )
    commands.add_parser("down", help="stop them, and delete their data")
    commands.add_parser("status", help="say what runs")
    options = parser.parse_args(arguments)
    raise_on_stop_signals()
    try:
        if options.command == "up":
            given = read_env_file(options.connections) if options.connections else {}
            return up(options.workers, given, with_sandbox=options.sandbox)
        return down() if options.command == "down" else status()
    except InterruptedByUserError as interruption:
        print(f"stopped by {interruption}; nothing is left running", file=sys.stderr)
        return interruption.exit_code
    except (ProcessError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
