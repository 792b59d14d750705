"""Bad events: one clear error that names every fault, and no changing call."""

from datetime import UTC, datetime, timedelta

import pytest

from redshift_backup.errors import (
    BadRequestError,
    ConfigError,
    RefusedError,
    ShareRefusedError,
    SlotRefusedError,
)
from tests.sandbox.redshift_backup.conftest import SOURCE, TARGET, Shelf

STRANGER = "999988887777"
AHEAD = (datetime.now(UTC) + timedelta(days=1)).isoformat()
LONG_AGO = (datetime.now(UTC) - timedelta(days=60)).isoformat()


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        ({"target_account_id": STRANGER}, ShareRefusedError, [STRANGER, TARGET]),
        ({"target_account_id": SOURCE}, ShareRefusedError, [SOURCE]),
        ({"cluster_identifier": "another"}, RefusedError, ["another", "ALLOWED_CLUSTERS"]),
        ({"retention_days": 0}, BadRequestError, ["retention_days", "0"]),
        ({"retention_days": -3}, BadRequestError, ["retention_days", "-3"]),
        ({"retention_days": 1.5}, BadRequestError, ["retention_days", "1.5"]),
        ({"retention_days": "seven"}, BadRequestError, ["retention_days", "seven"]),
        ({"retention_days": "7"}, BadRequestError, ["without quotes"]),
        ({"retention_days": True}, BadRequestError, ["retention_days", "true"]),
        ({"retention_days": None}, BadRequestError, ["retention_days", "null"]),
        ({"retention_days": 6}, RefusedError, ["6", "MINIMUM_RETENTION_DAYS", "7"]),
        ({"retention_day": 9}, BadRequestError, ["retention_day", "did you mean 'retention_days'"]),
        ([], BadRequestError, ["[]", "not an object"]),
        ("backup", BadRequestError, ['"backup"', "not an object"]),
        (None, BadRequestError, ["null", "not an object"]),
        ({"slot": AHEAD}, SlotRefusedError, ["5 minutes ahead"]),
        ({"slot": LONG_AGO}, SlotRefusedError, ["retention of 7 days"]),
        ({"slot": "2025-09-18T14:30:22"}, BadRequestError, ["offset"]),
        ({"slot_end": AHEAD}, BadRequestError, ["slot_end", "without a slot"]),
        ({"dry_run": "false"}, BadRequestError, ["dry_run"]),
        ({"action": "prun"}, BadRequestError, ["did you mean 'prune'", "enabled here"]),
        ({"action": "sweep"}, RefusedError, ["sweep", "enabled here: backup"]),
        ({"action": "share"}, BadRequestError, ["snapshot_id"]),
        ({"action": "status", "keep_weekly": 1}, BadRequestError, ["keep_weekly", "status"]),
        ({"target_account_ids": []}, BadRequestError, ["target_account_ids"]),
        ({"target_account_id": 58264155998}, BadRequestError, ["12 digits"]),
        ({"detail-type": "x", "time": "soon", "detail": {}}, BadRequestError, ["soon"]),
        ({"detail-type": "x", "detail": 3}, BadRequestError, ["detail"]),
    ],
)
def test_a_bad_event_is_refused_before_any_call(
    shelf: Shelf, event: object, kind: type[Exception], words: list[str]
) -> None:
    with pytest.raises(kind) as caught:
        shelf.invoke(event)

    assert type(caught.value) is kind
    assert all(word in str(caught.value) for word in words)
    assert shelf.calls() == []


def test_several_faults_are_all_named_and_a_malformed_one_decides_the_kind(shelf: Shelf) -> None:
    event = {
        "cluster_identifier": "another",
        "target_account_id": STRANGER,
        "retention_days": "seven",
        "slot": AHEAD,
        "dryrun": True,
    }

    with pytest.raises(BadRequestError) as caught:
        shelf.invoke(event)

    message = str(caught.value)
    assert "5 faults" in message
    assert all(word in message for word in ("another", STRANGER, "seven", "ahead", "dryrun"))
    assert shelf.calls() == []


def test_well_formed_faults_of_different_kinds_are_refused_as_one(shelf: Shelf) -> None:
    with pytest.raises(RefusedError) as caught:
        shelf.invoke({"target_account_id": STRANGER, "slot": AHEAD})

    assert type(caught.value) is RefusedError


def test_every_fault_of_the_environment_is_named(shelf: Shelf) -> None:
    shelf.configure(RETENTION_DAYS="seven", MINIMUM_SNAPSHOTS="0", TARGET_ACCOUNT_ID="None")

    with pytest.raises(ConfigError) as caught:
        shelf.invoke({})

    message = str(caught.value)
    assert all(
        name in message for name in ("RETENTION_DAYS", "MINIMUM_SNAPSHOTS", "TARGET_ACCOUNT_ID")
    )
    assert shelf.calls() == []
