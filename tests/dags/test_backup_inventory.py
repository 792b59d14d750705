"""The inventories around a backup: what they leave, and that no fault of theirs touches it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.dags.test_backup_dag import CLUSTER, FULL, set_snapshots

BUCKET = "aca-redshift-dr-evidence"
READER = "redshift_dr_reader"
Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _snapshots_take_no_time(playground: Any) -> None:
    set_snapshots(playground, seconds=0)


@pytest.fixture
def recorded(playground: Any) -> Callable[[], dict[str, Any]]:
    """What is in the evidence bucket, which the inventory's connection names."""
    s3 = playground.client("s3", account="target")

    def read() -> dict[str, Any]:
        keys = [row["Key"] for row in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
        return {key: json.load(s3.get_object(Bucket=BUCKET, Key=key)["Body"]) for key in keys}

    return read


@pytest.fixture
def reader(playground: Any) -> None:
    """The database user of docs/validation.md."""
    client = playground.client("redshift-data")
    where = {"ClusterIdentifier": CLUSTER, "Database": "dev", "DbUser": "awsuser"}
    users = client.execute_statement(
        **where, WaitTimeSeconds=30, Sql=f"SELECT 1 FROM pg_user WHERE usename = '{READER}'"
    )
    known = client.get_statement_result(Id=users["Id"])["Records"]
    sqls = [
        *([] if known else [f"CREATE USER {READER} PASSWORD DISABLE"]),
        f"GRANT USAGE ON SCHEMA sales TO {READER}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA sales TO {READER}",
    ]
    done = client.batch_execute_statement(**where, WaitTimeSeconds=30, Sqls=sqls)
    assert done["Status"] == "FINISHED"


def test_backup_records_both_inventories(
    run_backup: Run, recorded: Callable[[], dict[str, Any]], reader: None
) -> None:
    ended = run_backup(logical_date=None)

    assert (ended.state, ended.states) == ("success", FULL)
    assert set(ended.inventories.values()) == {"success"}
    snapshot_id = ended.results["create_snapshot"]["snapshot_id"]
    after = recorded()[f"baselines/{CLUSTER}/{snapshot_id}/after.json"]
    before = recorded()[after["before"]]
    assert {row["table"]: row["rows"] for row in before["tables"]} == {
        "customers": 120,
        "orders": 600,
        "products": 40,
    }
    assert before["tables"] == after["tables"]
    assert before["started_at"] < after["started_at"]


def test_inventory_that_cannot_be_taken_leaves_the_backup_green(
    run_backup: Run, recorded: Callable[[], dict[str, Any]]
) -> None:
    ended = run_backup(logical_date=None)

    assert (ended.state, ended.states) == ("success", FULL)
    assert "failed" not in ended.inventories.values()


def test_inventory_that_is_killed_leaves_the_backup_green(
    run_backup: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: Any) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(
        "redshift_dr.operators.inventory.RedshiftRecordInventoryOperator.execute", die
    )

    ended = run_backup(logical_date=None)

    assert (ended.state, ended.states) == ("success", FULL)
    assert set(ended.inventories.values()) == {"failed"}


@pytest.mark.parametrize("conf", [{"dry_run": True}, None])
def test_dry_run_and_past_slot_record_nothing(
    run_backup: Run, recorded: Callable[[], dict[str, Any]], reader: None, conf: Any
) -> None:
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)

    ended = run_backup(logical_date=None if conf else past, run_conf=conf)

    assert set(ended.inventories.values()) == {"skipped"}
    assert recorded() == {}
