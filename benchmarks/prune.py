"""Prune a shelf whose half is expired: calls against what the contract demands, time against a
straight-line script."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from benchmarks import straight_line
from benchmarks.measure import interleave, seconds_of
from benchmarks.row import Context, Row
from benchmarks.sandbox_process import SandboxProcess, running_sandbox
from benchmarks.shelf import (
    CLUSTER,
    RETENTION_DAYS,
    function_environment,
    invoke,
    plant,
    rows,
    whole_seconds_now,
)
from redshift_backup.aws import client

NAME = "prune"
PAGE = 100
MOST_CALLS_RATIO = 1.02
MOST_TIME_RATIO = 1.3


@dataclass(frozen=True)
class Size:
    """One shelf to prune."""

    snapshots: int
    shared: bool
    repetitions: int

    @property
    def title(self) -> str:
        """What the table calls it."""
        return f"{self.snapshots:,} snapshots, {'shared' if self.shared else 'unshared'}"


SIZES = (
    Size(1_000, shared=False, repetitions=7),
    Size(1_000, shared=True, repetitions=7),
    Size(10_000, shared=False, repetitions=2),
    Size(10_000, shared=True, repetitions=2),
)
QUICK_SIZES = (Size(20, shared=False, repetitions=1), Size(20, shared=True, repetitions=1))


def run(context: Context) -> list[Row]:
    """Measure every size."""
    found: list[Row] = []
    with running_sandbox(context.scratch) as sandbox:
        for size in QUICK_SIZES if context.quick else SIZES:
            context.say(f"prune: {size.title}")
            with function_environment(size.snapshots):
                found += _measure(size, sandbox)
    return found


def floor_of_calls(size: Size) -> int:
    """Return the calls that the contract demands.

    The pages of the describe, one revoke for each share that goes, one batch delete for each
    100, and one second look, which finds nothing and so has one page.
    """
    expired = size.snapshots // 2
    pages, batches = ceil(size.snapshots / PAGE), ceil(expired / PAGE)
    return pages + (expired if size.shared else 0) + batches + 1


def _measure(size: Size, sandbox: SandboxProcess) -> list[Row]:
    calls: dict[str, set[int]] = {"ours": set(), "straight": set()}

    def timed(name: str, work: Callable[[], int]) -> float:
        plant(sandbox, rows(size.snapshots, shared=size.shared, now=whole_seconds_now()))
        deleted = 0

        def once() -> None:
            nonlocal deleted
            deleted = work()

        seconds = seconds_of(once)
        if deleted != size.snapshots // 2:
            raise RuntimeError(f"{name} deleted {deleted} of {size.snapshots // 2} expired ones")
        calls[name].add(len(sandbox.calls()))
        return seconds

    redshift = client("redshift")
    # What is loaded once only, in a Lambda before the first invocation.
    invoke({"action": "prune", "dry_run": True})
    straight_line.status(redshift, CLUSTER)
    pair = interleave(
        lambda: timed("ours", lambda: int(invoke({"action": "prune"})["deleted"])),
        lambda: timed("straight", lambda: straight_line.prune(redshift, CLUSTER, RETENTION_DAYS)),
        size.repetitions,
    )
    ours = max(calls["ours"])
    return [
        Row(
            NAME,
            f"calls, {size.title}",
            ours,
            floor_of_calls(size),
            "calls",
            MOST_CALLS_RATIO,
            "floor: pages, one revoke per share, one batch delete per 100, one second look; where "
            "revokes take long, ours looks for new holds before each batch",
        ),
        Row(
            NAME,
            f"calls beside the script, {size.title}",
            ours,
            max(calls["straight"]),
            "calls",
            None,
            "the script does not look a second time",
        ),
        Row(
            NAME,
            f"time, {size.title}",
            pair.ours.minimum,
            pair.floor.minimum,
            "seconds",
            MOST_TIME_RATIO,
            "floor: the straight-line script with the same client",
            pair.ours.values,
            pair.floor.values,
        ),
    ]
