"""A restored count must lie between the two inventories; what is not known is never a pass."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from redshift_dr.validation.checks import Check
from redshift_dr.validation.comparison import Baseline, compare, fault_of
from redshift_dr.validation.inventory import Inventory, Name, Table

MOMENT = datetime(2026, 11, 20, 2, 0, 5, 400_000, tzinfo=UTC)
NAME = ("sales", "orders")
ORDERS = Table({"id": "bigint", "day": "date"}, 100)


def inventory(**tables: Table) -> Inventory:
    return Inventory(MOMENT, {("sales", name): table for name, table in tables.items()})


def compared(
    before: Table | None, after: Table | None, restored: Table | None, percent: float = 0.0
) -> Check:
    def only(table: Table | None) -> dict[Name, Table]:
        return {NAME: table} if table else {}

    baseline = Baseline(Inventory(MOMENT, only(before)), Inventory(MOMENT, only(after)))
    (check,) = compare(baseline, only(restored), tolerance_percent=percent)
    return check


def rows(count: int | None) -> Table:
    return replace(ORDERS, rows=count, reason=None if count is not None else "no SELECT on it")


@pytest.mark.parametrize(
    ("before", "after", "restored", "percent", "result"),
    [
        (100, 100, 100, 0, "passed"),
        (100, 100, 99, 0, "failed"),
        (100, 100, 101, 0, "failed"),
        (100, 200, 150, 0, "passed"),
        (100, 200, 200, 0, "passed"),
        (100, 200, 201, 0, "failed"),
        (200, 100, 100, 0, "passed"),
        (200, 100, 99, 0, "failed"),
        (1000, 1000, 990, 1, "passed"),
        (1000, 1000, 989, 1, "failed"),
        (500, 1000, 1010, 1, "passed"),
        (500, 1000, 490, 1, "passed"),
        (500, 1000, 489, 1, "failed"),
        (0, 0, 0, 0, "passed"),
        (0, 0, 1, 0, "failed"),
    ],
)
def test_count_lies_between_the_two_widened_by_the_tolerance(
    before: int, after: int, restored: int, percent: float, result: str
) -> None:
    assert compared(rows(before), rows(after), rows(restored), percent).result == result


def test_count_outside_is_told_with_its_numbers() -> None:
    check = compared(rows(1000), rows(1200), rows(950))

    assert check.name == "sales.orders"
    assert check.message == (
        "950 rows, expected 1,000 to 1,200: 50 too few (4.17 %); tolerance 0 %"
    )
    assert check.numbers["rows_off"] == -50


def test_missing_table_fails() -> None:
    check = compared(rows(7), rows(9), None)

    assert (check.result, check.severity) == ("failed", "error")
    assert check.message == "missing table: it had 7 rows before and 9 rows after"
    assert check.numbers == {"rows_before": 7, "rows_after": 9, "tables_missing": 1}


def test_missing_and_changed_columns_fail_and_are_named() -> None:
    wide = Table({"id": "bigint", "day": "date", "note": "character varying"}, 100)

    check = compared(wide, wide, Table({"id": "integer", "day": "date"}, 100))

    assert check.result == "failed"
    assert check.message == (
        "1 missing columns: note; 1 changed columns: id is integer, not bigint"
    )


def test_all_faults_of_a_table_are_told() -> None:
    check = compared(ORDERS, ORDERS, Table({"id": "bigint"}, 99))

    assert "1 missing columns: day" in check.message
    assert "1 too few" in check.message


def test_column_changed_while_the_snapshot_began_may_be_either() -> None:
    later = Table({"id": "integer", "day": "date", "new": "date"}, 100)

    assert compared(ORDERS, later, ORDERS).result == "passed"
    assert compared(ORDERS, later, later).result == "passed"


@pytest.mark.parametrize("restored", [ORDERS, None])
def test_table_of_one_inventory_only_warns(restored: Table | None) -> None:
    assert compared(None, ORDERS, restored).result == "warned"
    assert compared(ORDERS, None, restored).result == "warned"


def test_table_and_column_that_nobody_knew_warn() -> None:
    more = Table({**ORDERS.columns, "new": "date"}, 100)

    assert compared(None, None, ORDERS).result == "warned"
    assert compared(ORDERS, ORDERS, more).result == "warned"


def test_uncounted_baseline_is_not_comparable_but_its_columns_are() -> None:
    check = compared(rows(None), rows(100), rows(100))

    assert check.result == "not comparable"
    assert check.message == "100 rows, and no count to compare with: no SELECT on it"
    assert compared(rows(None), rows(100), Table({"id": "bigint"}, 100)).result == "failed"


def test_uncounted_restored_table_is_an_error() -> None:
    assert compared(rows(100), rows(100), rows(None)).result == "error"


def test_inventories_must_enclose_the_snapshot() -> None:
    def baseline(before: float, after: float) -> Baseline:
        empty = inventory()
        return Baseline(
            replace(empty, started_at=MOMENT + timedelta(seconds=before)),
            replace(empty, started_at=MOMENT + timedelta(seconds=after)),
        )

    assert fault_of(baseline(-3, 3), MOMENT) is None
    # The snapshot's time has whole seconds.
    assert fault_of(baseline(-0.3, 0), MOMENT.replace(microsecond=0)) is None
    assert fault_of(baseline(2, 3), MOMENT) == (
        "the inventory before it was taken at 2026-11-20T02:00:07Z, the snapshot at"
        " 2026-11-20T02:00:05Z"
    )
    assert (fault_of(baseline(-5, -2), MOMENT) or "").startswith("the inventory after it")
