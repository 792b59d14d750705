"""An inventory is taken with few statements, and as far as there is time."""

from datetime import UTC, datetime
from typing import Any

import pytest

from redshift_dr.validation.data_api import Answer, QueryDeadlineError, QueryError
from redshift_dr.validation.inventory import (
    COLUMNS_SQL,
    TABLES_SQL,
    Inventory,
    Name,
    Table,
    count_sql,
    inventory_of,
    quoted,
)
from redshift_dr.validation.taking import Patience, count_rows, take_inventory

TAKEN = datetime(2026, 11, 20, 2, tzinfo=UTC)


class FakeApi:
    """A database of tables ``s.t0`` and so on with 7 rows each; ``denied`` ones cannot be read."""

    database = "dev"

    def __init__(self, tables: int, denied: tuple[str, ...] = (), *, late: bool = False) -> None:
        self.names: list[Name] = [("s", f"t{number}") for number in range(tables)]
        self.denied, self.late = denied, late
        self.sent: list[str] = []
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def query(self, sql: str, *, timeout_seconds: float, parameters: Any = None) -> Answer:
        self.sent.append(sql)
        if sql == TABLES_SQL:
            return Answer(list(self.names), TAKEN)
        if sql == COLUMNS_SQL:
            return Answer([(*name, "id", "bigint") for name in self.names], TAKEN)
        if self.late:
            raise QueryDeadlineError("no result within 1 seconds; it was cancelled")
        if any(f'"{name}"' in sql for name in self.denied):
            raise QueryError("no SELECT on it")
        return Answer([(number, 7) for number in range(sql.count("count(*)"))], TAKEN)


def test_hundred_tables_take_six_statements() -> None:
    api: Any = FakeApi(100)

    inventory = take_inventory(api, Patience(60), 5)

    assert len(api.sent) == 6
    assert inventory.row_count == 700
    assert inventory.tables["s", "t99"] == Table({"id": "bigint"}, 7)


def test_table_that_cannot_be_read_costs_no_other_its_count() -> None:
    api: Any = FakeApi(25, denied=("t3",))

    counted = count_rows(api, api.names, Patience(60))

    assert counted["s", "t3"] == Table({}, None, "no SELECT on it")
    assert sum(table.rows == 7 for table in counted.values()) == 24
    assert len(api.sent) <= 11


def test_late_count_is_not_asked_for_again() -> None:
    api: Any = FakeApi(25, late=True)

    counted = count_rows(api, api.names, Patience(60))

    assert len(api.sent) == 1
    assert all(table.rows is None for table in counted.values())


def test_nothing_is_asked_for_after_the_deadline_of_the_whole() -> None:
    api: Any = FakeApi(60)
    patience = Patience(60, until=10)
    api.now = 10

    assert count_rows(api, api.names[:1], patience) == {
        ("s", "t0"): Table({}, None, "no time was left for it")
    }
    with pytest.raises(QueryDeadlineError):
        take_inventory(api, patience, 5)
    assert api.sent == []


def test_inventory_survives_its_document() -> None:
    inventory = Inventory(
        TAKEN,
        {("s", "t"): Table({"b": "date", "a": "bigint"}, None, "late"), ("s", "u"): Table({}, 0)},
    )

    assert inventory_of(inventory.as_document()) == inventory
    with pytest.raises(ValueError, match="schema_version is 2, not 1"):
        inventory_of({**inventory.as_document(), "schema_version": 2})
    with pytest.raises(ValueError, match="not an inventory"):
        inventory_of({"schema_version": 1})


def test_names_are_quoted() -> None:
    assert quoted('a"b') == '"a""b"'
    assert count_sql([("s", "select"), ("s", "t")]) == (
        'SELECT 0 AS position, count(*) AS counted FROM "s"."select"\n'
        'UNION ALL SELECT 1 AS position, count(*) AS counted FROM "s"."t"'
    )
