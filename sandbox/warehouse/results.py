"""What a statement leaves behind."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Column:
    """One column of a result, with Redshift's name of its type.

    :param length: characters of text, 0 for what has no length.
    """

    name: str
    type_name: str
    precision: int = 0
    scale: int = 0
    length: int = 0
    table_name: str = ""
    schema_name: str = ""


@dataclass(frozen=True)
class Result:
    """Rows of a query, or the number of rows that a statement changed.

    :param row_count: rows returned or changed; 0 for DDL.
    """

    row_count: int = 0
    has_rows: bool = False
    columns: tuple[Column, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
