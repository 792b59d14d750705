"""Debian's PostgreSQL as a private cluster on loopback, gone without a trace when it is stopped."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from demo.processes import ProcessError, clean_environment, free_port
from demo.program import Program
from fleet.programs import MissingProgramError, find_program

DEBIAN_FOLDERS = Path("/usr/lib/postgresql")
ACCOUNT = "postgres"
"""The unprivileged account that Debian's package makes; PostgreSQL refuses to run as root."""
USER = DATABASE = "airflow"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # What is kept here is not kept longer than the server, so nothing is lost by a crash.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # In files of the cluster's own folder, so that they go with it even after SIGKILL.
    "dynamic_shared_memory_type": "mmap",
}


def postgres_folder(debian: Path = DEBIAN_FOLDERS) -> Path:
    """Return the folder of PostgreSQL's programs, the newest where there are several.

    :param debian: where Debian keeps one folder a version; programs on ``PATH`` are the other way.
    :raises MissingProgramError: neither has them.
    """
    versions = [path.parent.parent for path in debian.glob("*/bin/initdb")]
    if versions:
        return max(versions, key=_version) / "bin"
    return Path(find_program("initdb", "postgresql")).resolve().parent


def _version(folder: Path) -> int:
    return int(folder.name) if folder.name.isdigit() else 0


class Postgres(Program):
    """A PostgreSQL server with one empty database, of its own user and folder.

    The data are in a temporary folder, because the server's account must be able to reach them,
    wherever this checkout is.

    :param log_path: what the server writes.
    :param port: 0 chooses a free one.
    :param password: of the database's user; default: a random one.
    :raises MissingProgramError: PostgreSQL is not installed.
    """

    def __init__(self, log_path: Path, *, port: int = 0, password: str = "") -> None:
        super().__init__("PostgreSQL", log_path)
        self.port = port or free_port()
        self.data: Path | None = None
        self._programs = postgres_folder()
        self._password = password or secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        """The database as SQLAlchemy names it."""
        return f"postgresql+psycopg2://{USER}:{self._password}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self, *, timeout_seconds: float = 60.0) -> None:
        """Make the cluster, start it, and make the database."""
        self.data = Path(tempfile.mkdtemp(prefix="redshift-dr-postgres-"))
        try:
            self._make_cluster(self.data)
            command = [self._program("postgres"), "-D", str(self.data / "data")]
            command += ["-p", str(self.port)]
            command += [f"-c{name}={value}" for name, value in SETTINGS.items()]
            self._run(
                [*_unprivileged(), *command],
                environment={},
                folder=self.data,
                is_ready=self._accepts,
                timeout_seconds=timeout_seconds,
            )
            self._call("createdb", *self._address(), "-U", USER, DATABASE)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and delete its folder, whoever is still connected."""
        if self._process is not None:
            # Asked by SIGTERM alone, the server would wait for its clients to leave.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGINT)
        super().stop()
        if self.data is not None:
            shutil.rmtree(self.data, ignore_errors=True)
            self.data = None

    def _make_cluster(self, folder: Path) -> None:
        password = folder / "password"
        password.touch(mode=0o600)
        password.write_text(self._password)
        if os.geteuid() == 0:
            for path in (folder, password):
                shutil.chown(path, ACCOUNT, ACCOUNT)
        self._call(
            "initdb", "--pgdata", str(folder / "data"), "--username", USER, "--no-sync",
            "--auth", "scram-sha-256", "--pwfile", str(password), "--encoding", "UTF8",
            "--locale", "C",
        )  # fmt: skip
        password.unlink()

    def _accepts(self) -> bool:
        command = [self._program("pg_isready"), "--quiet", *self._address()]
        return subprocess.run(command, check=False).returncode == 0

    def _address(self) -> tuple[str, ...]:
        return "-h", "127.0.0.1", "-p", str(self.port)

    def _program(self, name: str) -> str:
        return str(self._programs / name)

    def _call(self, name: str, *arguments: str) -> None:
        command = [*_unprivileged(), self._program(name), *arguments]
        ended = subprocess.run(
            command,
            env=clean_environment({"PGPASSWORD": self._password}),
            cwd=self.data,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise ProcessError(
                f"{name} ended with code {ended.returncode}:\n{ended.stdout}{ended.stderr}"
            )


def _unprivileged() -> list[str]:
    """Return the start of a command that gives up root, or nothing where we are not root.

    :raises MissingProgramError: the account is not there.
    """
    if os.geteuid() != 0:
        return []
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError as error:
        raise MissingProgramError(
            f"PostgreSQL does not run as root, and there is no account {ACCOUNT!r} to run it as; "
            "Debian's package makes it: apt-get install postgresql"
        ) from error
    user, group = str(account.pw_uid), str(account.pw_gid)
    return ["setpriv", "--reuid", user, "--regid", group, "--clear-groups", "--"]
