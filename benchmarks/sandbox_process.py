"""A sandbox in a process of its own, so that its work does not slow its client."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

_START_SECONDS = 120
_STOP_SECONDS = 30
_opener = build_opener(ProxyHandler({}))


class SandboxProcess:
    """A running sandbox, reached as anybody reaches it.

    :ivar environment: the variables that lead an AWS client to it, with the source account's
        profile; nothing of the user's own AWS configuration is left in it.
    """

    def __init__(self, exports: Mapping[str, str]) -> None:
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        } | {"AWS_PROFILE": "source", **exports}
        self._url = exports["AWS_ENDPOINT_URL"]

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Send a request to the control API; returns the JSON of its answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self._url}/_sandbox/{path}", data, headers, method=method)
        with _opener.open(request) as response:
            return json.load(response)

    def calls(self) -> list[str]:
        """Return the AWS calls since the last time as ``service.Operation``, and forget them."""
        found = self.control("GET", "calls")
        self.control("DELETE", "calls")
        return [f"{one['service']}.{one['operation']}" for one in found]


@contextmanager
def running_sandbox(scratch: Path) -> Iterator[SandboxProcess]:
    """Run two empty accounts, and lead this process's AWS clients there.

    :param scratch: an existing directory for its files.
    :raises RuntimeError: it ended, or was not ready in time; with what it said.
    """
    env_file, said = scratch / "sandbox.env", scratch / "sandbox.log"
    command = [sys.executable, "-m", "sandbox", "up", "--bare", "--port", "0"]
    with said.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--env-file", str(env_file)], stdout=output, stderr=subprocess.STDOUT
        )
    before = dict(os.environ)
    try:
        _wait(process, env_file, said)
        sandbox = SandboxProcess(_read(env_file))
        _become(sandbox.environment)
        yield sandbox
    finally:
        _become(before)
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_SECONDS)


def _wait(process: subprocess.Popen[bytes], env_file: Path, said: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not env_file.exists():
        if process.poll() is not None:
            raise RuntimeError(f"the sandbox ended at once and said: {said.read_text()}")
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"the sandbox was not ready after {_START_SECONDS} seconds and said: "
                f"{said.read_text()}"
            )
        time.sleep(0.05)


def _read(env_file: Path) -> dict[str, str]:
    lines = shlex.split(env_file.read_text(encoding="utf-8"))
    pairs = (word.partition("=") for word in lines if "=" in word)
    return {name: value for name, _, value in pairs if name.startswith("AWS_")}


def _become(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
