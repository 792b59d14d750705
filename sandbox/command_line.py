"""The AWS command line as a process that stays: a command is a fork of it, and ready at once.

A command of its own takes most of a second until it has read what AWS's services look like; the
deployment script runs dozens of them. This is the same command line, with that behind it.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
_SERVICES = ("cloudformation", "lambda", "redshift", "s3", "sts")
_STANDARD_STREAMS = 3
_REQUEST_BYTES = 1 << 20
_FAILED = 255
_SOCKET = "aws.socket"
# What stands on the PATH as "aws". It imports little, since it is started for every command.
_COMMAND = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    folder = os.open({directory!r}, os.O_PATH)
    server.connect(f"/proc/self/fd/{{folder}}/{name}")
    request = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode() + b"\\n"
    socket.send_fds(server, [request[:1]], [0, 1, 2])
    server.sendall(request[1:])
    sys.exit(int(server.recv(8) or {failed}))
"""


class CommandLine:
    """Runs the server as long as it is open; ``folder`` holds the command ``aws``.

    :param directory: of the sandbox; what is made here goes with it.
    :param environment: where the command line finds configuration and credentials.
    """

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.folder = directory / "bin"
        self.folder.mkdir(exist_ok=True)
        self._listener = _listen(directory)
        command = self.folder / "aws"
        command.write_text(
            _COMMAND.format(
                python=sys.executable, directory=str(directory), name=_SOCKET, failed=_FAILED
            ),
            encoding="utf-8",
        )
        command.chmod(0o700)
        lifeline, self._lifeline = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.command_line", str(self._listener.fileno())],
            cwd=_ROOT,
            env=dict(environment),
            stdin=lifeline,
            pass_fds=(self._listener.fileno(),),
            start_new_session=True,
        )
        os.close(lifeline)

    def close(self) -> None:
        """End the server and the commands that still run."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._lifeline)
        self._listener.close()


def _listen(directory: Path) -> socket.socket:
    """Listen in the directory, whose own path may be longer than the address of a socket may be."""
    listener = socket.socket(socket.AF_UNIX)
    folder = os.open(directory, os.O_PATH)
    try:
        listener.bind(f"/proc/self/fd/{folder}/{_SOCKET}")
    finally:
        os.close(folder)
    listener.listen()
    return listener


def serve(listener: socket.socket) -> None:
    """Run commands until the sandbox has gone."""
    from awscli.clidriver import create_clidriver

    sys.argv = ["aws"]  # Messages begin with it.
    driver = create_clidriver()
    for service in _SERVICES:
        # Given keys, so that the session does not look for those of a profile yet.
        driver.session.create_client(
            service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-"
        )
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Nobody asks how a fork has ended.
    while sys.stdin not in select.select([listener, sys.stdin], (), ())[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _answer(driver, connection)
        connection.close()


def _answer(driver: Any, connection: socket.socket) -> None:
    code = _FAILED
    try:
        first, streams, _, _ = socket.recv_fds(connection, 1, _STANDARD_STREAMS)
        request = first
        while not request.endswith(b"\n"):
            request += connection.recv(_REQUEST_BYTES)
        words, folder, environment = json.loads(request)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        code = driver.main(words)
    except SystemExit as end:  # The parser's answer to a wrong argument.
        code = end.code if isinstance(end.code, int) else _FAILED
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(str(code).encode())
        os._exit(0)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[-1])))
