"""``python -m demo run|up|down``."""

import argparse
import sys
from pathlib import Path

from demo.background import down, up
from demo.interrupts import InterruptedByUserError, raise_on_stop_signals
from demo.processes import ProcessError
from demo.run import WORK_FOLDER, run


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 shown, 1 failed, 128 + n stopped by signal."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("run", help="back up a warehouse, show it, stop everything")
    show.add_argument("--folder", type=Path, default=WORK_FOLDER, help="emptied; keeps the logs")
    commands.add_parser("up", help="start sandbox and Airflow in the background")
    commands.add_parser("down", help="stop them")
    options = parser.parse_args(arguments)
    raise_on_stop_signals()
    try:
        if options.command == "run":
            return run(options.folder.resolve())
        return up() if options.command == "up" else down()
    except InterruptedByUserError as interruption:
        print(f"stopped by {interruption}; nothing is left running", file=sys.stderr)
        return interruption.exit_code
    except ProcessError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
