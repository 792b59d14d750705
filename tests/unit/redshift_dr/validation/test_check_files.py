"""What a check file may hold; everything wrong is told at once."""

from pathlib import Path

import pytest

from redshift_dr.errors import CheckFilesError
from redshift_dr.validation.check_files import SqlCheck, load_checks, read_check

HEAD = "-- name: x\n"


def test_header_and_query_are_read() -> None:
    check = read_check(
        "-- name: orders: no customer\n-- severity: warn\n-- timeout: 90\n"
        "-- requires: tpch, Sales\n-- any other words\nSELECT 1 FROM t WHERE a = ';' -- end\n ;;\n"
    )

    assert check == SqlCheck("orders: no customer", read_sql(check), "warn", 90, ("tpch", "sales"))
    assert read_sql(check).endswith("SELECT 1 FROM t WHERE a = ';'")


def read_sql(check: object) -> str:
    assert isinstance(check, SqlCheck)
    return check.query


def test_only_a_count_is_asked_for() -> None:
    check = read_check(f"{HEAD}SELECT secret FROM t -- c")

    assert isinstance(check, SqlCheck)
    assert check.sql.startswith("SELECT count(*) FROM (\n")
    assert check.sql.endswith("\n) AS offending")


@pytest.mark.parametrize(
    "sql",
    [
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "SELECT 1 UNION ALL SELECT 2",
        "(SELECT 1)",
        "SELECT datediff(day, a, b), nvl(a, 1), listagg(c, ',') FROM t",
        "SELECT 'DROP TABLE t; DELETE FROM t' AS words",
    ],
)
def test_select_is_accepted(sql: str) -> None:
    assert isinstance(read_check(HEAD + sql), SqlCheck)


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("", "has 0 statements, not exactly one SELECT"),
        ("SELECT 1; SELECT 2", "has 2 statements, not exactly one SELECT"),
        ("DELETE FROM t", "is DELETE, not a SELECT"),
        ("UPDATE t SET a = 1", "is UPDATE, not a SELECT"),
        ("INSERT INTO t VALUES (1)", "is INSERT, not a SELECT"),
        ("DROP TABLE t", "is DROP, not a SELECT"),
        ("CREATE TABLE t AS SELECT 1", "is CREATE, not a SELECT"),
        ("TRUNCATE t", "is TRUNCATETABLE, not a SELECT"),
        ("GRANT SELECT ON t TO u", "is GRANT, not a SELECT"),
        ("UNLOAD ('SELECT 1') TO 's3://b/'", "not a SELECT"),
        ("CALL procedure_of()", "not a SELECT"),
        ("SELECT * INTO other FROM t", "has INTO in it; a check only reads"),
        ("SELECT * FROM t FOR UPDATE", "has LOCK in it; a check only reads"),
        ("SELECT pg_terminate_backend(1)", "calls pg_terminate_backend; a check only reads"),
        ("SELECT * FROM t WHERE set_config('a', 'b', false) = 'b'", "calls set_config"),
        ("SELECT FROM WHERE (", "is not SQL that can be parsed"),
    ],
)
def test_anything_but_one_reading_select_is_refused(sql: str, fault: str) -> None:
    faults = read_check(HEAD + sql)

    assert isinstance(faults, list)
    assert fault in "; ".join(faults)


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ("", "name is missing"),
        ("-- name:", "name is missing"),
        ("-- name: x\n-- name: y", "name is given twice"),
        ("-- name: x\n-- severity: fatal", "severity is 'fatal', not one of error, warn"),
        ("-- name: x\n-- timeout: 0", "timeout is '0', not 1 to 86400 whole seconds"),
        ("-- name: x\n-- timeout: 5 min", "timeout is '5 min'"),
        ("-- name: x\n-- severty: warn", "severty is not a known key"),
    ],
)
def test_wrong_header_is_refused(head: str, fault: str) -> None:
    faults = read_check(f"{head}\nSELECT 1")

    assert isinstance(faults, list)
    assert fault in "; ".join(faults)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("-- name: x\n-- severity: fatal\nSELECT 1", 2),
        ("-- name: x\n--\n-- timeout: 0\nSELECT 1", 3),
        ("-- name: x\n-- requires: a\n-- typo: 1\nSELECT 1", 3),
        ("-- name: x\n\nDELETE FROM t", 3),
        ("-- name: x\nSELECT 1\nFROM t WHERE (", 3),
    ],
)
def test_fault_is_told_with_its_line(text: str, line: int) -> None:
    (fault,) = read_check(text)  # type: ignore[misc]

    assert fault.startswith(f"{line}: ")


def test_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    files = {"a": "SELECT 1", "b": "-- name: x\nDROP TABLE t", "c": HEAD + "SELECT 1"}
    for name, text in {**files, "d": files["c"]}.items():
        (tmp_path / f"{name}.sql").write_text(text, encoding="utf-8")

    with pytest.raises(CheckFilesError) as raised:
        load_checks(tmp_path)

    assert [fault.split(";")[0] for fault in raised.value.faults] == [
        "a.sql:1: name is missing",
        "b.sql:2: is DROP, not a SELECT",
        "c.sql:1: the name 'x' is that of 2 files",
        "d.sql:1: the name 'x' is that of 2 files",
    ]


def test_no_folder_is_no_checks(tmp_path: Path) -> None:
    assert load_checks(tmp_path / "none") == ()
