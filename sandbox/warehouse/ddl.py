"""CREATE TABLE: what DuckDB stores, and what is kept beside it of Redshift's definition."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from sandbox.warehouse.access import Relation
from sandbox.warehouse.catalog import TableColumn
from sandbox.warehouse.engine import quote
from sandbox.warehouse.errors import NotModelledError, SqlError

DEFAULT_LENGTHS = {exp.DType.VARCHAR: 256, exp.DType.TEXT: 256, exp.DType.BPCHAR: 256}
DEFAULT_LENGTHS |= {exp.DType.CHAR: 1, exp.DType.NCHAR: 1, exp.DType.NVARCHAR: 256}
FIXED = {exp.DType.CHAR, exp.DType.NCHAR, exp.DType.BPCHAR}
LONGEST = {True: 4096, False: 65535}
"""Bytes: CHAR, VARCHAR."""
MOST_COLUMNS = 1600


@dataclass(frozen=True)
class TableDefinition:
    """Statements that make a table in DuckDB, in order."""

    statements: tuple[str, ...]


def define_table(create: exp.Create, relation: Relation) -> TableDefinition:
    """Turn CREATE TABLE with columns into DuckDB's statements.

    Primary keys, unique and foreign keys are recorded, not enforced, as on Redshift.

    :raises SqlError: a definition that Redshift refuses.
    """
    definitions: list[str] = []
    columns: list[tuple[str, dict[str, Any]]] = []
    sequences: list[str] = []
    table: dict[str, Any] = {"primary_key": []}
    for item in create.this.expressions:
        if not isinstance(item, exp.ColumnDef):
            _record_constraint(item, table)
            continue
        text, attributes = _define_column(item, relation, sequences)
        definitions.append(text)
        columns.append((item.name, attributes))
        if attributes.pop("primary_key", False):
            table["primary_key"].append(item.name)
    _refuse_bad_columns([name for name, _ in columns])
    _record_properties(create, table, dict(columns))
    target = full_name(relation)
    temporary = "TEMPORARY " if relation[0] == "temp" else ""
    exists = "IF NOT EXISTS " if create.args.get("exists") else ""
    return TableDefinition(
        (
            *sequences,
            f"CREATE {temporary}TABLE {exists}{target} ({', '.join(definitions)})",
            f"COMMENT ON TABLE {target} IS {literal(json.dumps(table))}",
            *(column_comment(relation, name, kept) for name, kept in columns if kept),
        )
    )


def define_like(relation: Relation, columns: list[TableColumn], exists: bool) -> TableDefinition:
    """Make a table with another one's columns; defaults are left out, as Redshift does."""
    texts = []
    for column in columns:
        text = f"{quote(column.name)} {column.data_type}"
        text += "" if column.is_nullable else " NOT NULL"
        texts.append(text + _length_check(column.name, column.attributes.get("length")))
    temporary = "TEMPORARY " if relation[0] == "temp" else ""
    head = f"CREATE {temporary}TABLE {'IF NOT EXISTS ' if exists else ''}{full_name(relation)}"
    comments = (
        column_comment(relation, column.name, kept)
        for column in columns
        if (kept := {k: v for k, v in column.attributes.items() if k != "identity"})
    )
    return TableDefinition((f"{head} ({', '.join(texts)})", *comments))


def define_added_column(column: exp.ColumnDef, relation: Relation) -> TableDefinition:
    """Turn ALTER TABLE ... ADD COLUMN into DuckDB's statements.

    DuckDB adds no column with a constraint, so its length is not enforced.
    """
    sequences: list[str] = []
    text, attributes = _define_column(column, relation, sequences)
    if sequences:
        raise SqlError("identity columns cannot be added to an existing table")
    text = text.partition(" CHECK (")[0].replace(" NOT NULL", "")
    return TableDefinition(
        (
            f"ALTER TABLE {full_name(relation)} ADD COLUMN {text}",
            column_comment(relation, column.name, attributes),
        )
    )


def full_name(relation: Relation) -> str:
    """Quote a relation's full name."""
    return ".".join(quote(part) for part in relation)


def literal(text: str) -> str:
    """Quote a string."""
    return "'" + text.replace("'", "''") + "'"


def column_comment(relation: Relation, column: str, attributes: dict[str, Any]) -> str:
    """Return the statement that keeps a column's attributes with it."""
    name = f"{full_name(relation)}.{quote(column)}"
    return f"COMMENT ON COLUMN {name} IS {literal(json.dumps(attributes))}"


def _define_column(
    column: exp.ColumnDef, relation: Relation, sequences: list[str]
) -> tuple[str, dict[str, Any]]:
    kind = column.args.get("kind")
    if kind is None:
        raise SqlError(f'column "{column.name}" has no type')
    attributes: dict[str, Any] = _text_attributes(kind)
    not_null, default = False, ""
    for constraint in column.args.get("constraints", []):
        rule = constraint.kind if isinstance(constraint, exp.ColumnConstraint) else constraint
        if isinstance(rule, exp.NotNullColumnConstraint):
            not_null = not rule.args.get("allow_null")
        elif isinstance(rule, exp.DefaultColumnConstraint):
            default = rule.this.sql("duckdb")
        elif isinstance(rule, exp.GeneratedAsIdentityColumnConstraint):
            default = _identity(column.name, rule, relation, sequences, attributes)
            not_null = True
        elif isinstance(rule, exp.PrimaryKeyColumnConstraint):
            attributes["primary_key"] = not_null = True
        else:
            _record_attribute(column.name, rule, attributes)
    text = f"{quote(column.name)} {_storage_type(kind)}"
    text += f" DEFAULT {default}" if default else ""
    text += " NOT NULL" if not_null else ""
    return text + _length_check(column.name, attributes.get("length")), attributes


