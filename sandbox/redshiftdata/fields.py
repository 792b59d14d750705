"""Rows as the Data API returns them: unions of one member, text for what JSON cannot say."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sandbox.warehouse.results import Column

SIGNED = ("int2", "int4", "int8", "numeric", "float4", "float8")


def to_field(value: Any) -> dict[str, Any]:
    """Turn a value into a Field; DECIMAL, dates and times are text."""
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": to_text(value)}


def to_text(value: Any) -> str:
    """Write a value as Redshift prints it."""
    if isinstance(value, datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S")
        if value.microsecond:
            text += f".{value.microsecond:06}".rstrip("0")
        return text + ("+00" if value.tzinfo else "")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


def result_bytes(row: Sequence[Any]) -> int:
    """Measure a row: 8 bytes a number, UTF-8 for text."""
    return sum(
        len(value.encode()) if isinstance(value, str) else 0 if value is None else 8
        for value in row
    )


def describe_column(column: Column) -> dict[str, Any]:
    """Return ColumnMetadata of a result's column."""
    return {
        "isCaseSensitive": column.type_name in ("varchar", "bpchar"),
        "isCurrency": False,
        "isSigned": column.type_name in SIGNED,
        "label": column.name,
        "name": column.name,
        "nullable": 1,
        "precision": column.precision,
        "scale": column.scale,
        "schemaName": column.schema_name,
        "tableName": column.table_name,
        "typeName": column.type_name,
        "length": column.length,
    }


def to_csv(columns: Sequence[Column], rows: Sequence[Sequence[Any]], *, header: bool) -> str:
    """Write rows as CSV with CRLF; NULL is an empty field."""
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow(["" if value is None else to_text(value) for value in row])
    return text.getvalue()
