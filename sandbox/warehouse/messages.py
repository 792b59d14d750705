"""DuckDB's errors in the words of Redshift, where those are known."""

import re

from sandbox.warehouse.errors import SqlError

KNOWN = (
    (r'referenced column "([^"]+)"', 'column "{0}" does not exist'),
    (
        r'Values list "([^"]+)" does not have a column named "([^"]+)"',
        "column {0}.{1} does not exist",
    ),
    (
        r'[Tt]able "([^"]+)" does not have a column (?:named|with name) "([^"]+)"',
        'column "{1}" does not exist in {0}',
    ),
    (
        r'referenced table "([^"]+)" not found',
        'invalid reference to FROM-clause entry for table "{0}"',
    ),
    (r'(?:Table|View) with name "?([^"\s]+)"? already exists', 'Relation "{0}" already exists'),
    (r'Schema with name "?([^"\s]+)"? already exists', 'Schema "{0}" already exists'),
    (
        r'(?:Scalar|Aggregate|Table) Function with name "?([^"\s]+)"? does not exist',
        "function {0}() does not exist, or is not modelled by the sandbox",
    ),
    (
        r"No function matches the given name and argument types \'(\w+)\((.*?)\)\'",
        "function {0}({1}) does not exist",
    ),
    (r"NOT NULL constraint failed: [^.\s]+\.(\S+)", "Cannot insert a NULL value into column {0}"),
    (r"CHECK constraint failed", "Value too long for character type"),
    (r"Divide by zero", "Divide by zero"),
    (
        r"Could not convert string '(.*?)' to (?:INT|BIGINT|UINT|SMALLINT)\d*",
        'invalid input syntax for integer: "{0}"',
    ),
    (
        r"Could not convert string ['\"](.*?)['\"] to (?:DECIMAL|DOUBLE|FLOAT)",
        'invalid input syntax for type numeric: "{0}"',
    ),
    (r"invalid date field format: \"(.*?)\"", 'invalid input syntax for type date: "{0}"'),
    (
        r"invalid timestamp field format: \"(.*?)\"",
        'invalid input syntax for type timestamp: "{0}"',
    ),
    (
        r"has (\d+) columns but (\d+) values were supplied",
        "INSERT has a different number of target columns ({0}) and expressions ({1})",
    ),
    (
        r'column "([^"]+)" must appear in the GROUP BY clause',
        'column "{0}" must appear in the GROUP BY clause or be used in an aggregate function',
    ),
    (
        r"Values were not provided for the following (?:prepared statement )?parameters",
        'syntax error at or near ":"',
    ),
    (r"syntax error at or near \"(.*?)\"", 'syntax error at or near "{0}"'),
    (r'Ambiguous reference to column name "([^"]+)"', 'column reference "{0}" is ambiguous'),
)
PATTERNS = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), text) for pattern, text in KNOWN)


def translate(message: str) -> SqlError:
    """Turn DuckDB's message into Redshift's; what is unknown keeps its first line."""
    for pattern, text in PATTERNS:
        match = pattern.search(message)
        if match:
            return SqlError(text.format(*match.groups()))
    first = message.splitlines()[0]
    return SqlError(first.split(": ", 1)[-1])
