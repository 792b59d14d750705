"""Expressions of Redshift as DuckDB understands them."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types

from sandbox.warehouse.errors import NotModelledError

VERSION = (
    "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017"
    " (Red Hat 3.4.2-6.fc3), Redshift 1.0.103488"
)
NOW = "sandbox_now"
"""DuckDB variable with the sandbox's time: a column's default must follow the clock, too."""
UNSUPPORTED_TYPES = {"SUPER", "GEOMETRY", "GEOGRAPHY", "HLLSKETCH", "TIMETZ", "JSON"}
INTEGERS = {exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT}
INSTANTS = {exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.TIMESTAMPTZ, exp.DType.DATE}
RESULT_NAMES = {
    "current_version": "version",
    "current_timestamp": "getdate",
    "decode_case": "case",
    "group_concat": "listagg",
    "str_position": "strpos",
    "time_to_str": "to_char",
    "timestamp_trunc": "date_trunc",
    "ts_or_ds_add": "date_add",
    "ts_or_ds_diff": "date_diff",
    "ts_or_ds_to_date": "to_date",
    "str_to_date": "to_date",
    "str_to_time": "to_timestamp",
}
"""Column names where sqlglot's name of a function is its own."""


@dataclass(frozen=True)
class Facts:
    """What expressions may ask for.

    :param column_types: DuckDB's types of the columns in sight, by name; ambiguous ones left out.
    """

    user_name: str
    database: str
    schema: str
    pid: int
    copied_rows: int
    column_types: dict[str, str]


def rewrite(statement: exp.Expr, facts: Facts) -> exp.Expr:
    """Replace every expression that DuckDB reads differently.

    :raises NotModelledError: a type that the sandbox does not have.
    """
    # Children first: what replaces a node holds copies of children that are done already.
    for node in reversed(list(statement.walk())):
        changed = _rewrite_node(node, facts)
        if changed is not node:
            node.replace(changed)
    return statement


def name_results(statement: exp.Expr) -> None:
    """Give unnamed columns of a query the names that Redshift gives them."""
    query = statement
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    if not isinstance(query, exp.Select):
        return
    query.set("expressions", [_named(projection) for projection in query.expressions])


def _named(projection: exp.Expr) -> exp.Expr:
    if projection.is_star or isinstance(projection, (exp.Alias, exp.Column)):
        return projection
    return exp.alias_(projection, _result_name(projection), quoted=True)


def _result_name(node: exp.Expr) -> str:
    if isinstance(node, exp.Cast):
        inner = node.this.name if isinstance(node.this, exp.Column) else _result_name(node.this)
        return inner if inner != "?column?" else node.to.sql("redshift").partition("(")[0].lower()
    if isinstance(node, (exp.Window, exp.WithinGroup, exp.Paren)):
        return _result_name(node.this)
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    if isinstance(node, exp.Case):
        return "case"
    if isinstance(node, exp.Func) and not isinstance(node, (exp.Connector, exp.Cast)):
        name = node.sql_name().lower()
        return RESULT_NAMES.get(name, name)
    return "?column?"


def _rewrite_node(node: exp.Expr, facts: Facts) -> exp.Expr:
    for kind, change in CHANGES.items():
        if isinstance(node, kind):
            return change(node, facts)
    return node


def _data_type(node: exp.Expr, _: Facts) -> exp.Expr:
    name = node.this.value if isinstance(node.this, exp.DType) else str(node.this)
    if name.upper() in UNSUPPORTED_TYPES:
        raise NotModelledError(f"the type {name.upper()}")
    if name == "USERDEFINED":
        raise NotModelledError(f"the type {str(node.args.get('kind')).upper()}")
    if node.this is exp.DType.DECIMAL and not node.expressions:
        return exp.DataType.build("DECIMAL(18, 0)")
    return node


def _cast(node: exp.Expr, _: Facts) -> exp.Expr:
    """Casting to a length cuts the text off."""
    to = node.args["to"]
    if to.this not in (exp.DType.VARCHAR, exp.DType.CHAR, exp.DType.NCHAR) or not to.expressions:
        return node
    length = to.expressions[0].this
    text = exp.cast(node.this, "TEXT")
    return (
        exp.Left(this=text, expression=length.copy()) if isinstance(length, exp.Literal) else text
    )


def _divide(node: exp.Expr, _: Facts) -> exp.Expr:
    """Division by zero is an error; DuckDB answers with infinity or NULL."""
    divisor = node.expression
    if isinstance(divisor, exp.Literal) and float(divisor.name) != 0:
        return node
    failure = exp.Anonymous(this="error", expressions=[exp.Literal.string("Divide by zero")])
    test = exp.EQ(this=exp.Paren(this=divisor.copy()), expression=exp.Literal.number(0))
    return exp.Paren(this=exp.Case(ifs=[exp.If(this=test, true=failure)], default=node.copy()))


