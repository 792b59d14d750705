"""COPY and UNLOAD against the sandbox's S3."""

import gzip
import json
import time

import pytest

BUCKET = "warehouse-staging"


@pytest.fixture
def put(sandbox):
    """Store an object in the source account's bucket."""
    client = sandbox.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return lambda key, body: client.put_object(Bucket=BUCKET, Key=key, Body=body)


@pytest.fixture
def items(database):
    database.run("CREATE TABLE items (id INT, name VARCHAR(5), price DECIMAL(6,2), day DATE)")
    return database


def copy(table, key, options="", role="IAM_ROLE default"):
    return f"COPY {table} FROM 's3://{BUCKET}/{key}' {role} {options}"


def test_100_000_rows_are_loaded_in_bulk(database, put, record_property):
    lines = (
        f"{n}|{n % 2000}|{n % 50}.25|0.0{n % 9}|1998-{1 + n % 12:02}-{1 + n % 28:02}|line {n}|\n"
        for n in range(100_000)
    )
    put("tpch/lineitem.tbl.gz", gzip.compress("".join(lines).encode()))
    database.run(
        "CREATE TABLE lineitem (l_orderkey BIGINT NOT NULL, l_partkey BIGINT, l_quantity"
        " DECIMAL(12,2), l_tax DECIMAL(12,2), l_shipdate DATE, l_comment VARCHAR(44))"
        " DISTKEY (l_orderkey) SORTKEY (l_shipdate)"
    )
    started = time.monotonic()
    described = database.describe(
        copy("lineitem", "tpch/", "GZIP DELIMITER '|' REGION 'us-east-1'")
    )
    seconds = time.monotonic() - started
    record_property("copy_seconds", round(seconds, 2))
    assert (described["Status"], described["ResultRows"]) == ("FINISHED", 100_000)
    assert seconds < 15
    query = "SELECT count(*), sum(l_quantity), min(l_shipdate), max(l_orderkey) FROM lineitem"
    assert database.rows(query) == [(100_000, "2475000.00", "1998-01-01", 99_999)]


def test_every_object_of_the_prefix_is_loaded(items, put):
    put("parts/1", b"1|a|1.00|2026-01-01\n")
    put("parts/2", b"2|b|2.00|2026-01-02\n")
    put("party", b"3|c|3.00|2026-01-03\n")
    items.run(copy("items", "parts/"))
    assert items.rows("SELECT id, name FROM items ORDER BY id") == [(1, "a"), (2, "b")]


def test_missing_prefix_bucket_and_table_are_named(items, put):
    assert items.error(copy("items", "gone")) == (
        "ERROR: The specified S3 prefix 'gone' does not exist"
    )
    assert "NoSuchBucket" in items.error("COPY items FROM 's3://no-such/x' IAM_ROLE default")
    assert "gone" in items.error(copy("gone", "x"))
    assert "IAM_ROLE" in items.error(copy("items", "x", role=""))
    assert "specified endpoint" in items.error(copy("items", "x", "REGION 'eu-west-1'"))


def test_bad_rows_load_nothing_and_are_explained(items, put):
    put(
        "bad",
        b"1|a|1|2026-01-01\nx|a|1|2026-01-01\n3|toolong|1|2026-01-01\n4|a|1|2026-02-30\n"
        b"5|a|1\n6|a|1|2026-01-01|more\n7|a|abc|2026-01-01\n",
    )
    assert items.error(copy("items", "bad")) == (
        "ERROR: Load into table 'items' failed.  Check 'stl_load_errors' system table for details."
    )
    assert items.rows("SELECT count(*) FROM items") == [(0,)]
    query = "SELECT line_number, colname, err_code, filename FROM stl_load_errors ORDER BY 1"
    uri = f"s3://{BUCKET}/bad"
    assert items.rows(query) == [
        ("2", "id", "1207", uri),
        ("3", "name", "1204", uri),
        ("4", "day", "1205", uri),
        ("5", "id", "1214", uri),
        ("6", "id", "1202", uri),
        ("7", "price", "1207", uri),
    ]
    items.run(copy("items", "bad", "MAXERROR 6"))
    assert items.rows("SELECT id FROM items") == [(1,)]


