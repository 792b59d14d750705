"""A part of the fault sweep for every run of the tests; the whole of it is in the slow ones."""

from collections.abc import Iterator
from typing import Any

import pytest

from redshift_backup.telemetry import logger
from tests.sweep import kills, pairs, report
from tests.sweep.cases import Result
from tests.sweep.scenarios import missing_actions
from tests.sweep.work import Task, Worker
from tests.sweep.world import World

# A fault of each kind, and every action once.
QUICK = (
    Task("backup", "backup of a fresh slot", "drop_after"),
    Task("create", "create promotes", "drop_before"),
    Task("share", "share with two accounts", "error_500"),
    Task("prune", "prune of unshared snapshots", "throttle"),
    Task("reconcile", "reconcile shares what is kept", "delay"),
    Task("status", "status", "error_503"),
    Task("check", "check of a cluster without a backup", "drop_before"),
    Task("prune", "prune of unshared snapshots", kills.KIND),
    Task("create", "two creates that replace", pairs.KIND),
)


@pytest.fixture
def worker(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    monkeypatch.setenv("AWS_PROFILE", "source")
    level = logger.log_level
    logger.setLevel("CRITICAL")
    with World(sandbox).in_charge() as world:
        yield Worker(world)
    logger.setLevel(level)


@pytest.mark.parametrize("task", QUICK, ids=lambda task: f"{task.name}-{task.kind}")
def test_all_cases_converge(worker: Worker, task: Task) -> None:
    results = list(worker.run(task))

    assert len(results) > 1
    assert not report.violations(results), "\n".join(report.violations(results))


def test_every_action_has_a_scenario() -> None:
    assert not missing_actions()


def test_the_report_counts_cases_and_lists_what_is_broken() -> None:
    results = [
        Result("prune", "throttle", "first", 2),
        Result("prune", "throttle", "second", 4, ("a snapshot is gone",)),
    ]

    assert report.violations(results) == ["second\n    a snapshot is gone"]
    assert report.table(results).splitlines()[1].split() == ["prune", "throttle", "2", "1", "4"]
