"""The calls of one backup-and-share against the least that does it; calls of every service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import straight_line
from benchmarks.row import Context, Row
from benchmarks.sandbox_process import SandboxProcess, running_sandbox
from benchmarks.shelf import (
    CLUSTER,
    TARGET,
    create_cluster,
    function_environment,
    invoke,
    reset,
)
from redshift_backup.aws import client

NAME = "backup"
MOST_EXTRA_CALLS = 3


@dataclass(frozen=True)
class Way:
    """One way to get a shared snapshot."""

    title: str
    run: Callable[[], object]
    note: str


def run(context: Context) -> list[Row]:
    """Count the calls of each way; counts need no repetition."""
    with running_sandbox(context.scratch) as sandbox, function_environment(20):
        context.say("backup: calls of a backup-and-share")
        floor = _count(sandbox, _straight)
        return [_row(way, _count(sandbox, way.run), floor) for way in WAYS]


def _row(way: Way, calls: Sequence[str], floor: Sequence[str]) -> Row:
    return Row(
        NAME,
        f"calls, {way.title}",
        len(calls),
        len(floor),
        "calls",
        (len(floor) + MOST_EXTRA_CALLS) / len(floor),
        f"{way.note}: {', '.join(beyond(calls, floor)) or 'nothing'}",
    )


def _count(sandbox: SandboxProcess, work: Callable[[], object]) -> list[str]:
    reset(sandbox)
    create_cluster(client("redshift"), client("kms"))
    sandbox.control("POST", "lifecycle", {"operation": "snapshot", "seconds": 0})
    sandbox.calls()
    work()
    return sandbox.calls()


def _straight() -> None:
    straight_line.backup_and_share(client("redshift"), "by-hand", CLUSTER, TARGET)


def _create_and_share() -> None:
    made: dict[str, Any] = invoke({"action": "create"})
    invoke({"action": "share", "snapshot_id": made["snapshot_id"]})


WAYS = (
    Way("create then share", _create_and_share, "as the DAG does it; beyond the floor"),
    Way("action backup", lambda: invoke({}), "it prunes too; beyond the floor"),
)


def beyond(calls: Sequence[str], floor: Sequence[str]) -> list[str]:
    """Return the calls that the floor does not have, in their order."""
    left = list(floor)
    more: list[str] = []
    for call in calls:
        if call in left:
            left.remove(call)
        else:
            more.append(call)
    return more
