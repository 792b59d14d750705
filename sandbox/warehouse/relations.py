"""Which relation every name of a statement means, and whether the user may use it."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sandbox.warehouse.access import Access, Relation, User
from sandbox.warehouse.catalog import TEMPORARY, Catalog
from sandbox.warehouse.errors import NotModelledError, SqlError


@dataclass(frozen=True)
class Scope:
    """Who asks, and what there is."""

    catalog: Catalog
    access: Access
    user: User


def fold_identifiers(statement: exp.Expr) -> None:
    """Write every name in lower case, as Redshift does with quoted ones too by default."""
    for identifier in statement.find_all(exp.Identifier):
        identifier.set("this", identifier.name.lower())
        identifier.set("quoted", True)


def free_tables(statement: exp.Expr) -> list[exp.Table]:
    """Return the table references that do not mean a common table expression."""
    return [
        table
        for table in statement.find_all(exp.Table)
        if isinstance(table.this, (exp.Identifier, exp.Func)) and not _is_common(table)
    ]


def bind(table: exp.Table, scope: Scope, privilege: str) -> Relation:
    """Qualify a reference to an existing relation, once the user was found to have the privilege.

    :raises SqlError: it does not exist, or permission is denied.
    """
    relation = find(table, scope)
    check_privilege(relation, scope, privilege)
    qualify(table, relation)
    return relation


def find(table: exp.Table, scope: Scope) -> Relation:
    """Find the relation that a reference means.

    :raises SqlError: it does not exist.
    """
    if isinstance(table.this, exp.Func):
        raise NotModelledError(f"the table function {table.this.name or table.this.key}()")
    relation = scope.catalog.resolve(table.catalog, table.db, table.name)
    if relation is not None:
        return relation
    key = (table.catalog or scope.catalog.database, table.db)
    if table.catalog and table.catalog not in {name for name, _ in scope.catalog.schemas}:
        raise SqlError(f'database "{table.catalog}" does not exist')
    if table.db and key not in scope.catalog.schemas:
        raise SqlError(f'schema "{table.db}" does not exist')
    name = ".".join(part for part in (table.catalog, table.db, table.name) if part)
    raise SqlError(f'relation "{name}" does not exist')


def check_privilege(relation: Relation, scope: Scope, privilege: str) -> None:
    """Refuse what the user was not granted; ``OWNER`` is held by owner and superuser only.

    :raises SqlError: permission denied.
    """
    database, schema, name = relation
    if database == TEMPORARY:
        return
    if not scope.access.may_use_schema(scope.user, database, schema, "USAGE"):
        raise SqlError(f"permission denied for schema {schema}")
    if privilege == "OWNER":
        if not scope.access.owns_table(scope.user, relation):
            raise SqlError(f"must be owner of relation {name}")
        return
    if not scope.access.may_use_table(scope.user, relation, privilege):
        raise SqlError(f"permission denied for relation {name}")


def place_new(table: exp.Table, scope: Scope) -> Relation:
    """Qualify the name of a relation that is to be made.

    :raises SqlError: the schema does not exist, or the user may not create in it.
    """
    database = table.catalog or scope.catalog.database
    if database != scope.catalog.database:
        raise SqlError(
            "cross-database reference is read-only: connect to the database to change it"
        )
    schema = table.db or scope.catalog.search_path[0]
    if (database, schema) not in scope.catalog.schemas:
        raise SqlError(f'schema "{schema}" does not exist')
    if not scope.access.may_use_schema(scope.user, database, schema, "CREATE"):
        raise SqlError(f"permission denied for schema {schema}")
    relation = (database, schema, table.name)
    qualify(table, relation)
    return relation


def qualify(table: exp.Table, relation: Relation) -> None:
    """Write a relation's full name into a reference."""
    for part, name in zip(("catalog", "db", "this"), relation, strict=True):
        table.set(part, exp.to_identifier(name, quoted=True))
    if not table.alias and isinstance(table.parent, (exp.From, exp.Join)):
        table.set("alias", exp.TableAlias(this=exp.to_identifier(relation[2], quoted=True)))


def _is_common(table: exp.Table) -> bool:
    if table.db:
        return False
    return table.name in {name for name in _visible_names(table)}


def _visible_names(table: exp.Table) -> Iterator[str]:
    """Names of common table expressions in sight; one sees only those before it."""
    inside: exp.Expr = table
    node = table.parent
    while node is not None:
        clause = node.args.get("with_")
        if isinstance(clause, exp.With) and inside is not clause:
            yield from (cte.alias for cte in clause.expressions)
        if isinstance(node, exp.With):
            for cte in node.expressions:
                if cte is inside and not node.recursive:
                    break
                yield cte.alias
        inside, node = node, node.parent
