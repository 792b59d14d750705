"""Code in a fresh process of this interpreter, and what its start took."""

import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The kernel's own file, because getrusage also counts what the parent was before it became this
# process; where there is no such file, it has to do.
_PROGRAM = """\
import sys
sys.path[:] = [{root!r}, *sys.path, {site!r}]
{statements}
try:
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
except FileNotFoundError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak // 1024 if sys.platform == "darwin" else peak)
"""


@dataclass(frozen=True)
class Start:
    """What a process did: the seconds of wall clock until it ended, and its peak memory."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Program:
    """Code that a fresh process runs.

    :ivar root: first on its import path; the installed packages follow, as Lambda's runtime does.
    :ivar environment: all of its variables.
    """

    root: Path
    statements: str
    environment: Mapping[str, str]

    def start(self) -> Start:
        """Run it in a fresh process.

        :raises subprocess.CalledProcessError: it failed.
        """
        started = time.perf_counter()
        ran = self._run()
        seconds = time.perf_counter() - started
        return Start(seconds, int(ran.stdout.splitlines()[-1]) / 1024)

    def import_milliseconds(self) -> dict[str, float]:
        """Return what each top-level package's own modules take to import, longest first."""
        return sum_by_package(self._run("-X", "importtime").stderr)

    def _run(self, *options: str) -> subprocess.CompletedProcess[str]:
        site = sysconfig.get_path("purelib")
        code = _PROGRAM.format(root=str(self.root), site=site, statements=self.statements)
        # Without -B the first start would leave compiled files for the next.
        return subprocess.run(
            [sys.executable, "-I", "-S", "-B", *options, "-c", code],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=True,
        )


def sum_by_package(import_times: str) -> dict[str, float]:
    """Sum what ``python -X importtime`` wrote by top-level package, in milliseconds."""
    total: dict[str, float] = {}
    for line in import_times.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        if own.strip().isdigit():
            package = rest.rpartition("|")[2].strip().split(".")[0]
            total[package] = total.get(package, 0.0) + int(own) / 1000
    return dict(sorted(total.items(), key=lambda item: -item[1]))
