"""The catalog views that validation reads, and the listings of the API."""

import pytest


@pytest.fixture
def sales(database):
    database.run(
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.orders (id BIGINT IDENTITY(1,1) PRIMARY KEY, name VARCHAR(25) ENCODE"
        " lzo DISTKEY, price DECIMAL(12,2) NOT NULL DEFAULT 0, code CHAR(2)) SORTKEY (name, id)",
        "CREATE TABLE sales.empty (a DATE)",
        "CREATE VIEW sales.names AS SELECT name FROM sales.orders",
        "CREATE TABLE loose (a INT)",
        "INSERT INTO sales.orders (name, price) VALUES ('a', 1), ('b', 2)",
    )
    return database


def test_svv_table_info_counts_rows_and_omits_empty_tables(sales):
    query = 'SELECT "schema", "table", tbl_rows, diststyle, sortkey1 FROM svv_table_info'
    assert sales.rows(query) == [("sales", "orders", "2", "KEY", "name")]


@pytest.mark.parametrize("view", ["svv_all_tables", "svv_redshift_tables"])
def test_all_tables_has_empty_ones_and_views(sales, view):
    query = f"SELECT schema_name, table_name, table_type FROM {view} ORDER BY 1, 2"
    assert sales.rows(query) == [
        ("public", "loose", "TABLE"),
        ("sales", "empty", "TABLE"),
        ("sales", "names", "VIEW"),
        ("sales", "orders", "TABLE"),
    ]


@pytest.mark.parametrize("view", ["svv_tables", "information_schema.tables"])
def test_tables_by_the_standard(sales, view):
    query = f"SELECT table_name FROM {view} WHERE table_type = 'BASE TABLE' ORDER BY 1"
    assert sales.rows(query) == [("empty",), ("loose",), ("orders",)]


@pytest.mark.parametrize(
    ("view", "schema"),
    [
        ("svv_columns", "table_schema"),
        ("svv_all_columns", "schema_name"),
        ("information_schema.columns", "table_schema"),
    ],
)
def test_columns_have_redshifts_types(sales, view, schema):
    query = (
        "SELECT column_name, data_type, character_maximum_length, is_nullable FROM"
        f" {view} WHERE {schema} = 'sales' AND table_name = 'orders' ORDER BY ordinal_position"
    )
    assert sales.rows(query) == [
        ("id", "bigint", None, "NO"),
        ("name", "character varying", 25, "YES"),
        ("price", "numeric", None, "NO"),
        ("code", "character", 2, "YES"),
    ]


def test_pg_table_def_looks_only_at_the_search_path(sales):
    assert sales.rows("SELECT DISTINCT tablename FROM pg_table_def") == [("loose",)]
    described = sales.describe(
        [
            "SET search_path TO sales",
            'SELECT "column", type, encoding, distkey, sortkey, "notnull" FROM pg_table_def'
            " WHERE tablename = 'orders' ORDER BY 1",
        ]
    )
    result = sales.client.get_statement_result(Id=f"{described['Id']}:2")
    texts = [[next(iter(field.values())) for field in record] for record in result["Records"]]
    assert texts == [
        ["code", "character(2)", "none", False, 0, False],
        ["id", "bigint", "none", False, 2, True],
        ["name", "character varying(25)", "lzo", True, 1, False],
        ["price", "numeric(12,2)", "none", False, 0, True],
    ]


def test_views_join_and_take_an_alias(sales):
    query = (
        "SELECT t.table_name, count(*) FROM svv_all_tables t JOIN svv_all_columns c"
        " ON c.schema_name = t.schema_name AND c.table_name = t.table_name"
        " WHERE t.schema_name = 'sales' GROUP BY 1 ORDER BY 1"
    )
    assert sales.rows(query) == [("empty", 1), ("names", 1), ("orders", 4)]


def test_unknown_system_view_is_refused_by_name(sales):
    assert "stv_blocklist" in sales.error("SELECT * FROM stv_blocklist")


def test_session_functions(sales):
    ((version, name, user),) = sales.rows("SELECT version(), current_database(), current_user")
    assert "Redshift" in version
    assert (name, user) == ("dev", "awsuser")
    assert sales.rows("SELECT usename, usesuper FROM pg_user") == [("awsuser", True)]


def test_listings_of_the_api(sales):
    client, defaults = sales.client, sales.defaults
    sales.run("CREATE DATABASE archive")
    assert client.list_databases(**defaults)["Databases"] == ["archive", "dev"]
    assert client.list_schemas(SchemaPattern="s%", **defaults)["Schemas"] == ["sales"]
    tables = client.list_tables(SchemaPattern="sales", TablePattern="%r%", **defaults)["Tables"]
    assert tables == [{"name": "orders", "schema": "sales", "type": "TABLE"}]
    pages = client.get_paginator("list_tables").paginate(
        **defaults, PaginationConfig={"PageSize": 3}
    )
    assert [len(page["Tables"]) for page in pages] == [3, 1]
    described = client.describe_table(Schema="sales", Table="orders", **defaults)
    columns = [(column["name"], column["typeName"]) for column in described["ColumnList"]]
    assert columns == [
        ("id", "int8"),
        ("name", "varchar"),
        ("price", "numeric"),
        ("code", "bpchar"),
    ]


def test_databases_are_separate_and_readable_across(sales):
    sales.run("CREATE DATABASE archive")
    sales.run("CREATE TABLE old (a INT)", "INSERT INTO old VALUES (7)", Database="archive")
    assert sales.rows("SELECT table_name FROM svv_tables", Database="archive") == [("old",)]
    assert sales.rows("SELECT a FROM archive.public.old") == [(7,)]
    assert "read-only" in sales.error("INSERT INTO archive.public.old VALUES (8)")
