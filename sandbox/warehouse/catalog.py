"""What tables, views and columns a database has."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.warehouse.access import Relation
from sandbox.warehouse.engine import fetch

TEMPORARY = "temp"
"""DuckDB's catalog of temporary tables; its one schema is ``main``."""


@dataclass(frozen=True)
class TableColumn:
    """A column as DuckDB stores it, with what it does not store of Redshift's.

    :param attributes: ``type``, ``length``, ``encoding``, ``distkey``, ``sortkey``, ``identity``.
    """

    name: str
    data_type: str
    is_nullable: bool
    default: str | None
    attributes: dict[str, Any]


@dataclass
class Catalog:
    """The relations that a session may name.

    :param relations: database, schema, name of every table and view; value ``table`` or ``view``.
    """

    connection: Any
    database: str
    search_path: tuple[str, ...]
    relations: dict[Relation, str] = field(default_factory=dict)
    schemas: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def read(cls, connection: Any, database: str, search_path: tuple[str, ...]) -> "Catalog":
        """Read the relations and schemas of all databases of the cluster."""
        catalog = cls(connection, database, search_path)
        for name, schema, table, kind in fetch(
            connection,
            "SELECT database_name, schema_name, table_name, 'table' FROM duckdb_tables()"
            " UNION ALL SELECT database_name, schema_name, view_name, 'view' FROM duckdb_views()"
            " WHERE NOT internal",
        ):
            catalog.relations[name, schema, table] = kind
        catalog.schemas = {
            (name, schema)
            for name, schema in fetch(
                connection, "SELECT database_name, schema_name FROM duckdb_schemas()"
            )
            if schema not in ("main", "information_schema", "pg_catalog")
        }
        return catalog

    def resolve(self, database: str, schema: str, name: str) -> Relation | None:
        """Find the relation that a name means; empty parts are looked up on the search path."""
        for candidate in self._candidates(database, schema, name):
            if candidate in self.relations:
                return candidate
        return None

    def columns(self, relation: Relation) -> list[TableColumn]:
        """Return the columns of a relation in order."""
        rows = fetch(
            self.connection,
            "SELECT column_name, data_type, is_nullable, column_default, comment"
            " FROM duckdb_columns()"
            " WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index",
            list(relation),
        )
        return [
            TableColumn(name, kind, bool(nullable), default, json.loads(comment or "{}"))
            for name, kind, nullable, default, comment in rows
        ]

    def _candidates(self, database: str, schema: str, name: str) -> Iterator[Relation]:
        if schema:
            yield (database or self.database, schema, name)
            return
        yield (TEMPORARY, "main", name)
        for path in self.search_path:
            yield (self.database, path, name)
