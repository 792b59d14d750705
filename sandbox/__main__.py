"""``python -m sandbox up``: two AWS accounts on this machine, until it is told to stop."""

import argparse
import logging
import platform
import re
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from urllib.request import ProxyHandler, build_opener

from sandbox.accounts import SOURCE, TARGET
from sandbox.deployment import FUNCTION_NAME, RUNTIME, PlaygroundError
from sandbox.environment import write_env_file
from sandbox.http import HOST, PortInUseError
from sandbox.server import Sandbox

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _StoppedError(BaseException):
    """A stop signal arrived. No Exception, so that nothing on the way swallows it."""


class _EnvFileInUseError(Exception):
    """The env file was written by a sandbox that still runs."""


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    for ignored in STOP_SIGNALS:
        signal.signal(ignored, signal.SIG_IGN)
    raise _StoppedError


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    return up(options.port, options.env_file, options.bare, options.host)


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
        "--host",
        default=HOST,
        help="0.0.0.0 in a container, never elsewhere (default: %(default)s)",
    )
    command.add_argument(
        "--bare",
        action="store_true",
        help="two empty accounts, without the example, and one for moto's own tests",
    )
    return parser


def up(port: int, env_file: Path | None, bare: bool, host: str = HOST) -> int:
    """Run the sandbox in the foreground until SIGTERM, SIGINT or SIGHUP."""
    written = False
    try:
        for number in STOP_SIGNALS:
            signal.signal(number, _stop)
        _tell_versions()
        if env_file is not None:
            _remove_stale(env_file)
        _say("Starting two empty accounts ..." if bare else "Starting, building the playground ...")
        with Sandbox(port=port, bare=bare, host=host) as running:
            if env_file is not None:
                written = True
                write_env_file(env_file, running.environment)
            _say(_ready_text(running, env_file))
            threading.Event().wait()
    except (PortInUseError, PlaygroundError, _EnvFileInUseError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except _StoppedError:
        _say("Stopped.")
    finally:
        if written and env_file is not None:
            env_file.unlink(missing_ok=True)
    return 0


def _tell_versions() -> None:
    """Say once which Python functions are deployed for, and which one runs them."""
    _say(
        f"Functions are deployed for {RUNTIME} and run on this interpreter, "
        f"Python {platform.python_version()}."
    )
    told_here = "Functions with runtime"
    logging.getLogger("sandbox.awslambda.service").addFilter(
        lambda record: not str(record.msg).startswith(told_here)
    )


def _remove_stale(env_file: Path) -> None:
    """Remove what a killed sandbox left, so that the file's existence means "ready".

    :raises _EnvFileInUseError: the sandbox that wrote the file still runs.
    """
    if not env_file.exists():
        return
    match = re.search(r"AWS_ENDPOINT_URL='(http://[^']+)'", env_file.read_text(encoding="utf-8"))
    if match and _is_running(match[1]):
        raise _EnvFileInUseError(
            f"{env_file} belongs to the sandbox that runs at {match[1]}; stop that one or name "
            "another --env-file"
        )
    env_file.unlink()


def _is_running(url: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(f"{url}/_sandbox/health", timeout=2):
            return True
    except OSError:
        return False


def _ready_text(running: Sandbox, env_file: Path | None) -> str:
    lines = [
        f"Ready at {running.url}",
        f"  source account {SOURCE.account_id}  --profile {SOURCE.profile}",
        f"  target account {TARGET.account_id}  --profile {TARGET.profile}",
    ]
    if env_file is not None:
        lines += ["", "In another shell:", f"  . {env_file.resolve()}"]
        lines += ["  aws redshift describe-clusters --profile source"]
        if not running.bare:
            lines += [
                f"  aws lambda invoke --profile source --function-name {FUNCTION_NAME} "
                "--payload '{}' out.json && cat out.json",
                "  aws redshift describe-cluster-snapshots --profile target "
                f"--owner-account {SOURCE.account_id}",
            ]
    lines += ["", f"Control API: {running.url}/_sandbox/health   Stop: Ctrl-C"]
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