def _text_attributes(kind: exp.DataType) -> dict[str, Any]:
    if kind.this not in DEFAULT_LENGTHS:
        return {}
    fixed = kind.this in FIXED
    length = DEFAULT_LENGTHS[kind.this]
    if kind.expressions:
        given = kind.expressions[0].this
        length = LONGEST[fixed] if given.name.upper() == "MAX" else int(given.name)
    if not 1 <= length <= LONGEST[fixed]:
        word = "char" if fixed else "varchar"
        raise SqlError(
            f"length for type {word} must be between 1 and {LONGEST[fixed]}, not {length}"
        )
    return {"type": "character" if fixed else "character varying", "length": length}


def _storage_type(kind: exp.DataType) -> str:
    return "VARCHAR" if kind.this in DEFAULT_LENGTHS else kind.sql("duckdb")


def _length_check(name: str, length: int | None) -> str:
    # Redshift counts bytes.
    return f" CHECK (strlen({quote(name)}) <= {length})" if length else ""


def _identity(
    column: str,
    rule: exp.GeneratedAsIdentityColumnConstraint,
    relation: Relation,
    sequences: list[str],
    attributes: dict[str, Any],
) -> str:
    start = int((rule.args.get("start") or exp.Literal.number(1)).name)
    step = int((rule.args.get("increment") or exp.Literal.number(1)).name)
    database, schema, table = relation
    sequence = f"{table}_{column}_identity"
    name = full_name((database, schema, sequence))
    temporary = "TEMPORARY " if database == "temp" else ""
    sequences.append(
        f"CREATE {temporary}SEQUENCE IF NOT EXISTS {name} START {start} INCREMENT {step}"
    )
    attributes["identity"] = sequence
    attributes["identity_seed"], attributes["identity_step"] = start, step
    # sqlglot marks GENERATED BY DEFAULT with this argument, plain IDENTITY has none.
    attributes["identity_by_default"] = "on_null" in rule.args
    return f"nextval({literal(name)})"


def _record_attribute(column: str, rule: exp.Expr, attributes: dict[str, Any]) -> None:
    if isinstance(rule, exp.EncodeColumnConstraint):
        attributes["encoding"] = rule.this.name.lower()
    elif isinstance(rule, exp.DistKeyProperty):
        attributes["distkey"] = True
    elif isinstance(rule, exp.SortKeyProperty):
        attributes["sortkey"] = 1
    elif not isinstance(
        rule, (exp.UniqueColumnConstraint, exp.Reference, exp.CollateColumnConstraint)
    ):
        raise NotModelledError(f'the attribute {rule.sql("redshift")} of column "{column}"')


def _record_constraint(item: exp.Expr, table: dict[str, Any]) -> None:
    if isinstance(item, exp.Constraint):
        for rule in item.expressions:
            _record_constraint(rule, table)
    elif isinstance(item, exp.PrimaryKey):
        table["primary_key"] = [part.name for part in item.expressions]
    elif not isinstance(item, (exp.ForeignKey, exp.UniqueColumnConstraint)):
        raise NotModelledError(f"the table constraint {item.sql('redshift')}")


def _record_properties(
    create: exp.Create, table: dict[str, Any], columns: dict[str, dict[str, Any]]
) -> None:
    for rule in table_properties(create):
        if isinstance(rule, exp.DistStyleProperty):
            table["diststyle"] = rule.this.name.upper()
        elif isinstance(rule, exp.DistKeyProperty):
            _column(columns, rule.this.name)["distkey"] = True
        elif isinstance(rule, exp.SortKeyProperty):
            for position, part in enumerate(_names(rule), start=1):
                _column(columns, part)["sortkey"] = position
    if any(column.get("distkey") for column in columns.values()):
        table["diststyle"] = "KEY"


def table_properties(create: exp.Create) -> Iterator[exp.Expr]:
    """Yield the attributes of a table, refusing those that the sandbox does not know."""
    properties = create.args.get("properties")
    for rule in properties.expressions if properties else ():
        if isinstance(
            rule,
            (
                exp.DistStyleProperty,
                exp.DistKeyProperty,
                exp.SortKeyProperty,
                exp.TemporaryProperty,
            ),
        ):
            yield rule
        else:
            raise NotModelledError(f"the table attribute {rule.sql('redshift')}")


def _names(rule: exp.SortKeyProperty) -> list[str]:
    keys = (
        rule.this if isinstance(rule.this, list) else getattr(rule.this, "expressions", [rule.this])
    )
    return [key.name for key in keys]


def _column(columns: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    if name not in columns:
        raise SqlError(f'column "{name}" named in key does not exist')
    return columns[name]


def _refuse_bad_columns(names: list[str]) -> None:
    if len(names) > MOST_COLUMNS:
        raise SqlError(f"tables can have at most {MOST_COLUMNS} columns, not {len(names)}")
    for name in names:
        if names.count(name) > 1:
            raise SqlError(f'column "{name}" duplicated')
