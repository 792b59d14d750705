"""Events and environments as frozen requests and settings."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_backup.caller import Caller
from redshift_backup.errors import (
    BadRequestError,
    ConfigError,
    RefusedError,
    ShareRefusedError,
    SlotRefusedError,
)
from redshift_backup.request import parse_request
from redshift_backup.settings import Settings, read_settings
from tests.unit.redshift_backup.builders import SOURCE, TARGET

NOW = datetime(2026, 3, 18, 14, 30, 22, 987654, tzinfo=UTC)
CALLER = Caller(SOURCE, "aca-redshift-backup", "request-1", f"arn:aws:redshift:us-east-1:{SOURCE}")
DR_CALLER = Caller(TARGET, "aca-redshift-dr", "request-1", f"arn:aws:redshift:us-east-1:{TARGET}")
ENVIRONMENT = {"CLUSTER_IDENTIFIER": "orders", "TARGET_ACCOUNT_ID": TARGET}


def settings(**variables: str) -> Settings:
    return read_settings(ENVIRONMENT | variables)


def parse(event: Any, **variables: str) -> Any:
    return parse_request(event, settings(**variables), CALLER, now=NOW)


def test_an_empty_event_is_a_backup_of_the_deployments_cluster_now() -> None:
    request = parse({})

    assert (request.action, request.cluster_identifier) == ("backup", "orders")
    assert request.target_account_ids == (TARGET,)
    assert request.window.slot == NOW.replace(microsecond=0)
    assert request.window.end - request.window.slot == timedelta(hours=24)
    assert (request.has_slot, request.correlation_id) == (False, "request-1")


def test_a_slot_is_read_in_utc_and_whole_seconds() -> None:
    request = parse({"slot": "2026-03-18T15:00:00.75+02:00"})

    assert request.window.slot == datetime(2026, 3, 18, 13, tzinfo=UTC)


def test_a_slot_up_to_five_minutes_ahead_is_taken() -> None:
    slot = (NOW + timedelta(minutes=5)).isoformat()

    assert parse({"slot": slot}).has_slot


def test_the_own_account_is_refused_even_when_the_deployment_allows_it() -> None:
    with pytest.raises(ShareRefusedError, match=SOURCE):
        parse({"target_account_id": SOURCE}, ALLOWED_TARGET_ACCOUNT_IDS=f"{SOURCE},{TARGET}")


def test_a_default_target_outside_the_allow_list_is_refused() -> None:
    with pytest.raises(ShareRefusedError, match="999988887777"):
        parse({}, ALLOWED_TARGET_ACCOUNT_IDS="999988887777")


def test_the_source_account_never_goes_without_required_accounts() -> None:
    alone = read_settings({"CLUSTER_IDENTIFIER": "orders"})

    for action in ("backup", "share", "prune", "reconcile", "status", "check"):
        event = {"action": action} | ({"snapshot_id": "x"} if action == "share" else {})
        with pytest.raises(BadRequestError, match="TARGET_ACCOUNT_ID"):
            parse_request(event, alone, CALLER, now=NOW)


def test_the_dr_account_requires_none_and_shares_with_nobody() -> None:
    alone = read_settings({"CLUSTER_IDENTIFIER": "orders"})

    request = parse_request({"action": "prune"}, alone, DR_CALLER, now=NOW)
    assert request.target_account_ids == ()
    targeted = {"action": "prune", "target_account_id": SOURCE}
    with pytest.raises(ShareRefusedError, match="shares with nobody"):
        parse_request(targeted, alone, DR_CALLER, now=NOW)
    with pytest.raises(ShareRefusedError, match="shares with nobody"):
        parse_request({"action": "share", "snapshot_id": "x"}, alone, DR_CALLER, now=NOW)
    with pytest.raises(ConfigError, match="TARGET_ACCOUNT_ID"):
        parse_request({}, settings(), DR_CALLER, now=NOW)


@pytest.mark.parametrize("action", ["backup", "create", "adopt"])
def test_the_dr_account_makes_and_adopts_no_snapshots(action: str) -> None:
    alone = read_settings({"CLUSTER_IDENTIFIER": "orders"})
    fields = {"identifier_pattern": "*"} if action == "adopt" else {}

    with pytest.raises(RefusedError, match="copies that restore tests make"):
        parse_request({"action": action} | fields, alone, DR_CALLER, now=NOW)


def test_sweep_is_refused_in_the_source_account() -> None:
    with pytest.raises(RefusedError, match="invoke aca-redshift-dr there, not aca-redshift-back"):
        parse({"action": "sweep"}, ENABLED_ACTIONS="sweep")


def test_sweep_is_of_all_clusters_unless_the_event_names_one() -> None:
    deployed = read_settings({"CLUSTER_IDENTIFIER": "orders", "ENABLED_ACTIONS": "sweep"})

    def swept(**fields: str) -> str | None:
        event = {"action": "sweep"} | fields
        return parse_request(event, deployed, DR_CALLER, now=NOW).cluster_identifier

    assert swept() is None
    assert swept(cluster_identifier="orders") == "orders"


def test_both_forms_of_targets_have_to_agree() -> None:
    both = {"target_account_id": TARGET, "target_account_ids": [TARGET]}

    assert parse(both).target_account_ids == (TARGET,)
    with pytest.raises(BadRequestError, match="not among"):
        parse({"target_account_id": TARGET, "target_account_ids": ["999988887777"]})


def test_patterns_allow_clusters_by_their_beginning_only() -> None:
    rules = settings(ALLOWED_CLUSTERS="orders-*, stock")

    assert rules.allows_cluster("orders-eu")
    assert not rules.allows_cluster("my-orders-eu")
    assert not rules.allows_cluster("stock-archive")


def test_other_clusters_have_their_own_prefix() -> None:
    rules = settings(SNAPSHOT_PREFIX="nightly")

    assert rules.prefix_of("orders") == "nightly"
    assert rules.prefix_of("stock") == "stock-lambda-snapshot"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLUSTER_IDENTIFIER", "Orders"),
        ("CLUSTER_IDENTIFIER", ""),
        ("TARGET_ACCOUNT_ID", "None"),
        ("RETENTION_DAYS", "0"),
        ("RETENTION_DAYS", "7.5"),
        ("RETENTION_DAYS", ""),
        ("SNAPSHOT_PREFIX", "trailing-"),
        ("ALLOWED_CLUSTERS", "*-orders"),
        ("ALLOWED_CLUSTERS", ""),
        ("ALLOWED_TARGET_ACCOUNT_IDS", "058264155998,12"),
        ("MINIMUM_SNAPSHOTS", "0"),
        ("MINIMUM_RETENTION_DAYS", "8"),
        ("MAX_DELETIONS", "-1"),
        ("MAX_DELETIONS_APPROVED", "many"),
        ("MAXIMUM_AGE_HOURS", "0"),
        ("SLOT_WINDOW_HOURS", "x"),
        ("ENABLED_ACTIONS", "backup,pruning"),
    ],
)
def test_a_malformed_variable_is_a_named_fault(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        settings(**{name: value})


def test_a_raised_limit_raises_the_approved_one_with_it() -> None:
    assert settings(MAX_DELETIONS="1000").max_deletions_approved == 1000


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        ({"retention_days": 6}, RefusedError, "MINIMUM_RETENTION_DAYS"),
        ({"cluster_identifier": "another"}, RefusedError, "ALLOWED_CLUSTERS"),
        ({"slot": (NOW + timedelta(minutes=6)).isoformat()}, SlotRefusedError, "5 minutes ahead"),
        ({"slot": (NOW - timedelta(days=8)).isoformat()}, SlotRefusedError, "retention of 7 days"),
        ({"action": "sweep"}, RefusedError, "enabled here"),
    ],
)
def test_the_deployments_limits_hold_for_every_event(
    event: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        parse(event)

    assert type(caught.value) is kind


def test_a_longer_retention_lets_an_older_slot_in() -> None:
    slot = (NOW - timedelta(days=8)).isoformat()

    assert parse({"slot": slot, "retention_days": 9}).retention_days == 9


def test_an_action_that_the_deployment_disables_is_refused() -> None:
    with pytest.raises(RefusedError, match="enabled here: status"):
        parse({"action": "prune"}, ENABLED_ACTIONS="status")


def test_an_envelope_without_time_names_it() -> None:
    with pytest.raises(BadRequestError, match="time of the EventBridge event is missing"):
        parse({"detail-type": "Scheduled Event", "detail": {}})


def test_a_field_beside_the_detail_of_an_envelope_is_not_passed_over() -> None:
    envelope = {"detail-type": "x", "time": "2026-03-18T10:00:00Z", "replay-name": "again"}

    assert parse(envelope | {"detail": {"action": "prune", "dry_run": True}}).dry_run
    with pytest.raises(BadRequestError, match="has action, dry_run beside detail"):
        parse(envelope | {"action": "prune", "dry_run": True, "detail": {}})


def test_an_envelope_fills_only_what_its_payload_leaves_open() -> None:
    envelope = {"detail-type": "x", "time": "2026-03-18T10:00:00Z"}

    assert parse(envelope | {"detail": {}}).window.slot.hour == 10
    detail = {"slot": "2026-03-18T11:00:00Z"}
    assert parse(envelope | {"detail": detail}).window.slot.hour == 11


@pytest.mark.parametrize(
    "slot",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00",
        "<aws.scheduler.scheduled-time>",
        "2026-03-18",
    ],
)
def test_a_slot_at_the_edge_of_the_calendar_is_a_named_fault(slot: str) -> None:
    with pytest.raises(BadRequestError, match=r"slot is .*not an instant with an offset"):
        parse({"slot": slot})


def test_the_payload_of_a_schedule_names_its_slot() -> None:
    # What EventBridge Scheduler puts in place of <aws.scheduler.scheduled-time>.
    request = parse({"action": "backup", "slot": "2026-03-18T14:00:00Z"})

    assert request.window.slot == datetime(2026, 3, 18, 14, tzinfo=UTC)
    assert request.has_slot


def test_only_adopt_is_a_dry_run_by_default() -> None:
    named = {"snapshot_id": "x"}
    stamp = {"result": "passed", "verified_at": "2026-03-18T12:00:00Z"}
    events = {
        "hold": named | {"reason": "audit"},
        "release": named,
        "stamp": named | stamp,
        "adopt": {"identifier_pattern": "*"},
        "prune": {},
    }

    dry = {name: parse({"action": name} | fields).dry_run for name, fields in events.items()}

    assert dry == {name: name == "adopt" for name in events}
    assert not parse({"action": "adopt", "dry_run": False} | events["adopt"]).dry_run


def test_a_tag_is_read_as_it_is_written() -> None:
    hold = parse({"action": "hold", "snapshot_id": "x", "reason": "  legal case 7 "})
    adopt = parse({"action": "adopt", "snapshot_ids": ["b", "a", "b"]})

    assert hold.reason == "legal case 7"
    assert (adopt.snapshot_ids, adopt.identifier_pattern) == (("b", "a"), None)


def test_a_stamp_may_be_five_minutes_ahead_and_no_more() -> None:
    stamp = {"action": "stamp", "snapshot_id": "x", "result": "failed"}

    assert parse(stamp | {"verified_at": (NOW + timedelta(minutes=5)).isoformat()}).verified_at
    with pytest.raises(RefusedError, match="a restore test that has not been is no proof"):
        parse(stamp | {"verified_at": (NOW + timedelta(minutes=6)).isoformat()})


def test_more_accounts_than_a_snapshot_can_have_are_a_fault() -> None:
    accounts = [f"{number:012d}" for number in range(21)]

    with pytest.raises(BadRequestError, match="1 to 20 account ids"):
        parse({"target_account_ids": accounts})


def test_an_event_of_nothing_but_faults_is_answered_within_lambdas_limit() -> None:
    with pytest.raises(BadRequestError, match=r"5000 faults .* and 4900 more") as caught:
        parse({f"field-{number}-{'x' * 200}": 1 for number in range(5000)})

    assert len(str(caught.value)) < 64_000
