"""Named parameters of a statement."""

from itertools import pairwise

from sqlglot.tokenizer_core import Token, TokenType

from sandbox.redshiftdata.errors import ValidationError
from sandbox.warehouse.ddl import literal
from sandbox.warehouse.dialect import tokenize


def check_parameters(parameters: list[dict[str, str]], sqls: list[str]) -> None:
    """Refuse parameters that are empty, doubled, or that no statement uses.

    :raises ValidationError: one sentence for the first fault.
    """
    names = [parameter["name"] for parameter in parameters]
    for parameter in parameters:
        if not parameter.get("value"):
            raise ValidationError(
                f"Parameter {parameter['name']} has an empty value; NULL and '' cannot be passed"
            )
        if names.count(parameter["name"]) > 1:
            raise ValidationError(f"Parameter {parameter['name']} is given more than once")
    used = {name for sql in sqls for _, name in _placeholders(sql)}
    unused = [name for name in names if name not in used]
    if unused:
        raise ValidationError(
            f"Parameters list contains unused parameters. Unused parameters: {unused}"
        )


def bind_parameters(sql: str, parameters: list[dict[str, str]]) -> str:
    """Put the values in the places of ``:name``, as untyped text that SQL converts.

    A name without a value stays as it is, and is a syntax error for the database.
    """
    if not parameters:
        return sql
    values = {parameter["name"]: parameter["value"] for parameter in parameters}
    parts, at = [], 0
    for token, name in _placeholders(sql):
        if name in values:
            # A backslash escapes in Redshift's strings.
            parts += [sql[at : token.start], literal(values[name].replace("\\", "\\\\"))]
            at = token.start + 1 + len(name)
    return "".join([*parts, sql[at:]])


def _placeholders(sql: str) -> list[tuple[Token, str]]:
    tokens = tokenize(sql)
    return [
        (colon, sql[name.start : name.end + 1])
        for colon, name in pairwise(tokens)
        if colon.token_type is TokenType.COLON
        and name.token_type is not TokenType.STRING
        and name.start == colon.end + 1
    ]
