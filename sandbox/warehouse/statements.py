"""Statements that sqlglot parses: bound to relations, checked, and given to DuckDB."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from sandbox.warehouse import relations
from sandbox.warehouse.access import Relation
from sandbox.warehouse.catalog import TEMPORARY
from sandbox.warehouse.ddl import (
    define_added_column,
    define_like,
    define_table,
    full_name,
    table_properties,
)
from sandbox.warehouse.dialect import syntax_error
from sandbox.warehouse.engine import quote
from sandbox.warehouse.errors import NotModelledError, SqlError
from sandbox.warehouse.results import Result
from sandbox.warehouse.rewrite import name_results
from sandbox.warehouse.system_views import replace_system_views

if TYPE_CHECKING:
    from sandbox.warehouse.session import Session

DEFAULT_SCHEMA = "public"


def run(statement: exp.Expr, session: "Session") -> Result:
    """Run one parsed statement.

    :raises SqlError: it is wrong, not allowed, or not modelled.
    """
    relations.fold_identifiers(statement)
    if isinstance(statement, exp.Select) and statement.args.get("into"):
        statement = _into_create(statement)
    for kind, handler in HANDLERS.items():
        if isinstance(statement, kind):
            return handler(statement, session)
    if isinstance(statement, (exp.Column, exp.Alias, exp.Identifier)):
        raise syntax_error(statement.sql("redshift"))
    raise NotModelledError(f"the statement {statement.key.upper()}")


def bind_query(statement: exp.Expr, session: "Session") -> str:
    """Turn a query, read as Redshift, into DuckDB's SQL.

    :raises SqlError: it is no query, or names what is not there.
    """
    if not isinstance(statement, exp.Query):
        raise SqlError("UNLOAD takes a SELECT")
    relations.fold_identifiers(statement)
    name_results(statement)
    _bind_all(statement, session)
    return session.to_duckdb(statement)


def _query(statement: exp.Expr, session: "Session") -> Result:
    name_results(statement)
    _bind_all(statement, session)
    return session.query(session.to_duckdb(statement))


def _bind_all(statement: exp.Expr, session: "Session") -> None:
    replace_system_views(statement, session)
    for table in relations.free_tables(statement):
        if not table.meta.get("bound"):
            relations.bind(table, session.scope, "SELECT")


def _change(privilege: str) -> Callable[[exp.Expr, "Session"], Result]:
    def run_change(statement: exp.Expr, session: "Session") -> Result:
        target = _target(statement)
        relation = relations.find(target, session.scope)
        _refuse_view(relation, session)
        _refuse_other_database(relation, session)
        relations.bind(target, session.scope, privilege)
        target.meta["bound"] = True
        if isinstance(statement, exp.Insert):
            _refuse_identity(statement, relation, session)
        _bind_all(statement, session)
        return session.change(session.to_duckdb(statement))

    return run_change


def _target(statement: exp.Expr) -> exp.Table:
    target = statement.this
    table: exp.Table = target.this if isinstance(target, exp.Schema) else target
    return table


def _refuse_view(relation: Relation, session: "Session") -> None:
    if session.scope.catalog.relations[relation] == "view":
        raise SqlError(f'cannot change "{relation[2]}": it is a view')


def _refuse_other_database(relation: Relation, session: "Session") -> None:
    if relation[0] not in (session.database, TEMPORARY):
        raise SqlError(
            f'cross-database reference "{".".join(relation)}" is read-only:'
            " connect to the database to change it"
        )


def _refuse_identity(statement: exp.Insert, relation: Relation, session: "Session") -> None:
    columns = session.scope.catalog.columns(relation)
    fixed = {
        column.name
        for column in columns
        if "identity" in column.attributes and not column.attributes.get("identity_by_default")
    }
    named = (
        {part.name for part in statement.this.expressions}
        if isinstance(statement.this, exp.Schema)
        else {column.name for column in columns}
    )
    if fixed & named and not statement.args.get("default"):
        raise SqlError("cannot set an identity column to a value")


def _create(statement: exp.Create, session: "Session") -> Result:
    kind = str(statement.args.get("kind")).upper()
    if kind == "TABLE":
        return _create_table(statement, session)
    if kind == "VIEW":
        return _create_view(statement, session)
    raise NotModelledError(f"CREATE {kind}")


def _into_create(select: exp.Select) -> exp.Create:
    into = select.args["into"]
    select.set("into", None)
    return exp.Create(this=into.this, kind="TABLE", expression=select)


def _new_relation(statement: exp.Create, session: "Session") -> Relation:
    table = _target(statement)
    temporary = any(isinstance(rule, exp.TemporaryProperty) for rule in table_properties(statement))
    if temporary or table.name.startswith("#"):
        relation = (TEMPORARY, "main", table.name)
        relations.qualify(table, relation)
        return relation
    return relations.place_new(table, session.scope)


def _create_table(statement: exp.Create, session: "Session") -> Result:
    relation = _new_relation(statement, session)
    if relation in session.scope.catalog.relations:
        if statement.args.get("exists"):
            return Result()
        raise SqlError(f'Relation "{relation[2]}" already exists')
    result = Result()
    if statement.expression is not None:
        result = _create_table_as(statement, relation, session)
    else:
        like = statement.this.find(exp.LikeProperty)
        if like is not None:
            source = relations.bind(like.this, session.scope, "SELECT")
            columns = session.scope.catalog.columns(source)
            definition = define_like(relation, columns, bool(statement.args.get("exists")))
        else:
            session.prepare(statement)
            definition = define_table(statement, relation)
        for text in definition.statements:
            session.change(text)
    if relation[0] != TEMPORARY:
        session.warehouse.access.table_owners[relation] = session.user.name
    return result


def _create_table_as(statement: exp.Create, relation: Relation, session: "Session") -> Result:
    query = statement.expression
    if isinstance(query, exp.Subquery):
        query = query.this
    name_results(query)
    _target(statement).meta["bound"] = True
    _bind_all(query, session)
    temporary = "TEMPORARY " if relation[0] == TEMPORARY else ""
    columns = ""
    if isinstance(statement.this, exp.Schema) and statement.this.expressions:
        columns = f" ({', '.join(quote(part.name) for part in statement.this.expressions)})"
    text = session.to_duckdb(query)
    return session.change(f"CREATE {temporary}TABLE {full_name(relation)}{columns} AS {text}")


def _create_view(statement: exp.Create, session: "Session") -> Result:
    properties = statement.args.get("properties")
    if properties and properties.find(exp.MaterializedProperty):
        raise NotModelledError("CREATE MATERIALIZED VIEW")
    relation = relations.place_new(_target(statement), session.scope)
    if relation in session.scope.catalog.relations and not statement.args.get("replace"):
        raise SqlError(f'Relation "{relation[2]}" already exists')
    query = statement.expression
    if isinstance(query, exp.Subquery):
        query = query.this
    name_results(query)
    _bind_all(query, session)
    text = session.to_duckdb(query)
    session.change(f"CREATE OR REPLACE VIEW {full_name(relation)} AS {text}")
    session.warehouse.access.table_owners[relation] = session.user.name
    return Result()


def _drop(statement: exp.Drop, session: "Session") -> Result:
    kind = str(statement.args.get("kind")).upper()
    if kind not in ("TABLE", "VIEW"):
        raise NotModelledError(f"DROP {kind}")
    for table in statement.args["tables"]:
        _drop_relation(table, kind, statement, session)
    return Result()


def _drop_relation(table: exp.Table, kind: str, statement: exp.Drop, session: "Session") -> None:
    catalog = session.scope.catalog
    relation = catalog.resolve(table.catalog, table.db, table.name)
    if relation is None:
        if statement.args.get("exists"):
            return
        raise SqlError(f'{kind.capitalize()} "{table.name}" does not exist')
    if catalog.relations[relation] != kind.lower():
        raise SqlError(f'"{table.name}" is not a {kind.lower()}')
    relations.check_privilege(relation, session.scope, "OWNER")
    _refuse_other_database(relation, session)
    drop_relation(relation, session)


def drop_relation(relation: Relation, session: "Session") -> None:
    """Drop a table or view, with the sequences of its identity columns."""
    catalog = session.scope.catalog
    sequences = [
        column.attributes["identity"]
        for column in catalog.columns(relation)
        if "identity" in column.attributes
    ]
    session.change(f"DROP {catalog.relations[relation].upper()} {full_name(relation)}")
    for sequence in sequences:
        session.change(f"DROP SEQUENCE {full_name((relation[0], relation[1], sequence))}")
    session.warehouse.access.forget_table(relation)


def _truncate(statement: exp.Expr, session: "Session") -> Result:
    for table in statement.expressions:
        relation = relations.bind(table, session.scope, "OWNER")
        _refuse_other_database(relation, session)
        session.change(f"DELETE FROM {full_name(relation)}")
    session.commit_truncate()
    return Result()


def _alter(statement: exp.Expr, session: "Session") -> Result:
    if str(statement.args.get("kind")).upper() != "TABLE":
        raise NotModelledError(f"ALTER {statement.args.get('kind')}")
    relation = relations.bind(statement.this, session.scope, "OWNER")
    _refuse_other_database(relation, session)
    for action in statement.args["actions"]:
        _alter_one(action, relation, session)
    return Result()


def _alter_one(action: exp.Expr, relation: Relation, session: "Session") -> None:
    target = full_name(relation)
    if isinstance(action, exp.ColumnDef):
        session.prepare(action)
        for text in define_added_column(action, relation).statements:
            session.change(text)
    elif isinstance(action, exp.Drop) and str(action.args.get("kind")).upper() == "COLUMN":
        for column in action.args["tables"]:
            session.change(f"ALTER TABLE {target} DROP COLUMN {quote(column.name)}")
    elif isinstance(action, exp.RenameColumn):
        old, new = quote(action.this.name), quote(action.args["to"].name)
        session.change(f"ALTER TABLE {target} RENAME COLUMN {old} TO {new}")
    elif isinstance(action, exp.AlterRename):
        name = action.this.name
        session.change(f"ALTER TABLE {target} RENAME TO {quote(name)}")
        session.warehouse.access.rename_table(relation, (relation[0], relation[1], name))
    elif not isinstance(action, (exp.AddConstraint, exp.AlterDistStyle, exp.AlterSortKey)):
        raise NotModelledError(f"ALTER TABLE ... {action.sql('redshift')}")


HANDLERS: dict[type[exp.Expr], Callable[..., Result]] = {
    exp.Query: _query,
    exp.Insert: _change("INSERT"),
    exp.Update: _change("UPDATE"),
    exp.Merge: _change("UPDATE"),
    exp.Delete: _change("DELETE"),
    exp.Create: _create,
    exp.Drop: _drop,
    exp.TruncateTable: _truncate,
    exp.Alter: _alter,
}