def _now(node: exp.Expr, _: Facts) -> exp.Expr:
    return _variable("TIMESTAMP")


def _today(node: exp.Expr, _: Facts) -> exp.Expr:
    return _variable("DATE")


def _variable(kind: str) -> exp.Expr:
    value = exp.Anonymous(this="getvariable", expressions=[exp.Literal.string(NOW)])
    moment = exp.cast(value, "TIMESTAMP")
    return moment if kind == "TIMESTAMP" else exp.cast(moment, kind)


def _truncate(node: exp.Expr, facts: Facts) -> exp.Expr:
    """TRUNC of a timestamp is a date."""
    if node.args.get("decimals") is None and _type_of(node.this, facts) in INSTANTS:
        return exp.cast(node.this, "DATE")
    return node


def _truncate_timestamp(node: exp.Expr, facts: Facts) -> exp.Expr:
    """DATE_TRUNC returns a timestamp for a date, too."""
    if _type_of(node.this, facts) is exp.DType.TIMESTAMPTZ:
        return node
    return exp.cast(node.copy(), "TIMESTAMP")


def _sum(node: exp.Expr, facts: Facts) -> exp.Expr:
    """The sum of BIGINT is NUMERIC(38,0), that of shorter integers is BIGINT."""
    if isinstance(node.parent, exp.Window):
        return node
    kind = _type_of(node.this, facts)
    if kind not in INTEGERS:
        return node
    return exp.cast(node.copy(), "DECIMAL(38, 0)" if kind is exp.DType.BIGINT else "BIGINT")


def _average(node: exp.Expr, facts: Facts) -> exp.Expr:
    """The average of integers is BIGINT, cut off; that of NUMERIC keeps the scale."""
    if isinstance(node.parent, exp.Window):
        return node
    kind = _type_of(node.this, facts)
    if kind in INTEGERS:
        return exp.cast(exp.Trunc(this=node.copy()), "BIGINT")
    declared = (
        facts.column_types.get(node.this.name, "") if isinstance(node.this, exp.Column) else ""
    )
    if declared.startswith("DECIMAL"):
        scale = declared.rstrip(")").rpartition(",")[2].strip()
        return exp.cast(node.copy(), f"DECIMAL(38, {scale})")
    return node


def _type_of(node: exp.Expr, facts: Facts) -> exp.DType | None:
    """Infer the type of an expression from the types of the columns in it."""
    typed = exp.Paren(this=node.copy())
    for column in list(typed.find_all(exp.Column)):
        known = facts.column_types.get(column.name)
        if known is None:
            return None
        column.replace(exp.cast(exp.Null(), known, dialect="duckdb"))
    annotated = annotate_types(typed, dialect="redshift")
    return annotated.type.this if annotated.type is not None else None


def _call(node: exp.Expr, facts: Facts) -> exp.Expr:
    """Functions that sqlglot passes on as they are."""
    name = node.name.lower()
    if name in CONSTANTS:
        return CONSTANTS[name](facts)
    if name == "isnull":
        return exp.Coalesce(this=node.expressions[0], expressions=node.expressions[1:])
    if name == "func_sha1":
        return exp.Anonymous(this="sha1", expressions=node.expressions)
    return node


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


CONSTANTS: dict[str, Callable[[Facts], exp.Expr]] = {
    "version": lambda facts: _text(VERSION),
    "current_database": lambda facts: _text(facts.database),
    "current_schema": lambda facts: _text(facts.schema),
    "current_user": lambda facts: _text(facts.user_name),
    "session_user": lambda facts: _text(facts.user_name),
    "user": lambda facts: _text(facts.user_name),
    "pg_backend_pid": lambda facts: exp.Literal.number(facts.pid),
    "pg_last_copy_count": lambda facts: exp.Literal.number(facts.copied_rows),
}


def _constant(name: str) -> Callable[[exp.Expr, Facts], exp.Expr]:
    return lambda _, facts: CONSTANTS[name](facts)


CHANGES: dict[type[exp.Expr], Callable[[exp.Expr, Facts], exp.Expr]] = {
    exp.DataType: _data_type,
    exp.Cast: _cast,
    exp.Div: _divide,
    exp.CurrentTimestamp: _now,
    exp.CurrentDate: _today,
    exp.Trunc: _truncate,
    exp.TimestampTrunc: _truncate_timestamp,
    exp.Sum: _sum,
    exp.Avg: _average,
    exp.CurrentUser: _constant("current_user"),
    exp.SessionUser: _constant("session_user"),
    exp.CurrentDatabase: _constant("current_database"),
    exp.CurrentSchema: _constant("current_schema"),
    exp.CurrentVersion: _constant("version"),
    exp.Anonymous: _call,
}
