"""Validation over HTTP: every damage to the frozen data is caught, with numbers and no rows."""

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.sandbox.redshift_dr.warehouse import (
    BUCKET,
    NAME,
    SHOP,
    SNAPSHOT,
    Warehouse,
    by_name,
    created,
    grants,
    write_checks,
)
from tests.sandbox.redshiftdata.conftest import cached_client
from tests.unit.redshift_dr.fakes import FakeTaskInstance

FRESH = ({"column": "shop.orders.placed", "maximum_age_hours": 2},)
ORPHANS = """\
-- name: orders without customer
-- severity: error
-- timeout: 60
-- requires: shop
SELECT o.*, 'Ada Lovelace' AS secret
FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer
WHERE c.id IS NULL; -- every order has one
"""
SECRET = "Ada Lovelace"


@pytest.fixture
def warehouse(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A shop, recorded, frozen and shared."""
    world = Warehouse(sandbox, monkeypatch, freshness=FRESH)
    world.source.submit([*SHOP, *grants("shop")])
    world.back_up()
    return world


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one check."""
    write_checks(tmp_path / "checks", orphans=ORPHANS)
    return tmp_path / "checks"


def failed(world: Warehouse, folder: Path, capsys: Any) -> tuple[dict[str, Any], str]:
    """The checks of a validation that must fail, and its words; no row in any of them."""
    ti = FakeTaskInstance(task_id="validate")
    world.restore()
    with pytest.raises(AirflowFailException) as raised:
        world.validate(ti, folder)
    result = ti.pushed["return_value"]
    assert result["result"] == "failed"
    assert ti.pushed["failure"]["error"] in str(raised.value)
    logged = capsys.readouterr().out
    assert "orders without customer" in logged
    assert SECRET not in json.dumps(ti.pushed) + str(raised.value) + logged
    return by_name(result), str(raised.value)


def test_undamaged_restore_passes(warehouse: Warehouse, folder: Path) -> None:
    warehouse.restore()

    result = warehouse.validate(FakeTaskInstance(), folder)

    assert result["result"] == "passed"
    assert {check["result"] for check in result["checks"]} == {"passed"}
    checks = by_name(result)
    assert checks["shop.orders"]["numbers"]["rows_restored"] == 100
    assert checks["shop.empty"]["numbers"]["rows_restored"] == 0
    assert checks["orders without customer"]["numbers"] == {"offending_rows": 0}
    assert 0.9 <= checks["shop.orders.placed"]["numbers"]["age_hours"] <= 1.1
    assert result["statements"] == 5
    assert sum(check["statements"] for check in result["checks"]) == 5


def test_dropped_table_is_caught(warehouse: Warehouse, folder: Path, capsys: Any) -> None:
    warehouse.damage("DROP TABLE shop.customers")

    checks, words = failed(warehouse, folder, capsys)

    assert checks["shop.customers"]["result"] == "failed"
    assert checks["shop.customers"]["message"].startswith("missing table: it had 2 rows before")
    assert checks["orders without customer"]["result"] == "error"
    assert "there is no relation" in checks["orders without customer"]["message"]
    assert checks["shop.orders"]["result"] == "passed"
    assert words.startswith("2 of 7 checks failed: shop.customers: missing table")


def test_lost_column_is_caught(warehouse: Warehouse, folder: Path, capsys: Any) -> None:
    warehouse.damage("ALTER TABLE shop.customers DROP COLUMN name")

    checks, _ = failed(warehouse, folder, capsys)

    assert checks["shop.customers"]["message"] == "1 missing columns: name"
    assert checks["shop.customers"]["numbers"]["columns_missing"] == 1


def test_lost_rows_are_caught(warehouse: Warehouse, folder: Path, capsys: Any) -> None:
    warehouse.damage("DELETE FROM shop.orders WHERE id < 5")

    checks, words = failed(warehouse, folder, capsys)

    assert checks["shop.orders"]["numbers"]["rows_off"] == -5
    assert checks["shop.orders"]["numbers"]["percent_off"] == 5
    assert "95 rows, expected 100: 5 too few (5.00 %)" in words


def test_one_row_too_many_is_caught(warehouse: Warehouse, folder: Path, capsys: Any) -> None:
    warehouse.damage("INSERT INTO shop.empty VALUES (1)")

    checks, _ = failed(warehouse, folder, capsys)

    assert checks["shop.empty"]["numbers"]["rows_off"] == 1


def test_stale_data_is_caught(warehouse: Warehouse, folder: Path, capsys: Any) -> None:
    warehouse.damage("UPDATE shop.orders SET placed = dateadd(hour, -30, placed)")

    checks, _ = failed(warehouse, folder, capsys)

    stale = checks["shop.orders.placed"]
    assert (stale["kind"], stale["result"]) == ("freshness", "failed")
    assert 30.9 <= stale["numbers"]["age_hours"] <= 31.1


def test_violated_check_is_caught(warehouse: Warehouse, folder: Path, capsys: Any) -> None:
    warehouse.damage("UPDATE shop.orders SET customer = 99 WHERE id < 7")

    checks, words = failed(warehouse, folder, capsys)

    assert checks["orders without customer"]["numbers"] == {"offending_rows": 7}
    assert "orders without customer: 7 offending rows" in words


def test_all_checks_run_though_one_cannot(warehouse: Warehouse, folder: Path, capsys: Any) -> None:
    write_checks(
        folder,
        a_bad="-- name: bad cast\nSELECT 1 FROM shop.customers WHERE CAST(name AS INTEGER) > 0",
        b_warn="-- name: any order\n-- severity: warn\nSELECT id FROM shop.orders",
        c_far="-- name: elsewhere\n-- requires: tpch\nSELECT 1 FROM tpch.orders",
    )

    checks, _ = failed(warehouse, folder, capsys)

    assert checks["bad cast"]["result"] == "error"
    assert "its words may hold data and are not repeated" in checks["bad cast"]["message"]
    assert checks["any order"]["result"] == "warned"
    assert checks["elsewhere"]["result"] == "not comparable"
    assert checks["orders without customer"]["result"] == "passed"


def test_faulty_files_are_told_before_any_statement(warehouse: Warehouse, folder: Path) -> None:
    write_checks(folder, one="SELECT 1", two="-- name: x\nDELETE FROM shop.orders")
    warehouse.restore()
    warehouse.sandbox.control("DELETE", "calls")

    with pytest.raises(AirflowFailException) as raised:
        warehouse.validate(FakeTaskInstance(), folder)

    assert "one.sql:1: name is missing" in str(raised.value)
    assert "two.sql:2: is DELETE, not a SELECT" in str(raised.value)
    calls = warehouse.sandbox.control("GET", "calls")
    assert not [call for call in calls if call["service"] == "redshift-data"]


def test_without_inventory_nothing_is_comparable_and_nothing_passes(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = Warehouse(sandbox, monkeypatch)
    world.source.submit([*SHOP, *grants("shop")])
    world.snapshot()
    world.restore()
    ti = FakeTaskInstance()

    with pytest.raises(AirflowFailException, match="nothing was proved"):
        world.validate(ti, tmp_path)

    (check,) = ti.pushed["return_value"]["checks"]
    assert (check["name"], check["result"]) == ("inventory", "not comparable")
    assert check["message"].startswith(f"no inventory was recorded for {SNAPSHOT}")


def test_adopted_snapshot_is_not_comparable(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    world = Warehouse(sandbox, monkeypatch)
    world.source.submit([*SHOP, *grants("shop")])
    world.snapshot()
    sandbox.control("POST", "clock", {"advance_seconds": 60})
    before = world.record("before")
    world.record("after", created=created(origin="adopted"), before=before)
    world.restore()

    result = world.validate(FakeTaskInstance(), folder)

    assert result["result"] == "passed"
    assert by_name(result)["inventory"]["result"] == "not comparable"
    assert "the inventory before it was taken at" in by_name(result)["inventory"]["message"]


def test_first_inventory_of_a_run_counts(warehouse: Warehouse, folder: Path) -> None:
    s3 = cached_client(warehouse.sandbox, "s3", "target")
    key = f"baselines/{NAME}/{SNAPSHOT}/after.json"
    first = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    warehouse.source.run("INSERT INTO shop.empty VALUES (1)")

    before = warehouse.record("before")
    warehouse.record("after", created=created(), before=before)

    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == first
    warehouse.restore()
    assert warehouse.validate(FakeTaskInstance(), folder)["result"] == "passed"


def test_table_made_while_the_snapshot_began_only_warns(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    world = Warehouse(sandbox, monkeypatch)
    world.source.submit([*SHOP, *grants("shop")])
    before = world.record("before")
    world.source.run("CREATE TABLE shop.new (id INTEGER)", "DROP TABLE shop.empty", *grants("shop"))
    world.source.run("INSERT INTO shop.orders VALUES (1000, 1, getdate())")
    world.snapshot()
    world.source.run("INSERT INTO shop.orders VALUES (1001, 1, getdate())")
    world.record("after", created=created(), before=before)
    world.restore()

    result = world.validate(FakeTaskInstance(), folder)

    checks = by_name(result)
    assert result["result"] == "passed"
    assert checks["shop.new"]["result"] == checks["shop.empty"]["result"] == "warned"
    assert checks["shop.orders"]["message"].startswith("101 rows, expected 100 to 102")


def test_slow_check_is_cancelled_at_its_deadline(
    warehouse: Warehouse, folder: Path, capsys: Any
) -> None:
    slow = "SELECT 1 FROM shop.orders a, shop.orders b, shop.orders c, shop.orders d, shop.orders e"
    write_checks(
        folder,
        slow=f"-- name: slow\n-- timeout: 1\n{slow} WHERE a.id + b.id + c.id + d.id - e.id = -98",
    )

    checks, _ = failed(warehouse, folder, capsys)

    assert checks["slow"]["message"] == "no result within 1 seconds; it was cancelled"
    assert checks["orders without customer"]["result"] == "passed"


def test_throttled_calls_are_waited_out(warehouse: Warehouse, folder: Path) -> None:
    warehouse.restore()
    for operation in ("ExecuteStatement", "GetStatementResult"):
        fault = {"service": "redshift-data", "operation": operation, "from_call": 1, "times": 3}
        warehouse.sandbox.control("POST", "faults", {**fault, "kind": "throttle"})

    assert warehouse.validate(FakeTaskInstance(), folder)["result"] == "passed"
