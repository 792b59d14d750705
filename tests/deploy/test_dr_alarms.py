"""Each alarm of the DR stack in its own incident, read from a queue on its topic."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.deploy import incidents
from tests.deploy.deployed import Deployed, deploy_dr

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
NAME = "aca-redshift-dr"


@pytest.fixture(scope="module")
def deployed(module_sandbox: Any) -> Deployed:
    """The stack without its hourly sweeps."""
    deployed = deploy_dr(module_sandbox)
    deployed.switch_schedule(f"{NAME}-sweep", "DISABLED")
    return deployed


@pytest.fixture
def calm(deployed: Deployed) -> Iterator[Deployed]:
    """The stack with every alarm over."""
    incidents.repair(deployed)
    yield deployed
    deployed.sandbox.control("DELETE", "faults")


def test_errors_are_paged_and_idle_is_silent_where_they_tell(calm: Deployed) -> None:
    calm.break_calls("redshift", "DescribeClusterSnapshots")
    calm.pass_hours(4 * 24)
    assert set(calm.pages()) == {(f"{NAME}-errors", "ALARM")}


def test_slow_is_paged_when_an_invocation_comes_near_its_timeout(calm: Deployed) -> None:
    incidents.let_an_invocation_take_long(calm)
    calm.pass_hours(0.25)
    assert calm.pages() == [(f"{NAME}-slow", "ALARM")]


def test_throttles_are_paged_when_the_function_is_held_back(calm: Deployed) -> None:
    calm.client("lambda").put_function_concurrency(
        FunctionName=NAME, ReservedConcurrentExecutions=0
    )
    calm.pass_hours(24)
    assert calm.pages() == [(f"{NAME}-throttles", "ALARM")]


def test_undelivered_is_paged_when_a_schedule_gives_up(calm: Deployed) -> None:
    calm.break_calls("lambda", "Invoke")
    calm.pass_hours(26)
    assert calm.pages() == [(f"{NAME}-undelivered", "ALARM")]


def test_idle_is_paged_though_sweep_goes_on(calm: Deployed) -> None:
    calm.switch_schedule(NAME, "DISABLED")
    calm.switch_schedule(f"{NAME}-sweep", "ENABLED", every="rate(8 hours)")
    calm.pass_hours(4.5 * 24)
    calm.switch_schedule(f"{NAME}-sweep", "DISABLED")
    assert calm.pages() == [(f"{NAME}-idle", "ALARM")]


def test_stale_is_paged_when_the_newest_copy_is_too_old(calm: Deployed) -> None:
    calm.delete_snapshots()
    incidents.plant_good(calm, timedelta(days=8))
    calm.change_stack(CopyAgeAlarmState="ENABLED")
    calm.pass_hours(3 * 24)
    told, present = calm.pages(), calm.states()
    calm.change_stack(CopyAgeAlarmState="DISABLED")
    assert told == [(f"{NAME}-stale", "ALARM")]
    assert set(present) - set(calm.states()) == {f"{NAME}-stale"}


def test_expired_is_paged_when_copies_past_their_retention_stay(calm: Deployed) -> None:
    incidents.use_a_snapshot_past_its_retention(calm, timedelta(days=200))
    calm.pass_hours(3 * 24)
    assert calm.pages() == [(f"{NAME}-expired", "ALARM")]


def test_every_alarm_that_pages_has_its_incident(deployed: Deployed) -> None:
    paging = {name for name in deployed.states() if not name.endswith("-signal")}
    kinds = ("errors", "slow", "throttles", "undelivered", "idle", "expired")
    assert paging == {f"{NAME}-{kind}" for kind in kinds}
