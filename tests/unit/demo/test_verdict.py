"""The demonstration fails unless everything it promises was seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from demo.history import older_snapshots
from demo.shelf import Shelf, ShelfSnapshot
from demo.tpch import QUALIFIED_TABLES
from demo.verdict import Evidence, faults, result

NOW = datetime(2026, 3, 15, 12, 34, 56, tzinfo=UTC)
TARGET = "058264155998"
NEW = "aca-lambda-snapshot-20260315-123456"


def shelf_of(*identifiers: str, shared_with: tuple[str, ...] = (TARGET,)) -> dict:
    return {
        identifier: ShelfSnapshot(identifier, "available", NOW - timedelta(days=1), shared_with, 1)
        for identifier in identifiers
    }


@pytest.fixture
def good() -> Evidence:
    history = older_snapshots(
        NOW, source_account_id="164543933824", target_account_id=TARGET, retention_days=7
    )
    kept = [older.snapshot_id for older in history if not older.expires]
    rows = dict.fromkeys(QUALIFIED_TABLES, 20_000)
    return Evidence(
        dag_id="redshift_backup__aca-redshift-cluster",
        run_id="manual__1",
        state="success",
        snapshot_id=NEW,
        target_account_id=TARGET,
        prune={"status": "completed", "cleaned_up_snapshots": 8},
        history=history,
        shelf=Shelf(source=shelf_of(NEW, *kept), target=shelf_of(NEW, *kept)),
        loaded_rows=rows,
        restored_rows=dict(rows),
    )


def test_nothing_is_wrong_when_all_was_seen(good: Evidence):
    assert faults(good) == []
    assert result(good) == {
        "dag_id": "redshift_backup__aca-redshift-cluster",
        "run_id": "manual__1",
        "state": "success",
        "snapshot_id": NEW,
        "shared_with": [TARGET],
        "cleaned_up_snapshots": 8,
        "status": "completed",
    }


def test_a_failed_run_is_a_fault(good: Evidence):
    assert faults(replace(good, state="failed")) == ["the run manual__1 ended failed, not success"]


def test_a_snapshot_that_the_target_does_not_see_is_a_fault(good: Evidence):
    target = {name: row for name, row in good.shelf.target.items() if name != NEW}
    wrong = faults(replace(good, shelf=Shelf(good.shelf.source, target)))
    assert wrong == [f"{TARGET} does not see {NEW} by its own call"]


@pytest.mark.parametrize("accounts", [(), ("111122223333",), (TARGET, "111122223333")])
def test_a_share_with_anybody_else_is_a_fault(good: Evidence, accounts: tuple[str, ...]):
    source = {**good.shelf.source, **shelf_of(NEW, shared_with=accounts)}
    (wrong,) = faults(replace(good, shelf=Shelf(source, good.shelf.target)))
    assert wrong.startswith(f"{NEW} is shared with ")


def test_an_expired_snapshot_that_is_left_is_a_fault(good: Evidence):
    left = next(older.snapshot_id for older in good.history if older.expires)
    source = {**good.shelf.source, **shelf_of(left)}
    wrong = faults(replace(good, shelf=Shelf(source, good.shelf.target)))
    assert wrong == [f"{left} has expired, but the source account sees it"]


def test_a_lost_snapshot_is_a_fault(good: Evidence):
    lost = next(older.snapshot_id for older in good.history if not older.expires)
    source = {name: row for name, row in good.shelf.source.items() if name != lost}
    wrong = faults(replace(good, shelf=Shelf(source, good.shelf.target)))
    assert wrong == [f"{lost} must stay, but the source account lost it"]


def test_a_wrong_count_of_pruned_snapshots_is_a_fault(good: Evidence):
    prune = {**good.prune, "cleaned_up_snapshots": 7}
    assert faults(replace(good, prune=prune)) == ["7 snapshots were pruned, 8 had expired"]


def test_missing_rows_in_the_snapshot_are_a_fault(good: Evidence):
    restored = {**good.restored_rows, "tpch.orders": 19_999}
    wrong = faults(replace(good, restored_rows=restored))
    assert wrong == ["tpch.orders: 19999 rows in the snapshot, 20000 in the source"]


def test_a_small_warehouse_is_a_fault(good: Evidence):
    few = dict.fromkeys(QUALIFIED_TABLES, 12_499)
    (wrong,) = faults(replace(good, loaded_rows=few, restored_rows=few))
    assert wrong.startswith("99992 rows in 8 tables were loaded")


def test_the_last_line_says_failed_when_anything_is_wrong(good: Evidence):
    assert result(replace(good, restored_rows={}))["status"] == "failed"
