"""Redshift's SQL means in the sandbox what it means on Redshift."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sandbox.clock import CLOCK
from sandbox.warehouse.access import User
from sandbox.warehouse.errors import NotModelledError, SqlError
from sandbox.warehouse.registry import Warehouses
from sandbox.warehouse.session import Session

NOW = datetime(2026, 3, 29, 1, 30, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def warehouse():
    registry = Warehouses()
    registry.create("164543933824", "us-east-1", "source", "dev")
    found = registry.find("164543933824", "us-east-1", "source")
    session = Session(found, "dev", User("awsuser", is_superuser=True))
    session.execute(
        "CREATE TABLE t (i INT, big BIGINT, d DECIMAL(12,2), s VARCHAR(9), ts TIMESTAMP)"
    )
    session.execute(
        "INSERT INTO t VALUES (1, 1, 1.50, 'a', '2026-01-31 12:00:00'),"
        " (2, 2, 2.25, 'b', '2026-02-28 23:59:59'), (4, 4, NULL, NULL, NULL)"
    )
    session.close()
    yield found
    registry.close()


@pytest.fixture
def session(warehouse):
    CLOCK.freeze(NOW)
    opened = Session(warehouse, "dev", User("awsuser", is_superuser=True))
    opened.begin()
    yield opened
    opened.close()
    CLOCK.reset()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("getdate()", datetime(2026, 3, 29, 1, 30, 15)),  # noqa: DTZ001
        ("sysdate", datetime(2026, 3, 29, 1, 30, 15)),  # noqa: DTZ001
        ("current_date", date(2026, 3, 29)),
        ("nvl(NULL, 2)", 2),
        ("nvl2(NULL, 1, 2)", 2),
        ("isnull(NULL, 3)", 3),
        ("decode(2, 1, 'x', 2, 'y', 'z')", "y"),
        ("dateadd(month, 1, '2026-01-31'::date)", datetime(2026, 2, 28)),  # noqa: DTZ001
        ("datediff(day, '2026-01-31', '2026-03-01')", 29),
        ("date_trunc('month', '2026-03-29'::date)", datetime(2026, 3, 1)),  # noqa: DTZ001
        ("trunc(getdate())", date(2026, 3, 29)),
        ("trunc(1.289, 1)", Decimal("1.2")),
        (
            "convert_timezone('UTC', 'Europe/Berlin', '2026-01-01 00:00:00'::timestamp)",
            datetime(2026, 1, 1, 1),  # noqa: DTZ001
        ),
        ("'abcdef'::varchar(3)", "abc"),
        ("7 / 2", 3),
        ("7 / 2.0", 3.5),
        ("len('abc')", 3),
        ("charindex('c', 'abc')", 3),
        ("to_char('2026-03-29'::date, 'YYYY/MM/DD')", "2026/03/29"),
        ("current_user || '@' || current_database()", "awsuser@dev"),
    ],
)
def test_expressions(session, expression, value):
    assert session.execute(f"SELECT {expression}").rows == [(value,)]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT TOP 1 i FROM t ORDER BY i DESC", [(4,)]),
        ("SELECT listagg(s, '-') WITHIN GROUP (ORDER BY s DESC) FROM t", [("b-a",)]),
        ("SELECT avg(i) FROM t", [(2,)]),
        ("SELECT avg(d) FROM t", [(Decimal("1.88"),)]),
        ("SELECT sum(d), count(d), count(*) FROM t", [(Decimal("3.75"), 2, 3)]),
        ("SELECT trunc(ts) FROM t WHERE i = 2", [(date(2026, 2, 28),)]),
        ("WITH t AS (SELECT i FROM t WHERE i > 1) SELECT count(*) FROM t", [(2,)]),
        ("SELECT i FROM public.t MINUS SELECT 4 ORDER BY 1", [(1,), (2,)]),
        ("SELECT I FROM T WHERE S = 'a' -- comment", [(1,)]),
        (
            "SELECT i FROM t QUALIFY row_number() OVER (ORDER BY i DESC) = 1",
            [(4,)],
        ),
    ],
)
def test_queries(session, query, rows):
    assert session.execute(query).rows == rows


def test_sum_has_redshifts_types(session):
    columns = session.execute("SELECT sum(i), sum(big), sum(d), sum(i * 2) FROM t").columns
    assert [column.type_name for column in columns] == ["int8", "numeric", "numeric", "int8"]


def test_unnamed_columns_get_redshifts_names(session):
    columns = session.execute(
        "SELECT count(*), max(i), i + 1, s::char(1) FROM t GROUP BY i, s"
    ).columns
    assert [column.name for column in columns] == ["count", "max", "?column?", "s"]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM gone", 'ERROR: relation "gone" does not exist'),
        ("SELECT * FROM gone.t", 'ERROR: schema "gone" does not exist'),
        ("SELECT gone FROM t", 'ERROR: column "gone" does not exist'),
        ("SELECT i FROM t WHERE", "ERROR: syntax error"),
        ("SELCT 1", "ERROR: syntax error"),
        ("SELECT 'x", "ERROR: unterminated quoted string"),
        ("SELECT 1 / (i - 1) FROM t", "ERROR: Divide by zero"),
        ("SELECT 'x'::int", 'ERROR: invalid input syntax for integer: "x"'),
        ("SELECT i, count(*) FROM t", "must appear in the GROUP BY clause"),
        ("CREATE TABLE t (a INT)", 'ERROR: Relation "t" already exists'),
        ("DROP TABLE gone", 'ERROR: Table "gone" does not exist'),
        ("INSERT INTO t (s) VALUES ('longer than nine')", "ERROR: Value too long"),
        ("INSERT INTO t VALUES (1)", "ERROR: INSERT has a different number"),
        ("CREATE TABLE u (a INT, a INT)", 'ERROR: column "a" duplicated'),
        ("CREATE TABLE u (a VARCHAR(65536))", "between 1 and 65535, not 65536"),
        ("VACUUM", "ERROR: VACUUM cannot run inside a transaction block"),
        ("GRANT SELECT ON t TO ghost", 'ERROR: user "ghost" does not exist'),
        ("SELECT * FROM '/etc/passwd'", "does not exist"),
    ],
)
def test_errors_read_like_redshifts(session, sql, message):
    with pytest.raises(SqlError) as failed:
        session.execute(sql)
    assert message in str(failed.value)
    assert str(failed.value).startswith("ERROR: ")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE u (a SUPER)",
        "CREATE TABLE u (a GEOMETRY)",
        "CREATE EXTERNAL SCHEMA x FROM DATA CATALOG DATABASE 'd' IAM_ROLE default",
        "CREATE MATERIALIZED VIEW v AS SELECT 1",
        "CREATE FUNCTION f() RETURNS INT STABLE AS $$ SELECT 1 $$ LANGUAGE sql",
        "CALL p()",
        "EXPLAIN SELECT 1",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SET wlm_something TO 1",
        "ALTER TABLE t ALTER COLUMN s TYPE VARCHAR(20)",
    ],
)
def test_what_is_not_modelled_is_refused_by_name(session, sql):
    with pytest.raises(NotModelledError, match="not modelled by the sandbox"):
        session.execute(sql)


def test_table_definitions(session):
    session.execute(
        "CREATE TABLE IF NOT EXISTS u (id BIGINT IDENTITY(10,5), code CHAR(2) ENCODE bytedict,"
        " at TIMESTAMP DEFAULT getdate(), n NUMERIC, UNIQUE (code), PRIMARY KEY (id))"
        " DISTSTYLE KEY DISTKEY (id) COMPOUND SORTKEY (code, id)"
    )
    session.execute("INSERT INTO u (code) VALUES ('a'), ('a')")
    CLOCK.advance(60)
    session.execute("INSERT INTO u (code, n) VALUES ('b', 1.7)")
    rows = session.execute("SELECT id, code, at::time, n FROM u ORDER BY id").rows
    assert [(row[0], row[1], str(row[2]), row[3]) for row in rows] == [
        (10, "a", "01:30:15", None),
        (15, "a", "01:30:15", None),
        (20, "b", "01:31:15", Decimal(2)),
    ]
    session.execute("CREATE TABLE w (LIKE u)")
    assert session.execute("SELECT count(*) FROM w").rows == [(0,)]
    session.execute("ALTER TABLE u ADD COLUMN extra INT DEFAULT 3")
    session.execute("ALTER TABLE u RENAME COLUMN extra TO more")
    session.execute("ALTER TABLE u RENAME TO renamed")
    assert session.execute("SELECT max(more) FROM renamed").rows == [(3,)]
    session.execute("DROP TABLE renamed")


def test_identity_column_takes_no_value(session):
    session.execute("CREATE TABLE u (id INT IDENTITY(1,1), a INT)")
    with pytest.raises(SqlError, match="cannot set an identity column to a value"):
        session.execute("INSERT INTO u (id, a) VALUES (1, 2)")


def test_changes_report_their_rows(session):
    session.execute("SELECT i, s INTO copied FROM t")
    assert session.execute("UPDATE copied SET s = 'z' WHERE i > 1").row_count == 2
    assert (
        session.execute("DELETE FROM copied USING t WHERE t.i = copied.i AND t.i = 1").row_count
        == 1
    )
    session.execute("CREATE TEMP TABLE fresh AS SELECT 2 AS i, 'n' AS s UNION ALL SELECT 9, 'm'")
    session.execute(
        "MERGE INTO copied USING fresh ON copied.i = fresh.i WHEN MATCHED THEN UPDATE SET"
        " s = fresh.s WHEN NOT MATCHED THEN INSERT (i, s) VALUES (fresh.i, fresh.s)"
    )
    assert session.execute("SELECT i, s FROM copied ORDER BY i").rows == [
        (2, "n"),
        (4, "z"),
        (9, "m"),
    ]


def test_rollback_undoes_tables_and_users(warehouse):
    session = Session(warehouse, "dev", User("awsuser", is_superuser=True))
    session.execute("BEGIN")
    session.execute("CREATE TABLE u (a INT)")
    session.execute("CREATE USER nobody PASSWORD 'Passw0rd'")
    session.execute("ROLLBACK")
    assert "nobody" not in warehouse.access.users
    with pytest.raises(SqlError, match="u"):
        session.execute("SELECT * FROM u")
    session.close()


def test_search_path_finds_unqualified_names(session):
    session.execute("CREATE SCHEMA sales")
    session.execute("CREATE TABLE sales.t (only_here INT)")
    session.execute("SET search_path TO sales, public")
    assert session.execute("SELECT * FROM t").columns[0].name == "only_here"
