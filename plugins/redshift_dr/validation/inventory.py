"""What is in a database: its tables, their columns and row counts. Pure.

The views that a user without further rights may read, and that hold what is in the cluster itself:
``SVV_TABLE_INFO`` is for superusers and leaves empty tables out, and the ``SVV_ALL_*`` views ask
the external catalogs too, which a restored cluster without IAM roles cannot.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SCHEMA_VERSION = 1
COUNTED_TOGETHER = 25
"""Tables in one statement: few statements, and a failing one is soon halved to the cause."""

_HERE = (
    "database_name = :database AND schema_name NOT IN ('information_schema', 'pg_catalog')"
    " AND schema_name NOT LIKE 'pg!_%' ESCAPE '!'"
)
TABLES_SQL = (
    "SELECT schema_name, table_name FROM svv_redshift_tables"
    f" WHERE {_HERE} AND table_type = 'TABLE' ORDER BY schema_name, table_name"
)
COLUMNS_SQL = (
    "SELECT schema_name, table_name, column_name, data_type FROM svv_redshift_columns"
    f" WHERE {_HERE} ORDER BY schema_name, table_name, ordinal_position"
)

Name = tuple[str, str]
"""Schema and table."""


@dataclass(frozen=True)
class Table:
    """One table.

    :param columns: type by name, in the table's order.
    :param rows: ``None`` where they could not be counted; ``reason`` says why.
    """

    columns: Mapping[str, str]
    rows: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Inventory:
    """All tables that the reader sees.

    :param started_at: when AWS took the first statement, by AWS's clock.
    """

    started_at: datetime
    tables: Mapping[Name, Table]

    @property
    def row_count(self) -> int:
        """Rows of all counted tables."""
        return sum(table.rows or 0 for table in self.tables.values())

    @property
    def uncounted(self) -> int:
        """How many tables could not be counted."""
        return sum(table.rows is None for table in self.tables.values())

    def as_document(self) -> dict[str, Any]:
        """The inventory as JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "started_at": self.started_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "tables": [
                {
                    "schema": schema,
                    "table": name,
                    "columns": [list(column) for column in table.columns.items()],
                    "rows": table.rows,
                    "reason": table.reason,
                }
                for (schema, name), table in self.tables.items()
            ],
        }


def inventory_of(document: Mapping[str, Any]) -> Inventory:
    """Read :meth:`Inventory.as_document` back.

    :raises ValueError: of another version, or not an inventory at all.
    """
    if document.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(
            f"its schema_version is {document.get('schema_version')!r}, not {SCHEMA_VERSION}"
        )
    try:
        return Inventory(
            datetime.fromisoformat(document["started_at"]),
            {
                (row["schema"], row["table"]): Table(
                    dict(row["columns"]), row["rows"], row["reason"]
                )
                for row in document["tables"]
            },
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"it is not an inventory: {type(error).__name__} {error}") from None


def tables_of(
    names: Iterable[Sequence[Any]], columns: Iterable[Sequence[Any]]
) -> dict[Name, Table]:
    """Put the answers to :data:`TABLES_SQL` and :data:`COLUMNS_SQL` together."""
    found: dict[Name, dict[str, str]] = {(str(row[0]), str(row[1])): {} for row in names}
    for schema, table, column, data_type in columns:
        if (schema, table) in found:
            found[schema, table][column] = data_type
    return {name: Table(types) for name, types in found.items()}


def chunks(names: Sequence[Name]) -> list[list[Name]]:
    """Cut the names into what one statement counts."""
    return [
        list(names[start : start + COUNTED_TOGETHER])
        for start in range(0, len(names), COUNTED_TOGETHER)
    ]


def count_sql(names: Sequence[Name]) -> str:
    """One statement with a row for each table: its position and its count."""
    return "\nUNION ALL ".join(
        f"SELECT {position} AS position, count(*) AS counted FROM {quoted(schema)}.{quoted(table)}"
        for position, (schema, table) in enumerate(names)
    )


def quoted(name: str) -> str:
    """An identifier as SQL takes it, whatever is in it."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
