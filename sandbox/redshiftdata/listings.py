"""Databases, schemas, tables and columns, as the user who connects sees them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.redshiftdata.errors import DatabaseConnectionError, LoginError, ValidationError
from sandbox.redshiftdata.login import Target
from sandbox.warehouse.errors import NoSuchWarehouseError, SqlError
from sandbox.warehouse.session import Session

SYSTEM_SCHEMAS = ("information_schema", "pg_catalog")
TYPES = {
    "bigint": "int8",
    "integer": "int4",
    "smallint": "int2",
    "boolean": "bool",
    "real": "float4",
    "double precision": "float8",
    "character": "bpchar",
    "character varying": "varchar",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
}


def list_databases(target: Target, request: dict[str, Any]) -> list[str]:
    """Return the names of a cluster's databases."""
    with _session(target) as session:
        return list(session.warehouse.engine.databases)


def list_schemas(target: Target, request: dict[str, Any]) -> list[str]:
    """Return the schemas that match ``SchemaPattern``."""
    with _session(target) as session:
        schemas = {s for d, s in session.scope.catalog.schemas if d == _listed(request)}
    matches = _matcher(request.get("SchemaPattern"))
    return sorted(schema for schema in {*schemas, *SYSTEM_SCHEMAS} if matches(schema))


def list_tables(target: Target, request: dict[str, Any]) -> list[dict[str, str]]:
    """Return the user's tables and views that match both patterns."""
    in_schema = _matcher(request.get("SchemaPattern"))
    matches = _matcher(request.get("TablePattern"))
    with _session(target) as session:
        scope = session.scope
        return [
            {"name": name, "schema": schema, "type": kind.upper()}
            for (database, schema, name), kind in sorted(scope.catalog.relations.items())
            if database == _listed(request)
            and in_schema(schema)
            and matches(name)
            and scope.access.may_see_table(scope.user, (database, schema, name))
        ]


def describe_table(target: Target, request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return ColumnMetadata of a table; nothing for one that is not there or not to be seen."""
    if not request.get("Table"):
        raise ValidationError("Table is required to describe a table")
    schema, table = request.get("Schema") or "public", request["Table"]
    query = (
        "SELECT column_name, data_type, is_nullable, column_default, character_maximum_length,"
        " numeric_precision, numeric_scale FROM svv_columns"
        f" WHERE table_schema = '{_escape(schema)}' AND table_name = '{_escape(table)}'"
        " ORDER BY ordinal_position"
    )
    with _session(target) as session:
        rows = session.execute(query).rows
    return [_column(row, schema, table) for row in rows]


def _column(row: tuple[Any, ...], schema: str, table: str) -> dict[str, Any]:
    name, kind, nullable, default, length, precision, scale = row
    column = {
        "name": name,
        "label": name,
        "typeName": TYPES.get(kind, kind),
        "nullable": 1 if nullable == "YES" else 0,
        "length": length or 0,
        "precision": precision or length or 0,
        "scale": scale or 0,
        "schemaName": schema,
        "tableName": table,
        "isCaseSensitive": length is not None,
        "isCurrency": False,
        "isSigned": precision is not None,
    }
    return column if default is None else {**column, "columnDefault": default}


@contextmanager
def _session(target: Target) -> Iterator[Session]:
    try:
        warehouse = target.find_warehouse()
        with warehouse.lock:
            user, admin_name = target.log_in(warehouse)
            session = Session(warehouse, target.database, user, admin_name=admin_name)
            try:
                yield session
            finally:
                session.close()
    except (LoginError, NoSuchWarehouseError) as error:
        raise DatabaseConnectionError(str(error)) from error
    except SqlError as error:
        raise ValidationError(str(error)) from error


def _listed(request: dict[str, Any]) -> str:
    return str(request["Database"]).lower()


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")


def _matcher(pattern: str | None) -> Callable[[str], bool]:
    """Make a test of an SQL pattern; without one everything matches."""
    if not pattern:
        return lambda _: True
    text = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)
    return lambda name: re.fullmatch(text, name) is not None
