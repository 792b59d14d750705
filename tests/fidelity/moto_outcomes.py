"""A pytest plugin for moto's own tests: a server for each worker, and the outcomes in a file.

It is loaded by name in a pytest of its own (``-p moto_outcomes``), whose rootdir is moto's source
package; nothing of this project's tests is imported there. The environment says what to start:

``FIDELITY_SERVER``
    ``sandbox`` or ``stock`` (moto's own server).
``FIDELITY_OUTCOMES``
    Where the controlling process writes ``{test id: outcome}``.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest

_START_SECONDS = 60
_opener = build_opener(ProxyHandler({}))


class Server:
    """One server process, which moto's tests of this worker have for themselves."""

    def __init__(self, kind: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        commands = {
            "sandbox": [sys.executable, "-m", "sandbox", "up", "--bare", "--port", str(port)],
            "stock": [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        }
        self._process = subprocess.Popen(
            commands[kind], stdout=self._log, stderr=subprocess.STDOUT, cwd=tempfile.gettempdir()
        )
        os.environ["TEST_SERVER_MODE_ENDPOINT"] = self.url
        os.environ["MOTO_PORT"] = str(port)

    def wait_until_ready(self) -> None:
        """Wait until it answers moto's reset.

        :raises RuntimeError: it ended, or took longer than a minute.
        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                _opener.open(f"{self.url}/moto-api/reset", data=b"", timeout=30).close()
            except URLError as error:
                if not isinstance(error.reason, ConnectionError):
                    raise
                time.sleep(0.1)
            else:
                return
        self.stop()
        self._log.seek(0)
        raise RuntimeError(f"the server did not start: {self._log.read().decode()}")

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Outcomes:
    """The outcome of every test, worst phase first: ``failed``, ``skipped``, else ``passed``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.outcomes: dict[str, str] = {}
        self.reasons: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a phase's outcome unless a worse one is known."""
        known = self.outcomes.get(report.nodeid)
        if report.outcome != "passed":
            if known != "failed":
                self.outcomes[report.nodeid] = report.outcome
                self.reasons[report.nodeid] = _last_lines(report)
        elif known is None and report.when == "call":
            self.outcomes[report.nodeid] = "passed"

    def pytest_sessionfinish(self) -> None:
        """Write the file."""
        content = {"outcomes": self.outcomes, "reasons": self.reasons}
        self._path.write_text(json.dumps(content), encoding="utf-8")


def _last_lines(report: pytest.TestReport) -> str:
    lines = [line for line in report.longreprtext.splitlines() if line.startswith("E ")]
    return "\n".join(lines[:6]) or report.longreprtext[-300:]


def pytest_configure(config: pytest.Config) -> None:
    """Start the server in a worker, and listen to outcomes in the controlling process."""
    is_worker = hasattr(config, "workerinput")
    if not is_worker:
        config.pluginmanager.register(Outcomes(Path(os.environ["FIDELITY_OUTCOMES"])))
    if is_worker or not getattr(config.option, "numprocesses", None):
        server = Server(os.environ["FIDELITY_SERVER"])
        config.add_cleanup(server.stop)
        server.wait_until_ready()
