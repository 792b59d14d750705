"""Each alarm of the source stack in its own incident, read from a queue on its topic."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.deploy import incidents
from tests.deploy.deployed import CLUSTER, Deployed, deploy_source

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
NAME = "aca-redshift-backup"


@pytest.fixture(scope="module")
def deployed(module_sandbox: Any) -> Deployed:
    """The stack without any backups of its own: the tests put there what there is."""
    deployed = deploy_source(module_sandbox, BackupScheduleState="DISABLED")
    # A paused cluster takes no automated snapshots either.
    deployed.client("redshift").pause_cluster(ClusterIdentifier=CLUSTER)
    return deployed


@pytest.fixture
def calm(deployed: Deployed) -> Iterator[Deployed]:
    """The stack with every alarm over."""
    incidents.repair(deployed)
    yield deployed
    deployed.sandbox.control("DELETE", "faults")


def test_errors_are_paged_once_though_every_hour_fails(calm: Deployed) -> None:
    calm.break_calls("redshift", "DescribeClusterSnapshots")
    calm.pass_hours(2.5)
    assert calm.pages() == [(f"{NAME}-errors", "ALARM")]


def test_slow_is_paged_when_an_invocation_comes_near_its_timeout(calm: Deployed) -> None:
    incidents.let_an_invocation_take_long(calm)
    calm.pass_hours(0.25)
    assert calm.pages() == [(f"{NAME}-slow", "ALARM")]


def test_slow_is_silent_where_an_invocation_timed_out(calm: Deployed) -> None:
    calm.break_calls("redshift", "DescribeClusterSnapshots")
    calm.account.invoke(action="status")
    calm.sandbox.control("DELETE", "faults")
    incidents.let_an_invocation_take_long(calm)
    calm.pass_hours(0.25)
    assert calm.pages() == [(f"{NAME}-errors", "ALARM")]


def test_throttles_are_paged_when_the_function_is_held_back(calm: Deployed) -> None:
    calm.client("lambda").put_function_concurrency(
        FunctionName=NAME, ReservedConcurrentExecutions=0
    )
    calm.pass_hours(2.5)
    assert calm.pages() == [(f"{NAME}-throttles", "ALARM")]


def test_undelivered_is_paged_when_a_schedule_gives_up(calm: Deployed) -> None:
    calm.break_calls("lambda", "Invoke")
    calm.pass_hours(2.5)
    assert calm.pages() == [(f"{NAME}-undelivered", "ALARM")]


def test_stale_is_paged_when_the_newest_is_too_old(calm: Deployed) -> None:
    calm.delete_snapshots()
    incidents.plant_good(calm, timedelta(hours=26))
    calm.pass_hours(4)
    assert calm.pages() == [(f"{NAME}-stale", "ALARM")]


def test_expired_is_paged_when_snapshots_past_their_retention_stay(calm: Deployed) -> None:
    incidents.use_a_snapshot_past_its_retention(calm, timedelta(days=20))
    calm.pass_hours(4.5)
    assert calm.pages() == [(f"{NAME}-expired", "ALARM")]


def test_expired_is_silent_where_the_refusal_to_delete_is_an_error(calm: Deployed) -> None:
    for number in range(25):
        incidents.plant_good(calm, timedelta(days=20, hours=number))
    calm.pass_hours(4.5)
    assert calm.pages() == [(f"{NAME}-errors", "ALARM")]


def test_every_alarm_that_pages_has_its_incident(deployed: Deployed) -> None:
    paging = {name for name in deployed.states() if not name.endswith("-signal")}
    kinds = ("errors", "slow", "throttles", "undelivered", "stale", "expired")
    assert paging == {f"{NAME}-{kind}" for kind in kinds}
