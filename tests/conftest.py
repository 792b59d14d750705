"""One sandbox for each test process, and a process that can reach nothing but itself."""

import gc
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import turns
from tests.order import longest_first

ROOT = Path(__file__).parents[1]
_HOME = Path(tempfile.mkdtemp(prefix="redshift-dr-tests-"))


def _isolate_environment() -> None:
    """Hide the user's AWS and Airflow configuration; Airflow reads its own at the first import."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AIRFLOW_")):
            del os.environ[name]
    os.environ.update(
        {
            "AWS_CONFIG_FILE": str(_HOME / "no-aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(_HOME / "no-aws-credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AIRFLOW_HOME": str(_HOME / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        }
    )


_isolate_environment()

# A shell that starts the tests in the background lets them, and all that they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files."""
    items[:] = longest_first(items, [item.nodeid.partition("::")[0] for item in items])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which part of the long proofs a run of the slow tests held."""
    if config.option.markexpr == "slow":
        terminalreporter.write_line(turns.told())


def pytest_unconfigure() -> None:
    """Delete the process's home."""
    shutil.rmtree(_HOME, ignore_errors=True)


class OutsideConnectionError(RuntimeError):
    """A test tried to reach something other than this machine."""


class _SocketGuard:
    """Lets sockets connect to the loopback interface only, and remembers who tried more."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self._connect = socket.socket.connect
        self._connect_ex = socket.socket.connect_ex
        self._getaddrinfo = socket.getaddrinfo

    def install(self) -> None:
        guard = self

        def connect(self: socket.socket, address: Any) -> None:
            guard.check(self.family, address)
            guard._connect(self, address)

        def connect_ex(self: socket.socket, address: Any) -> int:
            guard.check(self.family, address)
            return guard._connect_ex(self, address)

        def getaddrinfo(host: Any, *arguments: Any, **keywords: Any) -> Any:
            guard.check(socket.AF_INET, (host, 0))
            return guard._getaddrinfo(host, *arguments, **keywords)

        socket.socket.connect = connect  # type: ignore[method-assign]
        socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]
        socket.getaddrinfo = getaddrinfo

    def uninstall(self) -> None:
        socket.socket.connect = self._connect  # type: ignore[method-assign]
        socket.socket.connect_ex = self._connect_ex  # type: ignore[method-assign]
        socket.getaddrinfo = self._getaddrinfo

    def check(self, family: int, address: Any) -> None:
        if family not in (socket.AF_INET, socket.AF_INET6):
            return
        host = address[0].decode() if isinstance(address[0], bytes) else str(address[0])
        if _is_local(host):
            return
        self.attempts.append(host)
        raise OutsideConnectionError(f"a test tried to reach {host}; only this machine is allowed")


def _is_local(host: str) -> bool:
    names = ("", "None", "localhost", "::1", "0.0.0.0", socket.gethostname())
    return host in names or host.startswith("127.")


@pytest.fixture(scope="session", autouse=True)
def _garbage_is_collected_rarely() -> None:
    """Airflow and moto keep millions of objects alive, and each look through them takes long."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session")
def socket_guard() -> Iterator[_SocketGuard]:
    """The guard that keeps this process on this machine."""
    guard = _SocketGuard()
    guard.install()
    yield guard
    guard.uninstall()


@pytest.fixture(autouse=True)
def _stays_on_this_machine(socket_guard: _SocketGuard) -> Iterator[None]:
    del socket_guard.attempts[:]
    yield
    assert not socket_guard.attempts, f"connections to the outside: {socket_guard.attempts}"


@pytest.fixture(scope="session")
def sandbox_server(socket_guard: _SocketGuard) -> Iterator[Any]:
    """The sandbox of this test process, on a free port; use ``sandbox`` or ``playground``."""
    from sandbox.server import Sandbox

    with Sandbox(bare=True) as server:
        yield server


def _ready(server: Any, monkeypatch: pytest.MonkeyPatch, *, bare: bool) -> Iterator[Any]:
    server.reset(bare=bare)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield server
    crashes = "\n".join(crash.traceback for crash in server.crashes)
    assert not crashes, f"the sandbox crashed during the test:\n{crashes}"


@pytest.fixture
def sandbox(sandbox_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two empty accounts, and the environment that leads AWS clients and Airflow to them."""
    yield from _ready(sandbox_server, monkeypatch, bare=True)


@pytest.fixture(scope="module")
def module_sandbox(sandbox_server: Any) -> Iterator[Any]:
    """The same for all tests of a module, each of which takes it as the one before left it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield from _ready(sandbox_server, monkeypatch, bare=True)


@pytest.fixture
def playground(sandbox_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The same with the example: cluster, data, roles, topic, key, deployed function."""
    yield from _ready(sandbox_server, monkeypatch, bare=False)
