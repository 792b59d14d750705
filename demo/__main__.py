"""``python -m demo run|up|down``."""

import argparse
import sys

from demo.background import down, up
from demo.interrupts import InterruptedByUserError, raise_on_stop_signals
from demo.processes import ProcessError
from demo.run import run

COMMANDS = {"run": run, "up": up, "down": down}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 shown, 1 failed, 128 + n stopped by signal."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    options = parser.parse_args(arguments)
    raise_on_stop_signals()
    try:
        return COMMANDS[options.command]()
    except InterruptedByUserError as interruption:
        print(f"stopped by {interruption}; nothing is left running", file=sys.stderr)
        return interruption.exit_code
    except ProcessError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
