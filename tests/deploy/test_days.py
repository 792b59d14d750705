"""Days of the deployed stacks by the sandbox's clock: slots, silence, and the dead man's switch."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.deploy.conftest import TARGET
from tests.deploy.deployed import Deployed, deploy_dr, deploy_source

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
STALE = "aca-redshift-backup-stale"


@pytest.fixture
def days(sandbox: Any) -> Deployed:
    """The source stack, whose first backup is made and shared."""
    deployed = deploy_source(sandbox)
    assert deployed.account.invoke(action="backup")["shared"] is True
    _forget_the_silence_before(deployed)
    return deployed


def _forget_the_silence_before(deployed: Deployed) -> None:
    """Take what the alarms told of a new stack before its first run, as docs/alarms.md says."""
    deployed.pass_hours(1 / 30)
    deployed.pages()


def _slot_of(snapshot: dict[str, Any]) -> datetime:
    tags = {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]}
    return datetime.fromisoformat(tags["redshift-backup:slot"])


def _accounts(snapshot: dict[str, Any]) -> list[str]:
    return [one["AccountId"] for one in snapshot.get("AccountsWithRestoreAccess", ())]


def _made_since(days: Deployed, before: set[str]) -> list[dict[str, Any]]:
    return [one for name, one in days.snapshots().items() if name not in before]


def test_two_days_back_up_two_slots_once_though_delivered_twice(days: Deployed) -> None:
    first = set(days.snapshots())
    days.sandbox.control("POST", "scheduler", {"deliveries": 2})
    days.pass_hours(48)

    made = _made_since(days, first)
    assert sorted(_slot_of(one).strftime("%H:%M:%S") for one in made) == ["02:00:00"] * 2
    assert len({_slot_of(one) for one in made}) == 2
    assert [_accounts(one) for one in made] == [[TARGET]] * 2
    assert days.pages() == []


def test_a_week_of_good_runs_pages_nobody_in_either_account(days: Deployed) -> None:
    copies = deploy_dr(days.sandbox)
    assert copies.account.invoke(action="reconcile")["status"] == "completed"
    _forget_the_silence_before(copies)
    for _ in range(7):
        copies.plant_copy(timedelta(minutes=1))
        days.pass_hours(24)
    assert days.pages() == []
    assert copies.pages() == []
    assert len(days.snapshots()) >= 7
    for deployed in (days, copies):
        assert set(deployed.states().values()) == {"OK"}


def test_a_snapshot_slower_than_the_function_ends_shared_by_reconcile(days: Deployed) -> None:
    _shorten_the_function(days, seconds=20)
    body = {"operation": "snapshot", "seconds": 1200, "outcome": "available"}
    days.sandbox.control("POST", "lifecycle", body)
    first = set(days.snapshots())
    days.pass_hours(days.hours_to(2, 5))
    [made] = _made_since(days, first)
    assert (made["Status"], _accounts(made)) == ("creating", [])

    days.pass_hours(1.5)
    [made] = _made_since(days, first)
    assert (made["Status"], _accounts(made)) == ("available", [TARGET])
    assert days.pages() == []


def _shorten_the_function(days: Deployed, seconds: int) -> None:
    """Give the function less than its 900 seconds, which it would wait out in real time."""
    functions, name = days.client("lambda"), days.account.function
    functions.update_function_configuration(FunctionName=name, Timeout=seconds)
    version = functions.publish_version(FunctionName=name)["Version"]
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)


def test_backups_that_stop_are_told_once_by_the_dead_mans_switch(days: Deployed) -> None:
    days.switch_schedule("aca-redshift-backup", "DISABLED")
    days.pass_hours(24)
    assert days.pages() == []
    days.pass_hours(8)
    assert days.pages() == [(STALE, "ALARM")]
    days.pass_hours(24)
    assert days.pages() == []

    assert days.account.invoke(action="backup")["shared"] is True
    days.pass_hours(5)
    assert days.states()[STALE] == "OK"


def test_a_function_that_is_gone_is_told_by_the_silence(days: Deployed) -> None:
    days.client("lambda").delete_function(FunctionName=days.account.function)
    days.pass_hours(6)
    assert (STALE, "ALARM") in days.pages()


def test_a_dr_function_that_is_gone_is_told_by_the_silence(sandbox: Any) -> None:
    copies = deploy_dr(sandbox)
    copies.client("lambda").delete_function(FunctionName=copies.account.function)
    copies.pass_hours(4.5 * 24)
    assert ("aca-redshift-dr-idle", "ALARM") in copies.pages()


def test_the_age_is_measured_also_while_airflow_schedules(days: Deployed) -> None:
    days.change_stack(BackupScheduleState="DISABLED")
    first = set(days.snapshots())
    days.pass_hours(12)
    assert set(days.snapshots()) == first
    assert days.states()[STALE] == "OK"
