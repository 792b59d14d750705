"""Snapshots planted over the control API, and changes of their data."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.accounts import SOURCE, TARGET
from sandbox.server import ControlRequestError
from sandbox.warehouse import WAREHOUSES

ROW = {"cluster_identifier": "orders", "snapshot_identifier": "old"}


def describe(redshift, name="old", **filters):
    response = redshift.describe_cluster_snapshots(SnapshotIdentifier=name, **filters)
    return response["Snapshots"][0]


def faults(sandbox, *rows):
    with pytest.raises(ControlRequestError) as caught:
        sandbox.control("POST", "snapshots", list(rows))
    return str(caught.value)


def test_planted_snapshot_is_what_was_asked_for(sandbox, source, target):
    row = ROW | {
        "account_id": SOURCE.account_id,
        "create_time": "2026-01-02T03:04:05+00:00",
        "type": "manual",
        "status": "available",
        "tags": {"team": "data"},
        "shared_with": [TARGET.account_id],
    }
    (planted,) = sandbox.control("POST", "snapshots", [row])
    assert planted == row | {"kms_key_id": None}
    own = describe(source)
    assert own["SnapshotCreateTime"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert own["Tags"] == [{"Key": "team", "Value": "data"}]
    assert own["AccountsWithRestoreAccess"] == [{"AccountId": TARGET.account_id}]
    assert own["Encrypted"] is False
    assert describe(target, OwnerAccount=SOURCE.account_id)["SnapshotIdentifier"] == "old"


def test_least_row_gets_the_defaults(frozen, sandbox, source):
    sandbox.control("POST", "snapshots", [ROW | {"tags": [{"Key": "a", "Value": "b"}]}])
    row = describe(source)
    assert (row["SnapshotType"], row["Status"]) == ("manual", "available")
    assert row["SnapshotCreateTime"] == frozen.now()
    assert row["Tags"] == [{"Key": "a", "Value": "b"}]


@pytest.mark.parametrize("status", ["creating", "failed", "cancelled"])
def test_planted_status_stays(frozen, sandbox, source, status):
    sandbox.control("POST", "snapshots", [ROW | {"status": status}])
    frozen.advance(86400)
    assert describe(source)["Status"] == status


def test_every_fault_of_every_row_is_told_and_nothing_is_planted(sandbox, source):
    text = faults(
        sandbox,
        ROW,
        {"snapshot_identifier": "a--b", "typ": "manual"},
        ROW | {"snapshot_identifier": "c", "create_time": "yesterday", "status": "gone"},
        ROW | {"snapshot_identifier": "d", "type": "other", "shared_with": "1"},
        ROW | {"snapshot_identifier": "e", "shared_with": [SOURCE.account_id, 5]},
        ROW | {"snapshot_identifier": "f", "tags": {"a": 1}, "account_id": 164543933824},
        ROW | {"snapshot_identifier": "g", "kms_key_id": "alias/none"},
        ROW,
        "row",
    )
    for expected in (
        "row 1: unknown fields typ",
        "row 1: cluster_identifier: missing",
        "row 1: snapshot_identifier",
        "row 2: create_time",
        "row 2: status is 'gone'",
        "row 3: type is 'other'",
        "row 3: shared_with is '1'",
        "row 4: shared_with: 164543933824 is the owner's own account",
        "row 4: shared_with: 5",
        "row 5: tags",
        "row 5: account_id 164543933824",
        "row 6: kms_key_id: KMS key alias/none does not exist",
        "row 7: account 164543933824 has a snapshot old already",
        "row 8: expected an object",
    ):
        assert expected in text
    assert source.describe_cluster_snapshots()["Snapshots"] == []


def test_taken_identifier_is_a_fault(sandbox):
    sandbox.control("POST", "snapshots", [ROW])
    assert "has a snapshot old already" in faults(sandbox, ROW)


def test_automated_ones_get_their_name_and_cannot_be_shared(sandbox, source):
    row = {
        "cluster_identifier": "orders",
        "create_time": "2026-01-02T03:04:05Z",
        "type": "automated",
    }
    (planted,) = sandbox.control("POST", "snapshots", [row])
    assert planted["snapshot_identifier"] == "rs:orders-2026-01-02-03-04-05"
    assert describe(source, planted["snapshot_identifier"])["SnapshotType"] == "automated"
    assert "cannot be shared" in faults(sandbox, row | {"shared_with": [TARGET.account_id]})


def test_planted_automated_snapshot_of_a_past_day_can_be_promoted(
    frozen, sandbox, source, create_cluster
):
    create_cluster(AutomatedSnapshotRetentionPeriod=1)
    created = frozen.now() - timedelta(days=5)
    row = {
        "cluster_identifier": "orders",
        "type": "automated",
        "create_time": created.isoformat(),
    }
    (planted,) = sandbox.control("POST", "snapshots", [row])
    frozen.advance(3600)
    source.copy_cluster_snapshot(
        SourceSnapshotIdentifier=planted["snapshot_identifier"], TargetSnapshotIdentifier="copy"
    )
    frozen.advance(86400)
    rows = source.describe_cluster_snapshots(SnapshotType="automated")["Snapshots"]
    assert planted["snapshot_identifier"] not in {row["SnapshotIdentifier"] for row in rows}


def test_planting_a_clusters_snapshots_costs_one_image(sandbox, source, create_cluster):
    create_cluster()
    rows = [ROW | {"snapshot_identifier": f"s{number}"} for number in range(50)]
    sandbox.control("POST", "snapshots", rows)
    image = WAREHOUSES.freeze(SOURCE.account_id, "us-east-1", "orders")
    WAREHOUSES.release(image)
    from moto.redshift.models import redshift_backends

    backend = redshift_backends[SOURCE.account_id]["us-east-1"]
    assert {backend.snapshots[row["snapshot_identifier"]].image_id for row in rows} == {image}


def test_key_of_a_planted_snapshot(sandbox, source, shared_key):
    sandbox.control("POST", "snapshots", [ROW | {"kms_key_id": shared_key}])
    row = describe(source)
    assert (row["Encrypted"], row["KmsKeyId"]) == (True, shared_key)


def test_ten_thousand_are_planted_and_a_thousand_listed_quickly(sandbox, source):
    rows = [ROW | {"snapshot_identifier": f"s{number}"} for number in range(10_000)]
    begun = time.monotonic()
    sandbox.control("POST", "snapshots", rows)
    planted = time.monotonic()
    pages = source.get_paginator("describe_cluster_snapshots").paginate(
        PaginationConfig={"MaxItems": 1000}
    )
    assert sum(len(page["Snapshots"]) for page in pages) == 1000
    assert planted - begun < 10
    assert time.monotonic() - planted < 10


def test_sql_changes_one_snapshot_and_not_its_siblings(sandbox, source, create_cluster):
    create_cluster()
    sandbox.control("POST", "snapshots", [ROW, ROW | {"snapshot_identifier": "twin"}])
    for sql, rows in (("create table t (a int)", None), ("insert into t values (1), (2)", 2)):
        answer = sandbox.control("POST", "snapshots/old/sql", {"sql": sql})
        assert rows in (None, answer["rows_affected"])
    assert answer["account_id"] == SOURCE.account_id
    with pytest.raises(ControlRequestError, match="ERROR"):
        sandbox.control("POST", "snapshots/twin/sql", {"sql": "select * from t"})


def test_sql_on_nothing_is_refused(sandbox, source):
    sandbox.control("POST", "snapshots", [ROW])
    for name, expected in (("none", "no account has"), ("old", "holds no data")):
        with pytest.raises(ControlRequestError, match=expected):
            sandbox.control("POST", f"snapshots/{name}/sql", {"sql": "select 1"})


def test_reset_empties_the_shelf(sandbox, source):
    sandbox.control("POST", "snapshots", [ROW])
    sandbox.control("POST", "reset")
    assert source.describe_cluster_snapshots()["Snapshots"] == []
