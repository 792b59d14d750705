"""Cold start and peak memory of the built zip against a handler that only makes a client.

Each start is a process of its own with the zip unpacked into a folder that stays as it is, as in
Lambda: nothing compiled is kept from one start to the next.
"""

import os
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import interleave
from benchmarks.row import Context, Row

NAME = "cold_start"
MOST_TIME_RATIO = 1.15
REPETITIONS = 15
# What boto3 loads beyond botocore.
ONLY_BOTO3 = ("s3transfer", "boto3", "multiprocessing")
_BUILD = Path(__file__).parents[1] / "lambda" / "build_zip.py"
_BARE = """\
import boto3

redshift = boto3.client("redshift")


def lambda_handler(event, context):
    return {"statusCode": 200}
"""
# What both do, each with its own handler; then the peak of resident memory in KB. The kernel's
# own file, because getrusage also counts what the parent was before it became this process.
_PROGRAM = """\
import sys
sys.path[:] = [{root!r}, *sys.path, {site!r}]
{statements}
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
"""
_OURS = """\
import redshift_backup.handler
"""
_OURS_WITH_ACTION = """\
import redshift_backup.handler
import redshift_backup.actions.backup
"""


@dataclass(frozen=True)
class Start:
    """What a process did: the seconds of wall clock until it ended, and its peak memory."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Program:
    """Code that a fresh process runs in an import root."""

    root: Path
    statements: str

    def start(self) -> Start:
        """Run it in a fresh process.

        :raises subprocess.CalledProcessError: it failed.
        """
        started = time.perf_counter()
        ran = self.run()
        return Start(time.perf_counter() - started, int(ran.stdout) / 1024)

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run it in a fresh process with more options of the interpreter."""
        site = sysconfig.get_path("purelib")
        code = _PROGRAM.format(root=str(self.root), site=site, statements=self.statements)
        return subprocess.run(
            [sys.executable, "-I", "-S", "-B", *options, "-c", code],
            env=_environment(),
            capture_output=True,
            text=True,
            check=True,
        )


def run(context: Context) -> list[Row]:
    """Measure the handler alone, and with the action that an invocation then loads."""
    repetitions = 1 if context.quick else REPETITIONS
    ours, bare = _unpack(context.scratch)
    floor = Program(bare, "import bare")
    found: list[Row] = []
    for title, program, limit in (
        ("handler", Program(ours, _OURS), MOST_TIME_RATIO),
        ("handler and action backup", Program(ours, _OURS_WITH_ACTION), MOST_TIME_RATIO),
    ):
        context.say(f"cold start: {title}")
        found += _measure(title, program, floor, repetitions, limit)
    return [*found, _import_row(Program(ours, _OURS_WITH_ACTION), floor, repetitions)]


def import_milliseconds(program: Program) -> dict[str, float]:
    """Return what each top-level package's own modules take to import, longest first."""
    ran = program.run("-X", "importtime")
    return sum_by_package(ran.stderr)


def sum_by_package(import_times: str) -> dict[str, float]:
    """Sum what ``python -X importtime`` wrote by top-level package, in milliseconds."""
    total: dict[str, float] = {}
    for line in import_times.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        if own.strip().isdigit():
            package = rest.rpartition("|")[2].strip().split(".")[0]
            total[package] = total.get(package, 0.0) + int(own) / 1000
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def _import_row(ours: Program, floor: Program, repetitions: int) -> Row:
    """Compare the imports alone; the note says whose they are."""
    quickest = {
        name: min((import_milliseconds(program) for _ in range(repetitions)), key=_sum)
        for name, program in (("ours", ours), ("floor", floor))
    }
    longest = ", ".join(
        f"{package} {own:.1f}" for package, own in list(quickest["ours"].items())[:8]
    )
    return Row(
        NAME,
        "imports alone, handler and action backup",
        _sum(quickest["ours"]),
        _sum(quickest["floor"]),
        "ms",
        None,
        f"ours by package: {longest}; the floor spends "
        f"{sum(quickest['floor'].get(name, 0.0) for name in ONLY_BOTO3):.1f} on "
        f"{' and '.join(ONLY_BOTO3)}, which ours does without",
    )


def _sum(by_package: Mapping[str, float]) -> float:
    return sum(by_package.values())


def _measure(
    title: str, ours: Program, floor: Program, repetitions: int, limit: float
) -> list[Row]:
    memory: dict[str, list[float]] = {"ours": [], "floor": []}

    def seconds(name: str, program: Program) -> float:
        start = program.start()
        memory[name].append(start.megabytes)
        return start.seconds

    pair = interleave(lambda: seconds("ours", ours), lambda: seconds("floor", floor), repetitions)
    note = "floor: a handler that only imports boto3 and makes a Redshift client"
    return [
        Row(
            NAME,
            f"time, {title}",
            pair.ours.minimum,
            pair.floor.minimum,
            "seconds",
            limit,
            note,
            pair.ours.values,
            pair.floor.values,
        ),
        Row(
            NAME,
            f"peak memory, {title}",
            min(memory["ours"]),
            min(memory["floor"]),
            "MB",
            None,
            note,
            tuple(memory["ours"]),
            tuple(memory["floor"]),
        ),
    ]


def _unpack(scratch: Path) -> tuple[Path, Path]:
    ours, bare = scratch / "ours", scratch / "bare"
    built = scratch / "function.zip"
    subprocess.run(
        [sys.executable, str(_BUILD), "--output", str(built)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    zipfile.ZipFile(built).extractall(ours)
    bare.mkdir()
    (bare / "bare.py").write_text(_BARE, encoding="utf-8")
    return ours, bare


def _environment() -> dict[str, str]:
    # Keys that belong to nobody; the runtime's address is what tells the handler that this is
    # Lambda, and nothing here calls it.
    return {
        "PATH": os.defpath,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
    }
