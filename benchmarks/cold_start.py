"""Cold start and peak memory of the built zip against a handler that only makes a client.

Each start is a process of its own with the zip unpacked into a folder that stays as it is, as in
Lambda: nothing compiled is kept from one start to the next.
"""

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fresh_process import Program
from benchmarks.measure import interleave
from benchmarks.row import Context, Row
from benchmarks.sandbox_process import SandboxProcess, running_sandbox
from benchmarks.shelf import CLUSTER, SOURCE, TARGET, plant, rows, whole_seconds_now

NAME = "cold_start"
MOST_TIME_RATIO = 1.15
REPETITIONS = 15
# What boto3 loads beyond botocore.
ONLY_BOTO3 = ("s3transfer", "boto3", "multiprocessing")
_BUILD = Path(__file__).parents[1] / "lambda" / "build_zip.py"
_BARE_HANDLER = """\
import boto3

redshift = boto3.client("redshift")


def lambda_handler(event, context):
    return redshift.describe_cluster_snapshots(ClusterIdentifier=event["cluster_identifier"])
"""
_CONTEXT = f"""
class Context:
    aws_request_id = "00000000-0000-4000-8000-000000000000"
    function_name = "aca-redshift-backup"
    invoked_function_arn = "arn:aws:lambda:us-east-1:{SOURCE}:function:aca-redshift-backup"
    def get_remaining_time_in_millis(self):
        return 60_000
"""


@dataclass(frozen=True)
class Comparison:
    """What both sides do from the start of their process."""

    title: str
    ours: str
    floor: str
    note: str
    limit: float | None = MOST_TIME_RATIO


_BARE = "floor: a handler that imports boto3 and makes a Redshift client"
COMPARISONS = (
    Comparison("handler", "import redshift_backup.handler", "import bare", _BARE),
    Comparison(
        "handler, action backup",
        "import redshift_backup.handler\nimport redshift_backup.actions.backup",
        "import bare",
        _BARE,
    ),
    Comparison(
        "first status",
        f"from redshift_backup.handler import lambda_handler\n{_CONTEXT}"
        'lambda_handler({"action": "status"}, Context())',
        f'import bare\nbare.lambda_handler({{"cluster_identifier": "{CLUSTER}"}}, None)',
        f"{_BARE} and describes the same 20 snapshots once; no log, no plan, no pages",
        limit=None,
    ),
)


def run(context: Context) -> list[Row]:
    """Measure the handler alone, with the action that an invocation loads, and with one."""
    repetitions = 1 if context.quick else REPETITIONS
    ours, bare = _unpack(context.scratch)
    found: list[Row] = []
    with running_sandbox(context.scratch) as sandbox:
        plant(sandbox, rows(20, shared=True, now=whole_seconds_now()))
        environment = _environment(sandbox)
        for one in COMPARISONS:
            context.say(f"cold start: {one.title}")
            pair = Program(ours, one.ours, environment), Program(bare, one.floor, environment)
            found += _measure(one, *pair, repetitions)
            if one.title == "handler, action backup":
                found.append(_import_row(*pair, repetitions))
    return found


def _measure(one: Comparison, ours: Program, floor: Program, repetitions: int) -> list[Row]:
    memory: dict[str, list[float]] = {"ours": [], "floor": []}

    def seconds(name: str, program: Program) -> float:
        start = program.start()
        memory[name].append(start.megabytes)
        return start.seconds

    pair = interleave(lambda: seconds("ours", ours), lambda: seconds("floor", floor), repetitions)
    return [
        Row(
            NAME,
            f"time, {one.title}",
            pair.ours.minimum,
            pair.floor.minimum,
            "seconds",
            one.limit,
            one.note,
            pair.ours.values,
            pair.floor.values,
        ),
        Row(
            NAME,
            f"peak memory, {one.title}",
            min(memory["ours"]),
            min(memory["floor"]),
            "MB",
            None,
            one.note,
            tuple(memory["ours"]),
            tuple(memory["floor"]),
        ),
    ]


def _import_row(ours: Program, floor: Program, repetitions: int) -> Row:
    """Compare the imports alone; the note says whose they are."""
    quickest = {
        name: min((program.import_milliseconds() for _ in range(repetitions)), key=_sum)
        for name, program in (("ours", ours), ("floor", floor))
    }
    longest = ", ".join(
        f"{package} {own:.1f}" for package, own in list(quickest["ours"].items())[:8]
    )
    return Row(
        NAME,
        "imports alone, handler, action backup",
        _sum(quickest["ours"]),
        _sum(quickest["floor"]),
        "ms",
        None,
        f"ours by package, redshift_backup's with the client it makes: {longest}; the floor spends "
        f"{sum(quickest['floor'].get(name, 0.0) for name in ONLY_BOTO3):.1f} on "
        f"{', '.join(ONLY_BOTO3)}, which ours does without",
    )


def _sum(by_package: Mapping[str, float]) -> float:
    return sum(by_package.values())


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
    (bare / "bare.py").write_text(_BARE_HANDLER, encoding="utf-8")
    return ours, bare


def _environment(sandbox: SandboxProcess) -> dict[str, str]:
    # The runtime's address is what tells the handler that this is Lambda; nothing here calls it.
    aws = {name: value for name, value in sandbox.environment.items() if name.startswith("AWS_")}
    return aws | {
        "PATH": os.defpath,
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
        "CLUSTER_IDENTIFIER": CLUSTER,
        "TARGET_ACCOUNT_ID": TARGET,
    }
