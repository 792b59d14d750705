"""The SQL checks of a cluster: files that each select offending rows. Pure but for reading them.

A file begins with comment lines ``-- key: value``: ``name``, ``severity`` (``error`` or ``warn``),
``timeout`` in seconds and ``requires``, the schemas without which the check says nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from redshift_dr.errors import CheckFilesError
from redshift_dr.validation.checks import SEVERITIES, Severity

KEYS = ("name", "severity", "timeout", "requires")
LONGEST_TIMEOUT_SECONDS = 24 * 3600
LARGEST_SQL_BYTES = 99_000
"""The Data API takes 100 KB, and the count is put around it."""

Header = dict[str, tuple[str, int]]
"""Value and line by key."""

_HEADER = re.compile(r"--\s*([a-z_]+)\s*:\s*(.*?)\s*$")
_CHANGING = (
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Create,
    exp.Drop,
    exp.Alter,
    exp.Copy,
    exp.Command,
    exp.Into,
    exp.Lock,
    exp.Set,
    exp.TruncateTable,
)
_ACTING_FUNCTIONS = ("nextval", "setval", "set_config", "explain_model")
"""With every function whose name begins with ``pg_``, ``dblink`` or ``lo_``."""


@dataclass(frozen=True)
class SqlCheck:
    """One check.

    :param query: the file's one SELECT, without what ends it.
    :param timeout_seconds: ``None`` for the configured one.
    """

    name: str
    query: str
    severity: Severity = "error"
    timeout_seconds: int | None = None
    requires: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """What is run: it counts the offending rows and fetches none of them."""
        # The line break: the query may end in a comment.
        return f"SELECT count(*) FROM (\n{self.query}\n) AS offending"


def missing_folder(folder: Path, cluster_identifier: str) -> str | None:
    """Why the folder of a cluster's checks cannot be right, ``None`` if it can.

    Without a folder of its own a cluster has no SQL checks; one that is named has to exist.

    :param folder: the cluster's own one is called like the cluster.
    """
    if folder.name == cluster_identifier or folder.is_dir():
        return None
    return f"drill.checks_folder is {folder.name}, and there is no {folder}"


def load_checks(folder: Path) -> tuple[SqlCheck, ...]:
    """Read every ``*.sql`` file of a folder, by name.

    :param folder: none is a cluster without SQL checks.
    :raises CheckFilesError: with every fault of every file.
    """
    found, faults = read_folder(folder)
    if faults:
        raise CheckFilesError(folder, faults)
    return found


def read_folder(folder: Path) -> tuple[tuple[SqlCheck, ...], list[str]]:
    """The good checks of a folder, and what is wrong with the rest: file, line and words."""
    faults: list[str] = []
    found: dict[str, SqlCheck] = {}
    for path in sorted(folder.glob("*.sql")):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{path.name}:1: cannot be read as UTF-8: {error}")
            continue
        outcome = read_check(text)
        if isinstance(outcome, SqlCheck):
            found[path.name] = outcome
        else:
            faults += [f"{path.name}:{fault}" for fault in outcome]
    names = Counter(check.name for check in found.values())
    faults += [
        f"{file}:1: the name {check.name!r} is that of {names[check.name]} files"
        for file, check in found.items()
        if names[check.name] > 1
    ]
    return tuple(found.values()), faults


def read_check(text: str) -> SqlCheck | list[str]:
    """One file's check, or everything that is wrong with it, each fault behind its line."""
    head, faults = _read_header(text)
    query, sql_faults = _read_query(text)
    faults += [*_header_faults(head), *sql_faults]
    if faults:
        return faults
    values = {key: value for key, (value, _) in head.items()}
    return SqlCheck(
        values["name"],
        query,
        "warn" if values.get("severity") == "warn" else "error",
        int(values["timeout"]) if "timeout" in values else None,
        tuple(word.lower() for word in re.split(r"[\s,]+", values.get("requires", "")) if word),
    )


def _read_header(text: str) -> tuple[Header, list[str]]:
    """The comment lines at the top, up to the first line that is none."""
    head: Header = {}
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("--"):
            break
        found = _HEADER.match(line)
        if not found:
            continue
        key, value = found.groups()
        if key not in KEYS:
            faults.append(f"{number}: {key} is not a known key (known: {', '.join(KEYS)})")
        elif key in head:
            faults.append(f"{number}: {key} is given twice")
        else:
            head[key] = value, number
    return head, faults


def _header_faults(head: Header) -> Iterator[str]:
    name, line = head.get("name", ("", 1))
    if not name:
        yield f"{line}: name is missing; begin the file with a line -- name: what it checks"
    severity, line = head.get("severity", ("error", 1))
    if severity not in SEVERITIES:
        yield f"{line}: severity is {severity!r}, not one of {', '.join(SEVERITIES)}"
    timeout, line = head.get("timeout", ("1", 1))
    if not (timeout.isdecimal() and 1 <= int(timeout) <= LONGEST_TIMEOUT_SECONDS):
        yield f"{line}: timeout is {timeout!r}, not 1 to {LONGEST_TIMEOUT_SECONDS} whole seconds"


def _read_query(text: str) -> tuple[str, list[str]]:
    try:
        parsed = [
            one
            for one in sqlglot.parse(text, read="redshift")
            if one is not None and not isinstance(one, exp.Semicolon)
        ]
        tokens = sqlglot.tokenize(text, read="redshift")
    except SqlglotError as error:
        where = getattr(error, "errors", None) or [{}]
        return "", [f"{where[0].get('line') or 1}: is not SQL that can be parsed"]
    line = tokens[0].line if tokens else 1
    if len(parsed) != 1:
        return "", [f"{line}: has {len(parsed)} statements, not exactly one SELECT"]
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    query = text[: tokens[-1].end + 1] if tokens else ""
    faults = [f"{line}: {fault}" for fault in _statement_faults(parsed[0])]
    size = len(query.encode())
    if size > LARGEST_SQL_BYTES:
        faults.append(f"{line}: has {size:,} bytes, more than {LARGEST_SQL_BYTES:,}")
    return query, faults


def _statement_faults(statement: exp.Expr) -> Iterator[str]:
    if not isinstance(statement, exp.Query):
        yield f"is {statement.key.upper()}, not a SELECT"
        return
    kinds = sorted({node.key.upper() for node in statement.find_all(*_CHANGING)})
    if kinds:
        yield f"has {', '.join(kinds)} in it; a check only reads"
    functions = sorted(set(_acting_functions(list(statement.find_all(exp.Func)))))
    if functions:
        yield f"calls {', '.join(functions)}; a check only reads"


def _acting_functions(functions: Sequence[exp.Func]) -> Iterator[str]:
    for function in functions:
        name = (function.name if isinstance(function, exp.Anonymous) else function.key).lower()
        if name in _ACTING_FUNCTIONS or name.startswith(("pg_", "dblink", "lo_")):
            yield name
