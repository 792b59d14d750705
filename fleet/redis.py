"""Debian's Redis on loopback, behind a password: the queue between scheduler and workers."""

from pathlib import Path

import redis

from demo.processes import free_port
from demo.program import Program
from fleet.programs import find_program


class Redis(Program):
    """A Redis server that keeps nothing on disk.

    :param folder: its settings and its log; the settings hold the password.
    :param password: what clients have to know.
    :param port: 0 chooses a free one.
    :raises MissingProgramError: Redis is not installed.
    """

    def __init__(self, folder: Path, password: str, *, port: int = 0) -> None:
        super().__init__("Redis", folder / "redis.log")
        self.port = port or free_port()
        self._folder = folder
        self._password = password
        self._program = find_program("redis-server", "redis-server")

    def start(self, *, timeout_seconds: float = 30.0) -> None:
        """Start, and wait until it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        settings = self._folder / "redis.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f'bind 127.0.0.1\nport {self.port}\nrequirepass {self._password}\nsave ""\n'
        )
        self._run(
            [self._program, str(settings)],
            environment={},
            folder=self._folder,
            is_ready=self._answers,
            timeout_seconds=timeout_seconds,
        )

    def _answers(self) -> bool:
        with redis.Redis(port=self.port, password=self._password) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False
