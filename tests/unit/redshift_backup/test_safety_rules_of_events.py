"""Each rule on what an event may say, by its name: nothing unknown, nothing half understood."""

from datetime import timedelta
from typing import Any

import pytest

from redshift_backup.errors import BadRequestError, RefusedError
from redshift_backup.request import parse_request
from redshift_backup.settings import CONTRACT_ACTIONS, read_settings
from tests.unit.redshift_backup.builders import NOW, TARGET
from tests.unit.redshift_backup.parsing import CALLER, parse

# What makes an event of the action complete, so that the fault looked for is the only one.
COMPLETE: dict[str, dict[str, Any]] = {"share": {"snapshot_id": "x"}}


@pytest.mark.parametrize("action", CONTRACT_ACTIONS)
def test_an_unknown_field_is_a_fault_for_every_action(action: str) -> None:
    with pytest.raises(BadRequestError, match="unknown field"):
        parse({"action": action, "dryrun": True} | COMPLETE.get(action, {}))


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ("status", {"keep_weekly": 1}),
        ("reconcile", {"retention_days": 30}),
        ("create", {"target_account_id": TARGET}),
        ("backup", {"approved_plan_sha256": "a" * 64}),
        ("prune", {"revoke_strangers": True}),
    ],
)
def test_a_field_of_another_action_is_a_fault(action: str, field: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError, match="does not belong to action"):
        parse({"action": action} | field)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dry_run", "false"),
        ("dry_run", 0),
        ("retention_days", True),
        ("retention_days", 7.0),
        ("retention_days", "7"),
        ("retention_days", 3654),
        ("keep_weekly", -1),
        ("keep_monthly", 121),
        ("cluster_identifier", "Orders"),
        ("cluster_identifier", "orders--eu"),
        ("cluster_identifier", "c" * 64),
        ("target_account_id", "5826415599"),
        ("target_account_id", 58264155998),
        ("target_account_ids", [TARGET, "12"]),
        ("target_account_ids", TARGET),
        ("when_paused", "wait"),
        ("correlation_id", "two\nlines"),
        ("correlation_id", ""),
    ],
)
def test_a_malformed_value_is_a_fault(name: str, value: object) -> None:
    with pytest.raises(BadRequestError, match=rf"^the event is refused .*: {name} is "):
        parse({name: value})


@pytest.mark.parametrize("digest", ["a" * 63, "A" * 64, "", 7])
def test_an_approval_is_a_whole_digest(digest: object) -> None:
    with pytest.raises(BadRequestError, match="not a sha256"):
        parse({"action": "prune", "approved_plan_sha256": digest})


@pytest.mark.parametrize("action", ["prun", "Backup", "", None, 3, ["backup"], {}])
def test_an_unknown_action_is_a_fault(action: object) -> None:
    with pytest.raises(BadRequestError, match="which is not an action"):
        parse({"action": action})


def test_an_empty_list_of_accounts_is_no_way_around_the_required_ones() -> None:
    with pytest.raises(BadRequestError, match="1 to 20 account ids"):
        parse({"action": "prune", "target_account_ids": []})


def test_all_faults_are_named_and_a_malformed_one_decides_the_kind() -> None:
    ahead = (NOW + timedelta(days=1)).isoformat()

    with pytest.raises(BadRequestError, match="3 faults") as caught:
        parse({"cluster_identifier": "another", "retention_days": "seven", "slot": ahead})

    assert all(word in str(caught.value) for word in ("another", "seven", "ahead"))


@pytest.mark.parametrize("event", [None, [], ["action"], "backup", 7])
def test_what_is_no_object_is_no_event(event: object) -> None:
    with pytest.raises(BadRequestError, match="not an object"):
        parse(event)


@pytest.mark.parametrize("detail", [None, 3, "backup", []])
def test_an_envelope_has_an_object_in_it(detail: object) -> None:
    with pytest.raises(BadRequestError, match="detail of the EventBridge event"):
        parse({"detail-type": "x", "time": NOW.isoformat(), "detail": detail})


