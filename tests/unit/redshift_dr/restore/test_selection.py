"""Which snapshot a drill restores."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_dr.restore.failure import Failure
from redshift_dr.restore.selection import Choice, select_snapshot

NOW = datetime(2026, 11, 29, 6, tzinfo=UTC)
CHOICE = Choice("orders", "164543933824", "058264155998", None, 26)


def snapshot(name: str, hours: float, **fields: Any) -> dict[str, Any]:
    return {
        "SnapshotIdentifier": name,
        "ClusterIdentifier": "orders",
        "OwnerAccount": "164543933824",
        "SnapshotType": "manual",
        "Status": "available",
        "SnapshotCreateTime": NOW - timedelta(hours=hours),
        "Encrypted": True,
        "KmsKeyId": "arn:aws:kms:us-east-1:164543933824:key/1",
        "NodeType": "ra3.large",
        "NumberOfNodes": 2,
        "RestorableNodeTypes": ["ra3.large"],
        "TotalBackupSizeInMegaBytes": 5.0,
        **fields,
    }


NEWEST = snapshot("orders-lambda-snapshot-20261129-020000", 4)
OLDER = snapshot("orders-lambda-snapshot-20261128-090000", 21)


def chosen(*rows: dict[str, Any], choice: Choice = CHOICE) -> Any:
    return select_snapshot(rows, choice, now=NOW)


def test_newest_available_backup_is_chosen_with_its_facts() -> None:
    found = chosen(OLDER, NEWEST)

    assert found["snapshot_id"] == NEWEST["SnapshotIdentifier"]
    assert found["slot"] == "2026-11-29T02:00:00Z"
    assert (found["age_hours"], found["maximum_age_hours"]) == (4.0, 26)
    assert found["kms_key_id"] == NEWEST["KmsKeyId"]


@pytest.mark.parametrize(
    "other",
    [
        snapshot("orders-lambda-snapshot-20261129-030000", 3, Status="creating"),
        snapshot("orders-lambda-snapshot-20261129-030000", 3, ClusterIdentifier="sales"),
        snapshot("orders-lambda-snapshot-20261129-030000", 3, OwnerAccount="111122223333"),
        snapshot("orders-lambda-snapshot-20261129-030000", 3, SnapshotType="automated"),
        snapshot("by-hand", 3),
    ],
    ids=["creating", "other cluster", "other owner", "automated", "no slot in the name"],
)
def test_newer_snapshot_that_is_no_backup_is_not_chosen(other: dict[str, Any]) -> None:
    assert chosen(NEWEST, other)["snapshot_id"] == NEWEST["SnapshotIdentifier"]


def test_snapshot_over_the_maximum_age_fails_with_both_numbers() -> None:
    failure = chosen(snapshot("orders-lambda-snapshot-20261127-235900", 30.02))

    assert isinstance(failure, Failure)
    assert "30.0 hours old, and 26 hours are allowed" in failure.error
    assert not failure.retry


def test_snapshot_of_just_the_maximum_age_is_chosen() -> None:
    assert chosen(snapshot("orders-lambda-snapshot-20261128-040000", 26))["age_hours"] == 26.0


def test_nothing_visible_names_both_accounts() -> None:
    failure = chosen()

    assert isinstance(failure, Failure)
    assert "058264155998 sees no available backup of orders" in failure.error
    assert "164543933824" in failure.error


def test_named_snapshot_is_chosen_whatever_its_name() -> None:
    choice = replace(CHOICE, snapshot_id="month-end", maximum_age_hours=1000)

    found = chosen(snapshot("month-end", 700), choice=choice)

    assert (found["snapshot_id"], found["slot"]) == ("month-end", None)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (snapshot("other", 1), "sees no snapshot month-end"),
        (snapshot("month-end", 1, ClusterIdentifier="sales"), "is of cluster sales"),
        (snapshot("month-end", 1, Status="creating"), "month-end is creating, not available"),
        (snapshot("month-end", 30), "30.0 hours old, and 26 hours are allowed"),
    ],
)
def test_named_snapshot_that_cannot_be_restored_is_refused(row: dict[str, Any], words: str) -> None:
    failure = chosen(row, choice=replace(CHOICE, snapshot_id="month-end"))

    assert isinstance(failure, Failure)
    assert words in failure.error
