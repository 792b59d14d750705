"""Which slot a run is for, what it was asked to do, and whether it may prune."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_dr.config import ClusterConfig
from redshift_dr.errors import RunRequestError
from redshift_dr.params import backup_params
from redshift_dr.run_request import RunRequest
from redshift_dr.runs import BackupRun, next_slot, read_run, reason_not_to_prune
from tests.unit.redshift_dr.fakes import SLOT, FakeDagRun

NOW = SLOT + timedelta(minutes=1)


def read(cluster: ClusterConfig, run: FakeDagRun) -> Any:
    return read_run(cluster, run, now=NOW)


def test_slot_is_the_logical_date_in_whole_seconds_utc(cluster: ClusterConfig) -> None:
    logical = datetime(2026, 11, 20, 3, 0, 0, 999999, tzinfo=UTC).astimezone()

    assert read(cluster, FakeDagRun(logical_date=logical)).slot == datetime(
        2026, 11, 20, 3, tzinfo=UTC
    )


def test_slot_of_a_run_without_logical_date_is_run_after(cluster: ClusterConfig) -> None:
    after = SLOT + timedelta(hours=5, microseconds=7)

    assert read(cluster, FakeDagRun(run_after=after)).slot == SLOT + timedelta(hours=5)


@pytest.mark.parametrize("run_type", ["scheduled", "backfill"])
def test_slot_end_of_a_scheduled_run_is_the_next_slot(
    cluster: ClusterConfig, run_type: str
) -> None:
    run = read(cluster, FakeDagRun(run_type=run_type, logical_date=SLOT))

    assert run.create_payload()["slot"] == "2026-11-20T02:00:00Z"
    assert run.create_payload()["slot_end"] == "2026-11-21T02:00:00Z"


def test_manual_run_leaves_the_window_to_the_function(cluster: ClusterConfig) -> None:
    assert "slot_end" not in read(cluster, FakeDagRun()).create_payload()


@pytest.mark.parametrize(
    ("slot", "expected"),
    [
        # The clocks of Paris go back on 2026-10-25; 02:00 comes twice, Airflow takes the second.
        ("2026-10-24T00:00:00+00:00", "2026-10-25T01:00:00+00:00"),
        ("2026-10-25T01:00:00+00:00", "2026-10-26T01:00:00+00:00"),
        # They go forward on 2026-03-29, when 02:00 does not exist.
        ("2026-03-28T01:00:00+00:00", "2026-03-29T01:00:00+00:00"),
        # The day of 23 hours: from 03:00, which 02:00 became, to 02:00.
        ("2026-03-29T01:00:00+00:00", "2026-03-30T00:00:00+00:00"),
    ],
)
def test_next_slot_follows_the_zone_over_a_change_of_clocks(
    cluster: ClusterConfig, slot: str, expected: str
) -> None:
    paris = cluster.model_copy(update={"timezone": "Europe/Paris"})

    following = next_slot(paris, datetime.fromisoformat(slot))

    assert following == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("slot", "slot_end", "hours"),
    [
        ("2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z", 25),
        ("2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z", 23),
        ("2026-06-01T23:00:00Z", "2026-06-02T23:00:00Z", 24),
    ],
)
def test_window_of_a_day_of_23_or_25_hours_is_as_long_as_the_day(
    cluster: ClusterConfig, slot: str, slot_end: str, hours: int
) -> None:
    # 01:00 in Berlin is midnight UTC in winter; the clocks change at 01:00 UTC.
    berlin = cluster.model_copy(update={"timezone": "Europe/Berlin", "schedule": "0 1 * * *"})
    logical = datetime.fromisoformat(slot)
    run = read(berlin, FakeDagRun(run_type="scheduled", logical_date=logical))

    assert run.create_payload()["slot_end"] == slot_end
    assert run.slot_end - run.slot == timedelta(hours=hours)


def test_cluster_without_schedule_has_no_next_slot(cluster: ClusterConfig) -> None:
    assert next_slot(cluster.model_copy(update={"schedule": None}), SLOT) is None


def test_payloads_carry_exactly_what_the_contract_names(cluster: ClusterConfig) -> None:
    run = read(cluster.model_copy(update={"keep_weekly": 4}), FakeDagRun())
    common = {
        "cluster_identifier": "aca-redshift-cluster",
        "correlation_id": "manual__2026-11-20T02:10:00+00:00",
    }
    targets = ["058264155998", "111122223333"]

    assert run.create_payload() == {
        "action": "create",
        "slot": "2026-11-20T02:00:00Z",
        **common,
    }
    assert run.share_payload("snapshot-1") == {
        "action": "share",
        "snapshot_id": "snapshot-1",
        "target_account_ids": targets,
        **common,
    }
    assert run.prune_payload() == {
        "action": "prune",
        "target_account_ids": targets,
        "retention_days": 7,
        "keep_weekly": 4,
        **common,
    }


def test_configuration_of_the_run_reaches_the_payloads(cluster: ClusterConfig) -> None:
    conf = {
        "dry_run": True,
        "retention_days": 30,
        "target_account_ids": ["058264155998"],
        "approved_plan_sha256": "a" * 64,
    }

    payload = read(cluster, FakeDagRun(conf=conf)).prune_payload()

    assert payload["dry_run"] is True
    assert payload["retention_days"] == 30
    assert payload["target_account_ids"] == ["058264155998"]
    assert payload["approved_plan_sha256"] == "a" * 64


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ({"retention": 3}, "retention: is not a known key"),
        ({"retention_days": 0}, "retention_days: is 0"),
        ({"retention_days": -3}, "retention_days: is -3"),
        ({"retention_days": 1.5}, "retention_days: is 1.5"),
        ({"retention_days": "seven"}, "retention_days: is 'seven'"),
        ({"retention_days": True}, "retention_days: is True"),
        ({"dry_run": "yes"}, "dry_run: is 'yes'"),
        ({"target_account_ids": "058264155998"}, "target_account_ids: is '058264155998'"),
        ({"target_account_ids": ["999999999999"]}, "'999999999999' is not a target account"),
        ({"target_account_ids": ["111122223333"]}, "must hold the DR account 058264155998"),
        ({"target_account_ids": []}, "must hold the DR account 058264155998"),
        ({"target_account_ids": ["164543933824"]}, "'164543933824' is not a target account"),
        ({"snapshot_id": "rs:automated"}, "snapshot_id: is 'rs:automated'"),
        ({"approved_plan_sha256": "abc"}, "approved_plan_sha256: is 'abc'"),
        ({"hold_reason": "case, 7"}, "hold_reason: is 'case, 7': ',' cannot stand in a tag"),
        ({"hold_reason": "   "}, "hold_reason: is '   ': has 0 characters"),
        ({"hold_reason": "x" * 257}, "has 257 characters and may have 1 to 256"),
        (
            {"approved_plan_sha256": "a" * 64, "skip_prune": True},
            "a run with skip_prune never prunes",
        ),
        (
            {"approved_plan_sha256": "a" * 64, "snapshot_id": "snapshot-1"},
            "a run with snapshot_id never prunes",
        ),
    ],
)
def test_bad_configuration_is_refused(
    cluster: ClusterConfig, conf: dict[str, Any], expected: str
) -> None:
    with pytest.raises(RunRequestError) as caught:
        read(cluster, FakeDagRun(conf=conf))

    assert expected in str(caught.value)


def test_all_faults_of_a_configuration_are_named_at_once(cluster: ClusterConfig) -> None:
    conf = {
        "typo": 1,
        "retention_days": 0,
        "target_account_ids": ["999999999999"],
        "hold_reason": "why?",
        "approved_plan_sha256": "a" * 64,
        "skip_prune": True,
    }

    with pytest.raises(RunRequestError) as caught:
        read(cluster, FakeDagRun(conf=conf))

    assert len(caught.value.faults) == 6
    for field in ("typo", "retention_days", "999999999999", "058264155998", "why?", "skip_prune"):
        assert field in str(caught.value)


def test_trigger_form_and_request_have_the_same_fields_and_defaults(
    cluster: ClusterConfig,
) -> None:
    form = {name: param["default"] for name, param in backup_params(cluster).items()}

    assert form == RunRequest().model_dump()


def reason(run: BackupRun, *event_slots: datetime) -> str | None:
    return reason_not_to_prune(run, event_slots, past_slot=run.past_slot)


def test_newest_run_prunes(cluster: ClusterConfig) -> None:
    run = read(cluster, FakeDagRun())

    assert reason(run, SLOT, SLOT - timedelta(days=1)) is None
    assert reason(run) is None


@pytest.mark.parametrize(
    ("dag_run", "now", "expected"),
    [
        (FakeDagRun(run_type="backfill", logical_date=SLOT), NOW, "is a backfill of the slot"),
        (
            FakeDagRun(run_type="scheduled", logical_date=SLOT),
            SLOT + timedelta(hours=24),
            "its slot 2026-11-20T02:00:00Z ended at 2026-11-21T02:00:00Z",
        ),
        (FakeDagRun(logical_date=SLOT), SLOT + timedelta(days=3), "is of a past slot"),
        (FakeDagRun(conf={"skip_prune": True}), NOW, "skip_prune"),
        (FakeDagRun(conf={"snapshot_id": "snapshot-1"}), NOW, "only shared the existing snapshot"),
    ],
)
def test_run_that_must_not_prune_says_why(
    cluster: ClusterConfig, dag_run: FakeDagRun, now: datetime, expected: str
) -> None:
    sentence = reason(read_run(cluster, dag_run, now=now))

    assert sentence is not None
    assert expected in sentence


def test_past_slot_of_a_cluster_without_schedule_follows_the_functions_window(
    cluster: ClusterConfig,
) -> None:
    unscheduled = cluster.model_copy(update={"schedule": None})

    inside = read_run(unscheduled, FakeDagRun(), now=SLOT + timedelta(hours=23))
    after = read_run(unscheduled, FakeDagRun(), now=SLOT + timedelta(hours=24))

    assert inside.past_slot is None
    assert after.past_slot is not None


def test_older_run_does_not_prune_after_a_newer_slot(cluster: ClusterConfig) -> None:
    sentence = reason(read(cluster, FakeDagRun()), SLOT + timedelta(seconds=1))

    assert sentence is not None
    assert "the newer slot 2026-11-20T02:00:01Z is already backed up" in sentence


def test_long_run_that_began_in_its_window_prunes_when_the_next_slot_is_due(
    cluster: ClusterConfig,
) -> None:
    hourly = cluster.model_copy(update={"schedule": "0 * * * *"})
    dag_run = FakeDagRun(run_type="scheduled", logical_date=SLOT)

    began = read_run(hourly, dag_run, now=NOW)
    ends = read_run(hourly, dag_run, now=SLOT + timedelta(hours=3))

    assert reason_not_to_prune(ends, [], past_slot=began.past_slot) is None
