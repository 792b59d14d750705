"""Copies of the repository in temporary directories, each with a warm process."""

import compileall
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("lambda", "plugins", "dags", "include", "sandbox", "tests", "docs", "pyproject.toml")
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".hypothesis", "*.pyc")


class Copy:
    """One copy and the process that works in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=_NOT_COPIED)
            else:
                shutil.copy2(source, folder / name)
        # By content, not by time: a mutant of the same size in the same second is another file.
        mode = py_compile.PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(folder, quiet=2, invalidation_mode=mode)
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py"))],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "worker.log").open("w"),
            text=True,
        )

    def run(
        self, files: Mapping[str, str], tests: Sequence[str], *, most_seconds: int = 60
    ) -> dict[str, Any]:
        """Run tests in a fork that sees these files changed.

        :param files: new text by path; the copy has its own again afterwards.
        :param most_seconds: after which the fork is ended; a mutant may loop for ever.
        :return: ``results`` (a row a test and phase) and ``errors``, or ``fault``.
        """
        modules = [*filter(None, map(module_of, files))]
        job = {"files": files, "modules": modules, "tests": tests, "most_seconds": most_seconds}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            log = (self.folder / "worker.log").read_text(encoding="utf-8")[-2000:]
            raise RuntimeError(f"the process of the copy {self.folder} ended:\n{log}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


@contextmanager
def copies(count: int) -> Iterator[list[Copy]]:
    """Make copies; nothing of them is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="redshift-dr-mutation-") as folder:
        opened: list[Copy] = []
        try:
            for number in range(count):
                (Path(folder) / str(number)).mkdir()
                opened.append(Copy(Path(folder) / str(number)))
            yield opened
        finally:
            for one in opened:
                one.close()


def module_of(file: str) -> str | None:
    """Return the module that a file is imported as; None for one that is no module."""
    for root in ("lambda/", "plugins/"):
        if file.startswith(root):
            return file.removeprefix(root).removesuffix(".py").replace("/", ".")
    return None


def _environment(folder: Path) -> dict[str, str]:
    # Airflow reads its configuration at the first import, which is before the tests' own.
    hidden = ("AWS_", "AIRFLOW_", "PYTEST_", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return kept | {
        "MUTATION_CHECKOUT": str(ROOT),
        "AIRFLOW_HOME": str(folder / ".airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(folder / "plugins"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Looking for plugins costs a fork more than most of the tests.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