def test_csv_with_header_quotes_and_column_list(items, put):
    put("csv", b'n,i\r\n"a,""b",1\r\n,2\r\n"x\ny",3\r\n')
    items.run(copy("items (name, id)", "csv", "CSV IGNOREHEADER 1 EMPTYASNULL"))
    assert items.rows("SELECT id, name FROM items ORDER BY id") == [
        (1, 'a,"b'),
        (2, None),
        (3, "x\ny"),
    ]


def test_nulls_dates_and_blanks(items, put):
    put("odd", b"1\tnone\t1.239\t31/12/2025\n2\t\t\t\n")
    items.run(copy("items", "odd", r"DELIMITER '\t' NULL AS 'none' DATEFORMAT 'DD/MM/YYYY'"))
    assert items.rows("SELECT * FROM items ORDER BY id") == [
        (1, None, "1.23", "2025-12-31"),
        (2, "", None, None),
    ]


def test_json_by_name(items, put):
    put("json", b'{"name": "a", "id": 1, "extra": []}\n{"id": 2}\n')
    items.run(copy("items", "json", "FORMAT JSON 'auto'"))
    assert items.rows("SELECT id, name FROM items ORDER BY id") == [(1, "a"), (2, None)]


def test_manifest_names_the_objects(items, put):
    put("a", b"1|a|1|2026-01-01\n")
    put("b", b"2|b|1|2026-01-01\n")
    entry = {"url": f"s3://{BUCKET}/b", "mandatory": True}
    put("manifest", json.dumps({"entries": [entry]}).encode())
    items.run(copy("items", "manifest", "MANIFEST"))
    assert items.rows("SELECT id FROM items") == [(2,)]
    entry["url"] += "-gone"
    put("manifest", json.dumps({"entries": [entry]}).encode())
    assert "b-gone does not exist" in items.error(copy("items", "manifest", "MANIFEST"))


def test_options_that_are_not_modelled_are_refused(items, put):
    put("a", b"1|a|1|2026-01-01\n")
    for option in ("FIXEDWIDTH 'a:1'", "FORMAT AVRO 'auto'", "ESCAPE", "JSON 's3://x/paths'"):
        assert "not modelled" in items.error(copy("items", "a", option))
    assert "syntax error" in items.error(copy("items", "a", "NONSENSE"))


@pytest.mark.parametrize("form", ["PARQUET", "CSV"])
def test_what_is_unloaded_can_be_copied_back(items, put, form):
    items.run(
        "INSERT INTO items VALUES (1, 'a', 1.5, '2026-01-01'), (2, 'it''s', NULL, NULL)",
        f"UNLOAD ('SELECT * FROM items WHERE name <> ''x''') TO 's3://{BUCKET}/out/' IAM_ROLE"
        f" default FORMAT AS {form}",
        "CREATE TABLE again (LIKE items)",
        copy("again", "out/", f"FORMAT AS {form}"),
    )
    rows = items.rows("SELECT * FROM again ORDER BY id")
    assert rows == items.rows("SELECT * FROM items ORDER BY id")
    assert "not empty" in items.error(
        f"UNLOAD ('SELECT 1') TO 's3://{BUCKET}/out/' IAM_ROLE default FORMAT AS {form}"
    )


def test_reading_another_accounts_bucket(sandbox, items):
    client = sandbox.client("s3", "target")
    client.create_bucket(Bucket="target-staging")
    client.put_object(Bucket="target-staging", Key="x", Body=b"1|a|1|2026-01-01\n")
    items.run("COPY items FROM 's3://target-staging/x' IAM_ROLE default")
    assert items.rows("SELECT count(*) FROM items") == [(1,)]