def test_the_end_of_a_slot_needs_the_slot_before_it() -> None:
    slot = NOW.isoformat()

    with pytest.raises(BadRequestError, match="slot_end is given without a slot"):
        parse({"slot_end": (NOW + timedelta(hours=1)).isoformat()})
    for end in (NOW, NOW - timedelta(seconds=1)):
        with pytest.raises(BadRequestError, match="is not after slot"):
            parse({"slot": slot, "slot_end": end.isoformat()})


def test_share_needs_one_snapshot() -> None:
    with pytest.raises(BadRequestError, match="snapshot_id is missing"):
        parse({"action": "share"})


HOLD = {"action": "hold", "snapshot_id": "x", "reason": "audit"}
ADOPT = {"action": "adopt", "snapshot_ids": ["x"]}
STAMP = {
    "action": "stamp",
    "snapshot_id": "x",
    "result": "passed",
    "verified_at": "2026-03-18T10:00:00Z",
}


@pytest.mark.parametrize(
    ("event", "name", "value"),
    [
        (HOLD, "reason", "   "),
        (HOLD, "reason", "x" * 257),
        (HOLD, "reason", "legal, ask finance"),
        (ADOPT, "snapshot_ids", []),
        (ADOPT, "snapshot_ids", [f"a{number}" for number in range(101)]),
        (ADOPT, "snapshot_ids", ["x", "Upper"]),
        (STAMP, "restore_seconds", "12"),
        (STAMP, "restore_seconds", True),
        (STAMP, "restore_seconds", -1),
        (STAMP, "restore_seconds", float("nan")),
        (STAMP, "evidence_uri", "file:///etc/passwd"),
        (STAMP, "evidence_uri", "https://bucket/key?X-Amz-Signature=1"),
        (STAMP, "evidence_uri", "s3://bucket/" + "x" * 256),
    ],
)
def test_a_malformed_hold_adoption_or_stamp_is_a_fault(
    event: dict[str, Any], name: str, value: object
) -> None:
    assert parse(event).snapshot_id in ("x", None)
    with pytest.raises(BadRequestError, match=rf": {name} is "):
        parse(event | {name: value})


@pytest.mark.parametrize("pattern", ["", "night[ly]*", "*" * 256, None])
def test_a_pattern_to_adopt_by_has_no_classes(pattern: object) -> None:
    with pytest.raises(BadRequestError, match="identifier_pattern is "):
        parse({"action": "adopt", "identifier_pattern": pattern})


@pytest.mark.parametrize("action", ["hold", "release", "stamp"])
def test_hold_release_and_stamp_need_one_snapshot(action: str) -> None:
    with pytest.raises(BadRequestError, match="snapshot_id is missing"):
        parse({"action": action})


@pytest.mark.parametrize("event", [{}, {"snapshot_ids": ["x"], "identifier_pattern": "*"}])
def test_adopt_names_what_it_takes_in_one_way(event: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError, match="exactly one"):
        parse({"action": "adopt"} | event)


def test_adopt_is_a_dry_run_unless_the_event_says_otherwise() -> None:
    assert parse(ADOPT).dry_run
    assert not parse(ADOPT | {"dry_run": False}).dry_run


def test_a_restore_test_of_the_future_is_no_proof() -> None:
    ahead = (NOW + timedelta(minutes=6)).isoformat()

    with pytest.raises(RefusedError, match="verified_at"):
        parse(STAMP | {"verified_at": ahead})


def test_one_form_of_targets_is_enough() -> None:
    assert parse({"target_account_id": TARGET}).target_account_ids == (TARGET,)
    assert parse({"target_account_ids": [TARGET]}).target_account_ids == (TARGET,)


@pytest.mark.parametrize("event", [{"action": "create"}, HOLD, STAMP])
def test_what_neither_shares_nor_judges_needs_no_target(event: dict[str, Any]) -> None:
    without = read_settings({"CLUSTER_IDENTIFIER": "orders"})

    assert parse_request(event, without, CALLER, now=NOW).target_account_ids == ()
