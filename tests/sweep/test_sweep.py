"""A part of the fault sweep for every run of the tests; the whole of it is in the slow ones."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from redshift_backup.errors import AwsError
from redshift_backup.gateway import Gateway
from redshift_backup.retention import Plan
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
    Task("hold", "hold", "drop_after"),
    Task("release", "release", "throttle"),
    Task("adopt", "adopt by name", "error_500"),
    Task("stamp", "stamp over an earlier one", "drop_before"),
    Task("sweep", "sweep", "error_500"),
    Task("prune", "prune of copies", "drop_after"),
    Task("status", "status", "error_503"),
    Task("check", "check of an encrypted chain", "error_500"),
    Task("prune", "prune of unshared snapshots", kills.KIND),
    Task("create", "two creates that replace", pairs.KIND),
)


@pytest.fixture
def worker(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    monkeypatch.setenv("AWS_PROFILE", "source")
    level = logger.log_level
    logger.setLevel("CRITICAL")
    with World(sandbox).in_charge() as world:
        worker = Worker(world)
        yield worker
        worker.close()
    logger.setLevel(level)


@pytest.mark.parametrize("task", QUICK, ids=lambda task: f"{task.name}-{task.kind}")
def test_all_cases_converge(worker: Worker, task: Task) -> None:
    results = list(worker.run(task))

    assert len(results) > 1
    assert not report.violations(results), "\n".join(report.violations(results))


def test_a_failure_that_is_told_as_a_success_is_found(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    authorize = Gateway.authorize

    def authorize_and_hope(*arguments: Any) -> None:
        with suppress(AwsError):
            authorize(*arguments)

    monkeypatch.setattr(Gateway, "authorize", authorize_and_hope)

    results = list(worker.run(Task("share", "share with one account", "error_503")))

    (broken,) = {result.broken for result in results if result.broken}
    assert any("told as done, but" in sentence for sentence in broken)


def test_a_deletion_that_the_plan_does_not_name_is_found(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = property(lambda plan: tuple(row.snapshot for row in plan.rows))
    monkeypatch.setattr(Plan, "deletions", every)

    (result,) = worker.run(Task("prune", "prune of unshared snapshots", "throttle"))

    assert any("which the plan kept" in sentence for sentence in result.broken)


def test_a_fault_that_did_not_fire_is_found(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(World, "mend", lambda _: 0)

    results = list(worker.run(Task("status", "status", "throttle")))

    assert all("the fault did not fire" in result.broken for result in results)


def test_every_action_has_a_scenario() -> None:
    assert not missing_actions()


def test_the_report_counts_cases_and_lists_what_is_broken() -> None:
    results = [
        Result("prune", "throttle", "first", 2),
        Result("prune", "throttle", "second", 4, ("a snapshot is gone",)),
    ]

    assert report.violations(results) == ["second\n    a snapshot is gone"]
    assert report.table(results).splitlines()[1].split() == ["prune", "throttle", "2", "1", "4"]
