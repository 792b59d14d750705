"""Snapshots carry data: as of the snapshot, into the other account, with users and grants."""

import pytest

from sandbox.clock import CLOCK
from tests.sandbox.redshiftdata.conftest import Database

TARGET = "058264155998"
RESTORED = {
    "SnapshotIdentifier": "friday",
    "ClusterIdentifier": "drill",
    "ClusterSubnetGroupName": "drill",
}


@pytest.fixture
def snapshot(sandbox, database):
    """A shared snapshot of three rows; the source has one row less since."""
    redshift = sandbox.client("redshift")
    database.run(
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.orders (id INT IDENTITY(1,1), name VARCHAR(9), day TIMESTAMP"
        " DEFAULT getdate())",
        "INSERT INTO sales.orders (name) VALUES ('a'), ('b'), ('c')",
        "CREATE USER reader PASSWORD 'Sandbox-Passw0rd'",
        "GRANT USAGE ON SCHEMA sales TO reader",
        "GRANT SELECT ON sales.orders TO reader",
    )
    redshift.create_cluster_snapshot(SnapshotIdentifier="friday", ClusterIdentifier="warehouse")
    sandbox.control("POST", "clock", {"advance_seconds": 60})
    database.run("DELETE FROM sales.orders WHERE name = 'a'")
    return "friday"


def share_and_restore(sandbox, **defaults):
    source, target = sandbox.client("redshift"), sandbox.client("redshift", "target")
    subnet = sandbox.client("ec2", "target").describe_subnets()["Subnets"][0]["SubnetId"]
    target.create_cluster_subnet_group(
        ClusterSubnetGroupName="drill", Description="drill", SubnetIds=[subnet]
    )
    source.authorize_snapshot_access(SnapshotIdentifier="friday", AccountWithRestoreAccess=TARGET)
    target.restore_from_cluster_snapshot(OwnerAccount="164543933824", **RESTORED)
    CLOCK.advance(600)
    return Database(sandbox, "drill", "target", **defaults)


def test_restore_in_the_other_account_returns_the_rows_of_the_snapshot(sandbox, database, snapshot):
    restored = share_and_restore(sandbox)
    assert restored.rows("SELECT name FROM sales.orders ORDER BY id") == [("a",), ("b",), ("c",)]
    assert database.rows("SELECT count(*) FROM sales.orders") == [(2,)]


def test_restored_cluster_and_its_source_change_apart(sandbox, database, snapshot):
    restored = share_and_restore(sandbox)
    restored.run("INSERT INTO sales.orders (name) VALUES ('d')")
    assert restored.rows("SELECT max(id) FROM sales.orders") == [(4,)]
    assert database.rows("SELECT max(id) FROM sales.orders") == [(3,)]


def test_users_and_grants_are_restored(sandbox, snapshot):
    reader = share_and_restore(sandbox, DbUser="reader")
    assert reader.rows("SELECT count(*) FROM sales.orders") == [(3,)]
    assert "permission denied" in reader.error("DELETE FROM sales.orders")


def test_iam_identity_of_the_other_account_has_no_grants(sandbox, snapshot):
    restored = share_and_restore(sandbox, DbUser=None)
    assert restored.error("SELECT * FROM sales.orders") == (
        "ERROR: permission denied for schema sales"
    )


def test_frozen_data_can_be_damaged(sandbox, database, snapshot):
    answer = sandbox.control(
        "POST", "snapshots/friday/sql", {"sql": "DELETE FROM sales.orders WHERE name <> 'b'"}
    )
    assert answer["rows_affected"] == 2
    restored = share_and_restore(sandbox)
    assert restored.rows("SELECT name FROM sales.orders") == [("b",)]


def test_default_follows_the_clock_after_the_restore(sandbox, snapshot):
    restored = share_and_restore(sandbox)
    restored.run("INSERT INTO sales.orders (name) VALUES ('later')")
    ((stamp, now),) = restored.rows("SELECT day, getdate() FROM sales.orders WHERE name = 'later'")
    assert stamp[:16] == now[:16] == CLOCK.now().strftime("%Y-%m-%d %H:%M")
