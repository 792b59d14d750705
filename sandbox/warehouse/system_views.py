"""Redshift's catalog views, computed from DuckDB's catalog when a statement names them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp, parse_one

from sandbox.warehouse.access import Relation
from sandbox.warehouse.ddl import full_name, literal
from sandbox.warehouse.errors import NotModelledError, SqlError
from sandbox.warehouse.relations import free_tables

if TYPE_CHECKING:
    from sandbox.warehouse.session import Session

COLUMN_TYPE = """CASE
  WHEN data_type LIKE 'DECIMAL%' THEN 'numeric'
  WHEN data_type = 'VARCHAR'
    THEN coalesce(json_extract_string(comment, '$.type'), 'character varying')
  WHEN data_type = 'FLOAT' THEN 'real'
  WHEN data_type = 'DOUBLE' THEN 'double precision'
  WHEN data_type = 'TIMESTAMP' THEN 'timestamp without time zone'
  WHEN data_type = 'TIME' THEN 'time without time zone'
  WHEN data_type = 'BLOB' THEN 'binary varying'
  WHEN data_type = 'HUGEINT' THEN 'bigint'
  ELSE lower(data_type) END"""
LENGTH = """CASE WHEN data_type = 'VARCHAR'
  THEN coalesce(TRY_CAST(json_extract_string(comment, '$.length') AS INT), 65535) END"""


def replace_system_views(statement: exp.Expr, session: "Session") -> None:
    """Put a subquery in the place of every catalog view that a statement names.

    :raises SqlError: permission denied.
    :raises NotModelledError: a system view that the sandbox does not have.
    """
    for table in free_tables(statement):
        view = _view_of(table, session)
        if view is None:
            continue
        name = table.name
        subquery = exp.Subquery(this=parse_one(view, read="duckdb"))
        alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(name, quoted=True))
        subquery.set("alias", alias)
        for inner in subquery.find_all(exp.Table):
            inner.meta["bound"] = True
        table.replace(subquery)


def _view_of(table: exp.Table, session: "Session") -> str | None:
    name, schema = table.name, table.db
    if table.meta.get("bound"):
        return None
    if schema == "information_schema":
        builder = INFORMATION_SCHEMA.get(name)
    elif schema in ("", "pg_catalog") and (schema or not _is_users(table, session)):
        builder = SYSTEM_VIEWS.get(name)
        system = name.startswith(("svv_", "stv_", "stl_", "svl_", "sys_", "pg_", "svcs_"))
        if builder is None and not schema and not system:
            return None
    else:
        return None
    if builder is None:
        raise NotModelledError(f"the system view {schema + '.' if schema else ''}{name}")
    return builder(session)


def _is_users(table: exp.Table, session: "Session") -> bool:
    return session.scope.catalog.resolve("", "", table.name) is not None


def _superuser_only(name: str, session: "Session") -> None:
    if not session.user.is_superuser:
        raise SqlError(f"permission denied for relation {name}")


def _seen(session: "Session") -> list[Relation]:
    scope = session.scope
    return sorted(
        relation
        for relation in scope.catalog.relations
        if relation[0] == session.database and scope.access.may_see_table(scope.user, relation)
    )


def _values(columns: str, rows: list[str]) -> str:
    """A constant table; without rows it still has its columns, all text."""
    if rows:
        return f"SELECT * FROM (VALUES {', '.join(rows)}) AS rows({columns})"
    empty = ", ".join(f"NULL::VARCHAR AS {column}" for column in columns.split(", "))
    return f"SELECT {empty} WHERE false"


def _relation_rows(session: "Session") -> str:
    kinds = session.scope.catalog.relations
    rows = [
        f"({literal(d)}, {literal(s)}, {literal(t)}, {literal(kinds[d, s, t])})"
        for d, s, t in _seen(session)
    ]
    return _values("d, s, t, k", rows)


def _column_rows(session: "Session") -> str:
    return (
        f"SELECT c.*, {COLUMN_TYPE} AS redshift_type, {LENGTH} AS redshift_length"
        f" FROM duckdb_columns() AS c JOIN ({_relation_rows(session)}) AS seen"
        " ON seen.d = c.database_name AND seen.s = c.schema_name AND seen.t = c.table_name"
    )


def _tables(session: "Session") -> str:
    return (
        "SELECT d AS table_catalog, s AS table_schema, t AS table_name,"
        " CASE k WHEN 'view' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type,"
        f" NULL::VARCHAR AS remarks FROM ({_relation_rows(session)}) AS seen"
    )


def _all_tables(session: "Session") -> str:
    return (
        "SELECT d AS database_name, s AS schema_name, t AS table_name,"
        " CASE k WHEN 'view' THEN 'VIEW' ELSE 'TABLE' END AS table_type,"
        f" NULL::VARCHAR AS table_acl, NULL::VARCHAR AS remarks"
        f" FROM ({_relation_rows(session)}) AS seen"
    )


def _columns(session: "Session") -> str:
    return (
        "SELECT database_name AS table_catalog, schema_name AS table_schema, table_name,"
        " column_name, column_index AS ordinal_position, column_default,"
        " CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable,"
        " redshift_type AS data_type, redshift_length AS character_maximum_length,"
        " numeric_precision, numeric_scale, NULL::VARCHAR AS remarks"
        f" FROM ({_column_rows(session)}) AS columns"
    )


def _all_columns(session: "Session") -> str:
    return (
        "SELECT database_name, schema_name, table_name, column_name,"
        " column_index AS ordinal_position, column_default,"
        " CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable,"
        " redshift_type AS data_type, redshift_length AS character_maximum_length,"
        " numeric_precision, numeric_scale, NULL::VARCHAR AS remarks"
        f" FROM ({_column_rows(session)}) AS columns"
    )


def _redshift_columns(session: "Session") -> str:
    return (
        "SELECT database_name, schema_name, table_name, column_name,"
        " column_index AS ordinal_position, redshift_type AS data_type, column_default,"
        " CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable,"
        " coalesce(json_extract_string(comment, '$.encoding'), 'none') AS encoding,"
        " coalesce(json_extract_string(comment, '$.distkey') = 'true', false) AS distkey,"
        " coalesce(TRY_CAST(json_extract_string(comment, '$.sortkey') AS INT), 0) AS sortkey,"
        " NULL::VARCHAR AS column_acl, NULL::VARCHAR AS remarks"
        f" FROM ({_column_rows(session)}) AS columns"
    )


def _table_def(session: "Session") -> str:
    path = ", ".join(literal(schema) for schema in session.search_path)
    return (
        'SELECT schema_name AS schemaname, table_name AS tablename, column_name AS "column",'
        " redshift_type || CASE WHEN redshift_length IS NOT NULL"
        " THEN '(' || redshift_length || ')' WHEN redshift_type = 'numeric'"
        " THEN '(' || numeric_precision || ',' || numeric_scale || ')' ELSE '' END AS \"type\","
        " coalesce(json_extract_string(comment, '$.encoding'), 'none') AS encoding,"
        " coalesce(json_extract_string(comment, '$.distkey') = 'true', false) AS distkey,"
        " coalesce(TRY_CAST(json_extract_string(comment, '$.sortkey') AS INT), 0) AS sortkey,"
        ' NOT is_nullable AS "notnull"'
        f" FROM ({_column_rows(session)}) AS columns WHERE schema_name IN ({path})"
    )


def _counts(session: "Session") -> str:
    kinds = session.scope.catalog.relations
    queries = [
        f"SELECT {literal(relation[1])} AS s, {literal(relation[2])} AS t,"
        f" {position} AS id, count(*) AS n FROM {full_name(relation)}"
        for position, relation in enumerate(_seen(session), start=100_000)
        if kinds[relation] == "table"
    ]
    if not queries:
        return "SELECT '' AS s, '' AS t, 0 AS id, 0 AS n WHERE false"
    return " UNION ALL ".join(queries)


def _table_info(session: "Session") -> str:
    _superuser_only("svv_table_info", session)
    database = literal(session.database)
    return (
        f'SELECT {database} AS "database", c.s AS "schema", c.id AS table_id, c.t AS "table",'
        " 'Y, AUTO(ENCODE)' AS encoded,"
        " coalesce(json_extract_string(d.comment, '$.diststyle'), 'AUTO(EVEN)') AS diststyle,"
        " k.sortkey1, 0 AS max_varchar, NULL::VARCHAR AS sortkey1_enc,"
        " coalesce(k.n, 0) AS sortkey_num,"
        ' greatest(1, (d.estimated_size * d.column_count * 8) // 1048576) AS "size",'
        " 0.01 AS pct_used, 0 AS empty, 0.0 AS unsorted, 0.0 AS stats_off,"
        " c.n::DECIMAL(38, 0) AS tbl_rows, NULL::DECIMAL(19, 2) AS skew_sortkey1,"
        " NULL::DECIMAL(19, 2) AS skew_rows, c.n::DECIMAL(38, 0) AS estimated_visible_rows,"
        " NULL::VARCHAR AS risk_event, NULL::DECIMAL(19, 2) AS vacuum_sort_benefit"
        f" FROM ({_counts(session)}) AS c JOIN duckdb_tables() AS d"
        f" ON d.database_name = {database} AND d.schema_name = c.s AND d.table_name = c.t"
        " LEFT JOIN (SELECT schema_name, table_name, min(column_name) FILTER"
        " (json_extract_string(comment, '$.sortkey') = '1') AS sortkey1, count(*) AS n"
        f" FROM duckdb_columns() WHERE database_name = {database}"
        " AND json_extract_string(comment, '$.sortkey') IS NOT NULL GROUP BY ALL) AS k"
        " ON k.schema_name = c.s AND k.table_name = c.t WHERE c.n > 0"
    )


def _table_permanent(session: "Session") -> str:
    _superuser_only("stv_tbl_perm", session)
    return (
        'SELECT 0 AS slice, id, t AS name, n AS "rows", n AS sorted_rows, 0 AS temp,'
        f" 100 AS db_id, 0 AS backup FROM ({_counts(session)}) AS counts"
    )


def _users(session: "Session") -> str:
    users = {session.admin_name: True, **session.warehouse.access.users}
    rows = [
        f"({literal(name)}, {number}, {str(is_super).lower()}, {str(is_super).lower()})"
        for number, (name, is_super) in enumerate(users.items(), start=100)
    ]
    return _values("usename, usesysid, usecreatedb, usesuper", rows)


def _databases(session: "Session") -> str:
    rows = [
        f"({literal(name)}, {number}, 100, true)"
        for number, name in enumerate(session.warehouse.engine.databases, start=100)
    ]
    return _values("datname, oid, datdba, datallowconn", rows)


def _namespaces(session: "Session") -> str:
    schemas = sorted(s for d, s in session.scope.catalog.schemas if d == session.database)
    rows = [f"({n}, {literal(name)}, 100)" for n, name in enumerate(schemas, start=2200)]
    return _values("oid, nspname, nspowner", rows)


def _all_schemas(session: "Session") -> str:
    return (
        f"SELECT {literal(session.database)} AS database_name, nspname AS schema_name,"
        " nspowner AS schema_owner, 'local' AS schema_type, NULL::VARCHAR AS schema_acl,"
        f" NULL::VARCHAR AS source_database FROM ({_namespaces(session)}) AS namespaces"
    )


def _schemata(session: "Session") -> str:
    return (
        f"SELECT {literal(session.database)} AS catalog_name, nspname AS schema_name,"
        f" {literal(session.admin_name)} AS schema_owner"
        f" FROM ({_namespaces(session)}) AS namespaces"
    )


def _pg_tables(session: "Session") -> str:
    owners = session.warehouse.access.table_owners
    rows = [
        f"({literal(r[1])}, {literal(r[2])}, {literal(owners.get(r, session.admin_name))})"
        for r in _seen(session)
        if session.scope.catalog.relations[r] == "table"
    ]
    return _values("schemaname, tablename, tableowner", rows)


def _primary_keys(session: "Session") -> str:
    return (
        "SELECT database_name AS constraint_catalog, schema_name AS constraint_schema,"
        " table_name || '_pkey' AS constraint_name, database_name AS table_catalog,"
        " schema_name AS table_schema, table_name,"
        " unnest(from_json(json_extract(comment, '$.primary_key'), '[\"VARCHAR\"]')) AS column_name"
        f" FROM duckdb_tables() WHERE database_name = {literal(session.database)}"
        " AND comment IS NOT NULL"
    )


def _table_constraints(session: "Session") -> str:
    return (
        "SELECT DISTINCT constraint_catalog, constraint_schema, constraint_name, table_catalog,"
        " table_schema, table_name, 'PRIMARY KEY' AS constraint_type"
        f" FROM ({_primary_keys(session)}) AS keys"
    )


def _load_errors(session: "Session") -> str:
    rows = [
        "(" + ", ".join(literal(part) for part in row.as_text()) + ")"
        for row in session.warehouse.load_errors
        if session.user.is_superuser or row.user_name == session.user.name
    ]
    columns = (
        "starttime, query, filename, line_number, colname, type, col_length, position,"
        " raw_line, raw_field_value, err_code, err_reason"
    )
    return _values(columns, rows)


SYSTEM_VIEWS: dict[str, Callable[["Session"], str]] = {
    "svv_tables": _tables,
    "svv_all_tables": _all_tables,
    "svv_redshift_tables": _all_tables,
    "svv_columns": _columns,
    "svv_all_columns": _all_columns,
    "svv_redshift_columns": _redshift_columns,
    "svv_table_info": _table_info,
    "svv_all_schemas": _all_schemas,
    "svv_redshift_schemas": _all_schemas,
    "pg_table_def": _table_def,
    "stv_tbl_perm": _table_permanent,
    "stl_load_errors": _load_errors,
    "pg_user": _users,
    "pg_database": _databases,
    "pg_namespace": _namespaces,
    "pg_tables": _pg_tables,
}
INFORMATION_SCHEMA: dict[str, Callable[["Session"], str]] = {
    "tables": _tables,
    "columns": _columns,
    "schemata": _schemata,
    "table_constraints": _table_constraints,
    "key_column_usage": _primary_keys,
}
