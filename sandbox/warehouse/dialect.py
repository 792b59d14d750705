"""Reading Redshift's SQL."""

import logging
import re
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.redshift import RedshiftParser
from sqlglot.tokenizer_core import Token, TokenType

from sandbox.warehouse.errors import SqlError

# sqlglot warns whenever it keeps a statement as text; those are dispatched before it is asked.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

UNDERLINED = re.compile(r"\x1b\[4m(.*?)\x1b\[0m", re.DOTALL)


class SandboxRedshift(Redshift):
    """Redshift's dialect with the column attributes that sqlglot does not know."""

    class Tokenizer(Redshift.Tokenizer):
        """Tokenizer that reads every statement to its end, word by word."""

        COMMANDS: ClassVar[set[TokenType]] = set()

    class Parser(RedshiftParser):
        """Parser that keeps DISTKEY and SORTKEY of a column as its properties."""

        CONSTRAINT_PARSERS = {  # noqa: RUF012 - sqlglot's own form
            **RedshiftParser.CONSTRAINT_PARSERS,
            "DISTKEY": lambda self: self.expression(
                exp.DistKeyProperty(this=exp.Var(this="column"))
            ),
            "SORTKEY": lambda self: self.expression(
                exp.SortKeyProperty(this=exp.Var(this="column"))
            ),
        }


DIALECT = SandboxRedshift()


def tokenize(sql: str) -> list[Token]:
    """Split SQL into tokens; comments are gone.

    :raises SqlError: an unterminated string or comment.
    """
    try:
        return DIALECT.tokenize(sql)
    except TokenError as error:
        raise SqlError(f"unterminated quoted string or comment: {error}") from error


def split_statements(sql: str) -> list[str]:
    """Return the statements of a text that is separated by semicolons, empty ones left out."""
    statements: list[str] = []
    start: int | None = None
    end = 0
    for token in tokenize(sql):
        if token.token_type is TokenType.SEMICOLON:
            if start is not None:
                statements.append(sql[start:end])
            start = None
            continue
        start = token.start if start is None else start
        end = token.end + 1
    if start is not None:
        statements.append(sql[start:end])
    return statements


def parse(sql: str) -> exp.Expr:
    """Parse one statement.

    :raises SqlError: a syntax error, in Redshift's words.
    """
    try:
        parsed = DIALECT.parse(sql)
    except ParseError as error:
        near = UNDERLINED.search(str(error))
        raise syntax_error(near.group(1) if near else "end of input") from error
    if not parsed or parsed[0] is None:
        raise syntax_error("end of input")
    return parsed[0]


def syntax_error(near: str) -> SqlError:
    """Return the error that Redshift gives for text it cannot read."""
    return SqlError(f'syntax error at or near "{near}"')
