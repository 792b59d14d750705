"""Statements that are not queries: transactions, schemas, databases, settings, maintenance."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot.tokenizer_core import Token

from sandbox.warehouse.copying import run_copy
from sandbox.warehouse.engine import quote
from sandbox.warehouse.errors import NotModelledError, SqlError
from sandbox.warehouse.grants import (
    alter_user,
    change_group,
    create_user,
    drop_user,
    grant,
    require_user,
)
from sandbox.warehouse.reader import Reader
from sandbox.warehouse.results import Column, Result
from sandbox.warehouse.unloading import run_unload

if TYPE_CHECKING:
    from sandbox.warehouse.session import Session

Handler = Callable[[Reader, "Session"], Result]
TRANSACTIONS = ("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT")
OUTSIDE_TRANSACTIONS = (("VACUUM",), ("CREATE", "DATABASE"), ("DROP", "DATABASE"))
REFUSED = (
    "ALTER DATABASE",
    "ALTER DATASHARE",
    "ALTER DEFAULT PRIVILEGES",
    "ALTER EXTERNAL",
    "ALTER FUNCTION",
    "ALTER MATERIALIZED",
    "ALTER PROCEDURE",
    "ALTER ROLE",
    "ALTER SCHEMA",
    "ALTER SYSTEM",
    "CALL",
    "CANCEL",
    "CLOSE",
    "COMMENT",
    "CREATE DATASHARE",
    "CREATE EXTERNAL",
    "CREATE FUNCTION",
    "CREATE LIBRARY",
    "CREATE MASKING",
    "CREATE MATERIALIZED",
    "CREATE MODEL",
    "CREATE OR REPLACE EXTERNAL",
    "CREATE OR REPLACE FUNCTION",
    "CREATE OR REPLACE LIBRARY",
    "CREATE OR REPLACE PROCEDURE",
    "CREATE PROCEDURE",
    "CREATE RLS",
    "CREATE ROLE",
    "DEALLOCATE",
    "DECLARE",
    "DROP DATASHARE",
    "DROP EXTERNAL",
    "DROP FUNCTION",
    "DROP LIBRARY",
    "DROP MATERIALIZED",
    "DROP MODEL",
    "DROP PROCEDURE",
    "DROP ROLE",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "LOCK",
    "PREPARE",
    "REFRESH MATERIALIZED",
    "RESET",
)
"""First words of statements that Redshift has and the sandbox has not."""
IGNORED_SETTINGS = {
    "query_group",
    "statement_timeout",
    "enable_result_cache_for_session",
    "wlm_query_slot_count",
    "datestyle",
    "extra_float_digits",
    "application_name",
    "client_encoding",
    "analyze_threshold_percent",
}
"""Settings that change nothing the sandbox does, or name its only behaviour."""


def controls_transaction(tokens: list[Token]) -> bool:
    """Tell whether a statement opens or ends a transaction."""
    return tokens[0].text.upper() in TRANSACTIONS


def runs_alone(tokens: list[Token]) -> bool:
    """Tell whether a statement may not run inside a transaction."""
    words = [token.text.upper() for token in tokens[:2]]
    return any(words[: len(head)] == list(head) for head in OUTSIDE_TRANSACTIONS)


def knows(tokens: list[Token]) -> bool:
    """Tell whether :func:`run` takes a statement."""
    return _handler(tokens) is not None


def run(sql: str, session: "Session") -> Result:
    """Run one of these statements."""
    reader = Reader(sql)
    if reader.word in TRANSACTIONS:
        return _transaction(reader, session)
    tokens = reader.tokens
    if session.in_transaction and runs_alone(tokens):
        words = " ".join(
            token.text.upper() for token in tokens[: 1 if reader.word == "VACUUM" else 2]
        )
        raise SqlError(f"{words} cannot run inside a transaction block")
    handler = _handler(tokens)
    if handler is None:
        raise reader.error()
    return handler(reader, session)


def _transaction(reader: Reader, session: "Session") -> Result:
    word = reader.name().upper()
    if word in ("BEGIN", "START"):
        session.begin()
    elif word in ("COMMIT", "END"):
        session.commit()
    else:
        session.rollback()
    return Result()


def _vacuum(reader: Reader, session: "Session") -> Result:
    """Accept VACUUM: there is nothing to sort or reclaim."""
    reader.expect("VACUUM")
    for words in (("FULL",), ("SORT", "ONLY"), ("DELETE", "ONLY"), ("REINDEX",), ("RECLUSTER",)):
        reader.take(*words)
    if not reader.is_done and reader.word != "TO":
        _require_relation(reader, session)
    return Result()


def _analyze(reader: Reader, session: "Session") -> Result:
    """Accept ANALYZE: DuckDB keeps its own statistics."""
    reader.expect("ANALYZE")
    if reader.take("COMPRESSION"):
        raise NotModelledError("ANALYZE COMPRESSION")
    reader.take("VERBOSE")
    if not reader.is_done and reader.word != "PREDICATE":
        _require_relation(reader, session)
    return Result()


def _require_relation(reader: Reader, session: "Session") -> None:
    parts = ["", "", *reader.path()][-3:]
    if session.scope.catalog.resolve(parts[0], parts[1], parts[2]) is None:
        raise SqlError(f'relation "{".".join(part for part in parts if part)}" does not exist')


def _create_schema(reader: Reader, session: "Session") -> Result:
    reader.expect("CREATE", "SCHEMA")
    exists = reader.take("IF", "NOT", "EXISTS")
    name = reader.name()
    owner = session.user.name
    if reader.take("AUTHORIZATION"):
        owner = reader.name()
        require_user(owner, session)
    if reader.take("QUOTA"):
        raise NotModelledError("CREATE SCHEMA ... QUOTA")
    reader.end()
    key = (session.database, name)
    if key in session.scope.catalog.schemas:
        if exists:
            return Result()
        raise SqlError(f'Schema "{name}" already exists')
    if not session.user.is_superuser:
        raise SqlError(f"permission denied for database {session.database}")
    session.change(f"CREATE SCHEMA {quote(session.database)}.{quote(name)}")
    session.warehouse.access.schema_owners[key] = owner
    return Result()


def _drop_schema(reader: Reader, session: "Session") -> Result:
    reader.expect("DROP", "SCHEMA")
    exists = reader.take("IF", "EXISTS")
    names = reader.names()
    cascade = reader.take("CASCADE")
    reader.take("RESTRICT")
    reader.end()
    for name in names:
        _drop_one_schema(name, session, exists=exists, cascade=cascade)
    return Result()


def _drop_one_schema(name: str, session: "Session", *, exists: bool, cascade: bool) -> None:
    key = (session.database, name)
    catalog, access = session.scope.catalog, session.warehouse.access
    if key not in catalog.schemas:
        if exists:
            return
        raise SqlError(f'Schema "{name}" does not exist')
    if not session.user.is_superuser and access.schema_owners.get(key) != session.user.name:
        raise SqlError(f"must be owner of schema {name}")
    if not cascade and any(relation[:2] == key for relation in catalog.relations):
        raise SqlError(f"cannot drop schema {name} because other objects depend on it")
    session.change(f"DROP SCHEMA {quote(session.database)}.{quote(name)} CASCADE")
    access.forget_schema(session.database, name)


def _create_database(reader: Reader, session: "Session") -> Result:
    reader.expect("CREATE", "DATABASE")
    name = reader.name()
    if not reader.is_done:
        raise NotModelledError(f"CREATE DATABASE ... {reader.word}")
    if not session.user.is_superuser:
        raise SqlError("permission denied to create database")
    if name in session.warehouse.engine.databases:
        raise SqlError(f'database "{name}" already exists')
    if not name.replace("_", "").isalnum():
        raise SqlError(f'"{name}" is not a valid database name')
    session.warehouse.engine.create_database(name)
    session.warehouse.changed()
    return Result()


def _drop_database(reader: Reader, session: "Session") -> Result:
    reader.expect("DROP", "DATABASE")
    name = reader.name()
    reader.end()
    if not session.user.is_superuser:
        raise SqlError(f"must be owner of database {name}")
    if name not in session.warehouse.engine.databases:
        raise SqlError(f'database "{name}" does not exist')
    if name == session.database:
        raise SqlError("cannot drop the currently open database")
    session.warehouse.engine.drop_database(name)
    session.warehouse.changed()
    return Result()


def _change_owner(reader: Reader, session: "Session") -> Result:
    reader.expect("ALTER", "TABLE")
    parts = ["", "", *reader.path()][-3:]
    reader.expect("OWNER", "TO")
    owner = reader.name()
    reader.end()
    relation = session.scope.catalog.resolve(parts[0], parts[1], parts[2])
    if relation is None:
        raise SqlError(f'relation "{".".join(part for part in parts if part)}" does not exist')
    if not session.warehouse.access.owns_table(session.user, relation):
        raise SqlError(f"must be owner of relation {relation[2]}")
    require_user(owner, session)
    session.warehouse.access.table_owners[relation] = owner
    session.warehouse.changed()
    return Result()


def _set(reader: Reader, session: "Session") -> Result:
    reader.expect("SET")
    if reader.word in ("SESSION", "LOCAL"):
        reader.text()
    name = reader.name()
    if not reader.take("TO"):
        reader.expect("=")
    if name != "search_path":
        if name not in IGNORED_SETTINGS:
            raise NotModelledError(f"SET {name}")
        return Result()
    path = [reader.text().lower()]
    while reader.take(","):
        path.append(reader.text().lower())
    session.search_path = tuple(part for part in path if part not in ("$user", "'$user'"))
    return Result()


def _show(reader: Reader, session: "Session") -> Result:
    reader.expect("SHOW")
    name = reader.name()
    if name != "search_path" or not reader.is_done:
        raise NotModelledError(f"SHOW {name}")
    text = ", ".join(session.search_path)
    return Result(1, True, (Column("search_path", "varchar", 65535, 0, 65535),), [(text,)])


def _handler(tokens: list[Token]) -> Handler | None:
    words = [token.text.upper() for token in tokens]
    if words[:2] == ["ALTER", "TABLE"] and "OWNER" in words[3:7] and "TO" in words[4:8]:
        return _change_owner
    for head, handler in HANDLERS.items():
        if tuple(words[: len(head)]) == head:
            return handler
    return None


def _after(*head: str, run_rest: Handler) -> Handler:
    def handler(reader: Reader, session: "Session") -> Result:
        reader.expect(*head)
        return run_rest(reader, session)

    return handler


def _group(verb: str) -> Handler:
    return _after(
        verb, "GROUP", run_rest=lambda reader, session: change_group(reader, session, verb)
    )


def _refused(head: str) -> Handler:
    def handler(reader: Reader, session: "Session") -> Result:
        raise NotModelledError(head)

    return handler


HANDLERS: dict[tuple[str, ...], Handler] = {
    ("COPY",): run_copy,
    ("UNLOAD",): run_unload,
    ("VACUUM",): _vacuum,
    ("ANALYZE",): _analyze,
    ("GRANT",): grant,
    ("REVOKE",): grant,
    ("CREATE", "USER"): _after("CREATE", "USER", run_rest=create_user),
    ("ALTER", "USER"): _after("ALTER", "USER", run_rest=alter_user),
    ("DROP", "USER"): _after("DROP", "USER", run_rest=drop_user),
    ("CREATE", "GROUP"): _group("CREATE"),
    ("ALTER", "GROUP"): _group("ALTER"),
    ("DROP", "GROUP"): _group("DROP"),
    ("CREATE", "SCHEMA"): _create_schema,
    ("DROP", "SCHEMA"): _drop_schema,
    ("CREATE", "DATABASE"): _create_database,
    ("DROP", "DATABASE"): _drop_database,
    ("SET",): _set,
    ("SHOW",): _show,
    **{tuple(head.split()): _refused(head) for head in REFUSED},
}
