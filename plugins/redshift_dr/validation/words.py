"""What a database says of a failed statement, without a value of a row in it. Pure.

Redshift quotes data in its errors (``Invalid digit, Value 'J'``), so its own words are never passed
on. What is known to be of interest is told again; the rest is where only the role that ran the
statement can read it.
"""

import re

# What a message begins with, and whether the name in its quotes is told: only if it stands in the
# statement, so that it is a name and no value.
_KNOWN = (
    (re.compile(r'relation "?([\w.$-]+)"? does not exist'), "there is no relation {name}"),
    (re.compile(r'column "?([\w.$-]+)"? does not exist'), "there is no column {name}"),
    (re.compile(r'schema "?([\w.$-]+)"? does not exist'), "there is no schema {name}"),
    (re.compile(r"permission denied for (?:relation|table) ([\w.$-]+)"), "no SELECT on {name}"),
    (re.compile(r"permission denied for schema ([\w.$-]+)"), "no USAGE on schema {name}"),
    (re.compile(r"syntax error"), "syntax error"),
    (re.compile(r"divi(?:de|sion) by zero"), "division by zero"),
    (re.compile(r'user "[^"]*" does not exist'), "the database user does not exist"),
    (re.compile(r'database "[^"]*" does not exist'), "the database does not exist"),
    (re.compile(r"could not connect|no longer exists"), "the cluster cannot be reached"),
    (re.compile(r"cancelled on user|statement timeout"), "it was cancelled"),
)


def reason_of(error: str, sql: str, statement_id: str) -> str:
    """Why a statement failed, in words that hold no data.

    :param error: the database's own words.
    :param sql: the statement, as it was sent.
    """
    first = error.splitlines()[0] if error else ""
    for pattern, words in _KNOWN:
        found = pattern.search(first)
        if not found:
            continue
        if "{name}" not in words:
            return words
        name = found[1]
        if all(part.lower() in sql.lower() for part in name.split(".")):
            return words.format(name=name)
    return (
        "the database refused it; its words may hold data and are not repeated. Within 24 hours "
        f"the same role reads them: aws redshift-data describe-statement --id {statement_id}"
    )
