"""Types: Redshift's names for what DuckDB stores."""

import re

from sandbox.warehouse.results import Column

TYPE_NAMES = {
    "BOOLEAN": "bool",
    "TINYINT": "int2",
    "SMALLINT": "int2",
    "INTEGER": "int4",
    "BIGINT": "int8",
    "HUGEINT": "int8",
    "UBIGINT": "int8",
    "UINTEGER": "int8",
    "FLOAT": "float4",
    "DOUBLE": "float8",
    "VARCHAR": "varchar",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "INTERVAL": "interval",
    "BLOB": "varbyte",
    '"NULL"': "unknown",
}
PRECISIONS = {"int2": 5, "int4": 10, "int8": 19, "float4": 8, "float8": 17, "bool": 1}
LONGEST_VARCHAR = 65535
DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


def result_column(name: str, duckdb_type: str) -> Column:
    """Describe a column of a result as the Data API does."""
    decimal = DECIMAL.fullmatch(duckdb_type)
    if decimal:
        return Column(name, "numeric", int(decimal.group(1)), int(decimal.group(2)))
    type_name = TYPE_NAMES.get(duckdb_type, "unknown")
    length = LONGEST_VARCHAR if type_name == "varchar" else 0
    return Column(name, type_name, PRECISIONS.get(type_name, length), 0, length)
