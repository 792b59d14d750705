"""A warm ``status`` of a long shelf against a bare loop over the same pages."""

from benchmarks import straight_line
from benchmarks.measure import interleave, seconds_of
from benchmarks.row import Context, Row
from benchmarks.sandbox_process import running_sandbox
from benchmarks.shelf import CLUSTER, function_environment, invoke, plant, rows, whole_seconds_now
from redshift_backup.aws import client

NAME = "status"


def run(context: Context) -> list[Row]:
    """Measure status in a process that has answered before."""
    snapshots, repetitions = (20, 1) if context.quick else (1_000, 9)
    with running_sandbox(context.scratch) as sandbox, function_environment(snapshots):
        context.say(f"status: {snapshots:,} snapshots")
        plant(sandbox, rows(snapshots, shared=True, now=whole_seconds_now()))
        redshift = client("redshift")
        listed = len(invoke({"action": "status"})["snapshots"])
        if listed != snapshots or straight_line.status(redshift, CLUSTER) != snapshots:
            raise RuntimeError(f"status lists {listed} of {snapshots} snapshots")
        pair = interleave(
            lambda: seconds_of(lambda: invoke({"action": "status"})),
            lambda: seconds_of(lambda: straight_line.status(redshift, CLUSTER)),
            repetitions,
        )
    return [
        Row(
            NAME,
            f"time, {snapshots:,} snapshots, warm",
            pair.ours.minimum,
            pair.floor.minimum,
            "seconds",
            None,
            "floor: a loop over the pages with the same client",
            pair.ours.values,
            pair.floor.values,
        )
    ]
