"""Automated snapshots by the clock, and manual copies of them."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.accounts import TARGET
from sandbox.lifecycle import LIFECYCLE
from sandbox.redshift.settings import SETTINGS


def automated(redshift: Any, cluster: str = "orders") -> list[dict[str, Any]]:
    response = redshift.describe_cluster_snapshots(
        ClusterIdentifier=cluster, SnapshotType="automated"
    )
    return list(response["Snapshots"])


def test_first_one_is_taken_with_the_cluster(frozen, source, create_cluster):
    create_cluster(Tags=[{"Key": "team", "Value": "data"}])
    (first,) = automated(source)
    created = first["SnapshotCreateTime"]
    assert created == frozen.now()
    assert first["SnapshotIdentifier"] == f"rs:orders-{created.strftime('%Y-%m-%d-%H-%M-%S')}"
    assert first["Status"] == "available"
    assert not first["Tags"]
    assert "ManualSnapshotRetentionPeriod" not in first


def test_one_follows_every_eight_hours(frozen, source, create_cluster):
    create_cluster(AutomatedSnapshotRetentionPeriod=35)
    begun = frozen.now()
    frozen.advance(8 * 3600 - 1)
    assert len(automated(source)) == 1
    frozen.advance(16 * 3600 + 1)
    ages = [row["SnapshotCreateTime"] - begun for row in automated(source)]
    assert ages == [timedelta(hours=hours) for hours in (0, 8, 16, 24)]


def test_they_go_after_their_retention_but_the_latest_stays(frozen, source, create_cluster):
    create_cluster(AutomatedSnapshotRetentionPeriod=1)
    frozen.advance(30 * 86400)
    rows = automated(source)
    assert len(rows) == 3
    assert all(frozen.now() - row["SnapshotCreateTime"] < timedelta(days=1) for row in rows)
    source.pause_cluster(ClusterIdentifier="orders")
    frozen.advance(30 * 86400)
    assert len(automated(source)) == 1


def test_users_cannot_delete_them(source, create_cluster, refusal):
    create_cluster()
    (first,) = automated(source)
    code = refusal(source.delete_cluster_snapshot, SnapshotIdentifier=first["SnapshotIdentifier"])
    assert code == ("InvalidClusterSnapshotState", 400)
    code = refusal(
        source.modify_cluster_snapshot,
        SnapshotIdentifier=first["SnapshotIdentifier"],
        ManualSnapshotRetentionPeriod=5,
    )
    assert code == ("InvalidClusterSnapshotState", 400)


def test_they_go_with_the_cluster_and_manual_ones_stay(frozen, source, create_cluster):
    create_cluster()
    source.create_cluster_snapshot(SnapshotIdentifier="mine", ClusterIdentifier="orders")
    source.delete_cluster(ClusterIdentifier="orders", SkipFinalClusterSnapshot=True)
    assert len(automated(source)) == 1
    frozen.advance(3)
    assert automated(source) == []
    (left,) = source.describe_cluster_snapshots()["Snapshots"]
    assert (left["SnapshotIdentifier"], left["Status"]) == ("mine", "available")


def test_copy_is_a_manual_snapshot_without_tags(frozen, source, create_cluster):
    create_cluster()
    (first,) = automated(source)
    frozen.advance(60)
    copy = source.copy_cluster_snapshot(
        SourceSnapshotIdentifier=first["SnapshotIdentifier"],
        SourceSnapshotClusterIdentifier="orders",
        TargetSnapshotIdentifier="Promoted",
        ManualSnapshotRetentionPeriod=30,
    )["Snapshot"]
    assert copy["Status"] == "creating"
    frozen.advance(3)
    (done,) = source.describe_cluster_snapshots(SnapshotIdentifier="promoted")["Snapshots"]
    assert (done["Status"], done["SnapshotType"]) == ("available", "manual")
    assert done["ManualSnapshotRetentionPeriod"] == 30
    assert not done["Tags"]
    assert done["ClusterIdentifier"] == "orders"
    source.authorize_snapshot_access(
        SnapshotIdentifier="promoted", AccountWithRestoreAccess=TARGET.account_id
    )


@pytest.mark.parametrize("outcome", ["failed", "never"])
def test_copy_follows_its_own_lifecycle(frozen, source, create_cluster, outcome):
    create_cluster()
    (first,) = automated(source)
    LIFECYCLE.set("copy", 5, outcome)
    source.copy_cluster_snapshot(
        SourceSnapshotIdentifier=first["SnapshotIdentifier"], TargetSnapshotIdentifier="copy"
    )
    frozen.advance(5)
    (row,) = source.describe_cluster_snapshots(SnapshotIdentifier="copy")["Snapshots"]
    assert row["Status"] == {"failed": "failed", "never": "creating"}[outcome]


def test_copy_is_refused(frozen, source, create_cluster, refusal):
    create_cluster()
    source.create_cluster_snapshot(SnapshotIdentifier="mine", ClusterIdentifier="orders")
    frozen.advance(3)
    (first,) = automated(source)
    name = first["SnapshotIdentifier"]

    def copy(source_name: str, to: str, **more: Any) -> tuple[str, int]:
        code: tuple[str, int] = refusal(
            source.copy_cluster_snapshot,
            SourceSnapshotIdentifier=source_name,
            TargetSnapshotIdentifier=to,
            **more,
        )
        return code

    assert copy("mine", "b") == ("InvalidClusterSnapshotState", 400)
    assert copy("rs:none", "b") == ("ClusterSnapshotNotFound", 404)
    assert copy(name, "mine") == ("ClusterSnapshotAlreadyExists", 400)
    assert copy(name, "b--b") == ("InvalidParameterValue", 400)
    assert copy(name, "b", ManualSnapshotRetentionPeriod=0) == ("InvalidRetentionPeriodFault", 400)
    other = {"SourceSnapshotClusterIdentifier": "returns"}
    assert copy(name, "b", **other) == ("ClusterSnapshotNotFound", 404)
    SETTINGS.manual_snapshots = 1
    assert copy(name, "b") == ("ClusterSnapshotQuotaExceeded", 400)


def test_latest_one_of_a_paused_cluster_cannot_be_copied(frozen, source, create_cluster, refusal):
    create_cluster()
    frozen.advance(60)
    source.pause_cluster(ClusterIdentifier="orders")
    older, latest = automated(source)
    arguments = {"TargetSnapshotIdentifier": "copy"}
    code = refusal(
        source.copy_cluster_snapshot,
        SourceSnapshotIdentifier=latest["SnapshotIdentifier"],
        **arguments,
    )
    assert code == ("InvalidClusterSnapshotState", 400)
    source.copy_cluster_snapshot(SourceSnapshotIdentifier=older["SnapshotIdentifier"], **arguments)


def test_restored_cluster_gets_its_own(frozen, target, shared_snapshot, restore):
    restore()
    assert automated(target, "drill") == []
    frozen.advance(3)
    assert len(automated(target, "drill")) == 1
