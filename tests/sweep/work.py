"""One worker's share of the sweep, and the pool of workers that does all of it."""

import atexit
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from redshift_backup.telemetry import logger
from sandbox.server import Sandbox
from tests.sweep import cases, kills, pairs
from tests.sweep.cases import NoReferenceError, Result
from tests.sweep.invariants import Reference
from tests.sweep.scenarios import BY_NAME, SCENARIOS
from tests.sweep.world import World

KINDS = (*cases.KINDS, kills.KIND, pairs.KIND)


@dataclass(frozen=True)
class Task:
    """The cases of one kind in one scenario, or of one pair of callers."""

    action: str
    name: str
    kind: str


def tasks(actions: Sequence[str], kinds: Sequence[str]) -> list[Task]:
    """List what the sweep consists of.

    :param actions: and ``kinds``: none means all of them.
    """
    single = [
        Task(scenario.action, scenario.name, kind)
        for scenario in SCENARIOS
        for kind in KINDS
        if kind != pairs.KIND
    ]
    together = [Task(pair.first.action, pair.name, pairs.KIND) for pair in pairs.PAIRS]
    return [
        task
        for task in single + together
        if task.action in (actions or (task.action,)) and task.kind in (kinds or (task.kind,))
    ]


class Worker:
    """Runs tasks against one sandbox, one after the other."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._references: dict[str, Reference] = {}
        self._mortals: kills.Mortals | None = None

    def close(self) -> None:
        """End the process that forks those that are killed."""
        if self._mortals is not None:
            self._mortals.close()

    def run(self, task: Task) -> Iterator[Result]:
        """Run every case of a task; one that has none without a fault is a broken case."""
        try:
            yield from self._cases(task)
        except NoReferenceError as error:
            yield Result(task.action, task.kind, f"{task.name}: {task.kind}", 1, (str(error),))

    def _cases(self, task: Task) -> Iterator[Result]:
        if task.kind == pairs.KIND:
            yield from pairs.pair_cases(self._world, pairs.BY_NAME[task.name])
            return
        scenario = BY_NAME[task.name]
        if scenario.name not in self._references:
            self._references[scenario.name] = cases.reference_of(self._world, scenario)
        reference = self._references[scenario.name]
        if task.kind == kills.KIND:
            self._mortals = self._mortals or kills.Mortals()
            yield from kills.kill_cases(self._world, self._mortals, scenario, reference)
        else:
            yield from cases.fault_cases(self._world, scenario, reference, task.kind)


_worker: Worker | None = None


def run_all(wanted: Sequence[Task], jobs: int) -> Iterator[tuple[Task, list[Result]]]:
    """Run tasks in several processes, each with its own sandbox; yields them as they end."""
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin) as pool:
        futures = {pool.submit(_run, task): task for task in wanted}
        for future in as_completed(futures):
            yield futures[future], future.result()


def _begin() -> None:
    global _worker
    # The function's log and metrics are not what is looked at, and cost as much as its calls.
    stack = ExitStack()
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - the stack closes it
    sys.stdout = stack.enter_context(nowhere)
    logger.setLevel("CRITICAL")
    server = stack.enter_context(Sandbox(bare=True))
    os.environ.update(server.environment | {"AWS_PROFILE": "source"})
    _worker = Worker(stack.enter_context(World(server).in_charge()))
    stack.callback(_worker.close)
    atexit.register(stack.close)


def _run(task: Task) -> list[Result]:
    assert _worker is not None
    return list(_worker.run(task))
