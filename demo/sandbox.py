"""The sandbox as a process of its own."""

import shlex
import sys
from pathlib import Path

from demo.processes import free_port
from demo.program import Program

ROOT = Path(__file__).resolve().parents[1]


class SandboxProcess(Program):
    """``python -m sandbox up``: two AWS accounts with the example, until stopped.

    :param folder: log, exports and temporary files go there.
    :param port: 0 chooses a free one.
    """

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        super().__init__("the sandbox", folder / "sandbox.log")
        self.folder = folder
        self.port = port or free_port()
        self.env_file = folder / "sandbox.env"
        self.environment: dict[str, str] = {}

    def start(self, *, timeout_seconds: float = 240.0) -> None:
        """Start, and wait until the example is built and the exports are written."""
        temporary = self.folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        self.env_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "sandbox", "up"]
        command += ["--port", str(self.port), "--env-file", str(self.env_file)]
        self._run(
            command,
            environment={"TMPDIR": str(temporary)},
            folder=ROOT,
            is_ready=self.env_file.exists,
            timeout_seconds=timeout_seconds,
        )
        self.environment = read_exports(self.env_file)


def read_exports(path: Path) -> dict[str, str]:
    """Read a file of shell exports, one ``export NAME='value'`` a line.

    :raises ValueError: a line that is something else.
    """
    variables = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if len(words) != 2 or words[0] != "export" or "=" not in words[1]:
            raise ValueError(f"{path}: not an export of one variable: {line!r}")
        name, _, value = words[1].partition("=")
        variables[name] = value
    return variables
