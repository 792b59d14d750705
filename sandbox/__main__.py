"""``python -m sandbox up``: two AWS accounts on this machine, until it is told to stop."""

import argparse
import platform
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from sandbox.accounts import SOURCE, TARGET
from sandbox.environment import write_env_file
from sandbox.http import PortInUseError
from sandbox.server import Sandbox

TEMPLATE_RUNTIME = "python3.13"
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Stopped(BaseException):
    """A stop signal arrived. No Exception, so that nothing on the way swallows it."""


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    for ignored in STOP_SIGNALS:
        signal.signal(ignored, signal.SIG_IGN)
    raise _Stopped


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    return up(options.port, options.env_file, options.bare)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Two AWS accounts on this machine: real HTTP, real SQL, real Lambda runtime.",
        epilog="example: python -m sandbox up --port 4566 --env-file sandbox.env",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    command = commands.add_parser("up", help="start and stay in the foreground until stopped")
    command.add_argument(
        "--port", type=int, default=4566, help="0 takes a free one (default: 4566)"
    )
    command.add_argument(
        "--env-file", type=Path, help="write shell exports to this file when ready"
    )
    command.add_argument(
        "--bare", action="store_true", help="two empty accounts, without the example"
    )
    return parser


def up(port: int, env_file: Path | None, bare: bool) -> int:
    """Run the sandbox in the foreground until SIGTERM, SIGINT or SIGHUP."""
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    _say(
        f"The template's runtime is {TEMPLATE_RUNTIME}; functions run on this interpreter, "
        f"Python {platform.python_version()}."
    )
    _say("Starting two empty accounts ..." if bare else "Starting, building the playground ...")
    try:
        with Sandbox(port=port, bare=bare) as running:
            if env_file is not None:
                write_env_file(env_file, running.environment)
            _say(_ready_text(running, env_file))
            threading.Event().wait()
    except PortInUseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except _Stopped:
        _say("Stopped.")
    finally:
        if env_file is not None:
            env_file.unlink(missing_ok=True)
    return 0


def _ready_text(running: Sandbox, env_file: Path | None) -> str:
    lines = [
        f"Ready at {running.url}",
        f"  source account {SOURCE.account_id}  --profile {SOURCE.profile}",
        f"  target account {TARGET.account_id}  --profile {TARGET.profile}",
    ]
    if env_file is not None:
        lines += ["", "In another shell:", f"  . {env_file.resolve()}"]
        lines += ["  aws sts get-caller-identity --profile source"]
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
