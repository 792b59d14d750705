"""Snapshots from their creation to their end, over HTTP."""

from typing import Any

import pytest

from sandbox.accounts import TARGET
from sandbox.lifecycle import LIFECYCLE
from sandbox.redshift.settings import SETTINGS


def snapshot(redshift: Any, name: str = "nightly", **settings: Any) -> dict[str, Any]:
    response = redshift.create_cluster_snapshot(
        SnapshotIdentifier=name, ClusterIdentifier="orders", **settings
    )
    return dict(response["Snapshot"])


def describe(redshift: Any, name: str = "nightly") -> dict[str, Any]:
    return dict(redshift.describe_cluster_snapshots(SnapshotIdentifier=name)["Snapshots"][0])


def test_snapshot_is_creating_then_available_with_its_facts(frozen, source, create_cluster):
    cluster = create_cluster(DBName="shop", Port=5440)
    begun = frozen.now()
    created = snapshot(source, Tags=[{"Key": "team", "Value": "data"}])
    assert created["Status"] == "creating"
    frozen.advance(1)
    running = describe(source)
    assert running["Status"] == "creating"
    assert running["EstimatedSecondsToCompletion"] == 2
    assert running["ElapsedTimeInSeconds"] == 1
    frozen.advance(2)
    done = describe(source)
    assert done["Status"] == "available"
    assert done["SnapshotCreateTime"] == begun
    assert done["EstimatedSecondsToCompletion"] == 0
    assert done["CurrentBackupRateInMegaBytesPerSecond"] == 0
    assert done["TotalBackupSizeInMegaBytes"] >= 1
    assert done["BackupProgressInMegaBytes"] == done["TotalBackupSizeInMegaBytes"]
    assert done["SnapshotArn"] == (
        "arn:aws:redshift:us-east-1:164543933824:snapshot:orders/nightly"
    )
    assert (done["DBName"], done["Port"], done["MasterUsername"]) == ("shop", 5440, "awsuser")
    assert (done["NodeType"], done["NumberOfNodes"]) == ("ra3.large", 2)
    assert done["VpcId"].startswith("vpc-")
    assert done["ClusterCreateTime"] <= begun
    assert done["Tags"] == [{"Key": "team", "Value": "data"}]
    assert "AccountsWithRestoreAccess" not in done
    assert cluster["ClusterStatus"] == "creating"


def test_failed_snapshot_fails_at_its_end(frozen, source, create_cluster):
    create_cluster()
    LIFECYCLE.set("snapshot", 10, "failed")
    snapshot(source)
    frozen.advance(9)
    assert describe(source)["Status"] == "creating"
    frozen.advance(1)
    assert describe(source)["Status"] == "failed"
    source.delete_cluster_snapshot(SnapshotIdentifier="nightly")


def test_snapshot_that_never_ends_stays_creating(frozen, source, create_cluster, refusal):
    create_cluster()
    LIFECYCLE.set("snapshot", 1, "never")
    snapshot(source)
    frozen.advance(3600)
    assert describe(source)["Status"] == "creating"
    code = refusal(source.delete_cluster_snapshot, SnapshotIdentifier="nightly")
    assert code == ("InvalidClusterSnapshotState", 400)


@pytest.mark.parametrize(
    "name", ["1abc", "a--b", "ab-", "a_b", "a:b", "a.b", "ä", "", "a" * 256, "-a"]
)
def test_bad_snapshot_identifier_is_refused(source, create_cluster, refusal, name):
    create_cluster()
    code = refusal(
        source.create_cluster_snapshot, SnapshotIdentifier=name, ClusterIdentifier="orders"
    )
    assert code == ("InvalidParameterValue", 400)


def test_identifier_is_stored_in_lower_case_and_unique_over_all_clusters(
    source, create_cluster, refusal
):
    create_cluster()
    create_cluster("returns")
    assert snapshot(source, "A" * 255)["SnapshotIdentifier"] == "a" * 255
    code = refusal(
        source.create_cluster_snapshot, SnapshotIdentifier="a" * 255, ClusterIdentifier="returns"
    )
    assert code == ("ClusterSnapshotAlreadyExists", 400)


@pytest.mark.parametrize("days", [0, -2, 3654])
def test_bad_retention_is_refused(source, create_cluster, refusal, days):
    create_cluster()
    code = refusal(
        source.create_cluster_snapshot,
        SnapshotIdentifier="a",
        ClusterIdentifier="orders",
        ManualSnapshotRetentionPeriod=days,
    )
    assert code == ("InvalidRetentionPeriodFault", 400)


def test_unknown_cluster_and_snapshot_are_not_found(source, refusal):
    assert refusal(
        source.create_cluster_snapshot, SnapshotIdentifier="a", ClusterIdentifier="none"
    ) == ("ClusterNotFound", 404)
    assert refusal(source.describe_cluster_snapshots, SnapshotIdentifier="none") == (
        "ClusterSnapshotNotFound",
        404,
    )
    assert refusal(source.delete_cluster_snapshot, SnapshotIdentifier="none") == (
        "ClusterSnapshotNotFound",
        404,
    )


@pytest.mark.parametrize("busy", ["pause_cluster", "reboot_cluster", "resize_cluster"])
def test_snapshot_needs_an_available_cluster(frozen, source, create_cluster, refusal, busy):
    create_cluster()
    more = {"NumberOfNodes": 4} if busy == "resize_cluster" else {}
    getattr(source, busy)(ClusterIdentifier="orders", **more)
    code = refusal(
        source.create_cluster_snapshot, SnapshotIdentifier="a", ClusterIdentifier="orders"
    )
    assert code == ("InvalidClusterState", 400)


def test_snapshot_of_a_cluster_being_created_is_refused(frozen, source, create_cluster, refusal):
    SETTINGS.cluster_seconds["create"] = 5.0
    create_cluster()
    arguments = {"SnapshotIdentifier": "a", "ClusterIdentifier": "orders"}
    assert refusal(source.create_cluster_snapshot, **arguments) == ("InvalidClusterState", 400)
    frozen.advance(5)
    assert source.create_cluster_snapshot(**arguments)["Snapshot"]["Status"] == "creating"


def test_quota_counts_manual_snapshots_only(source, create_cluster, refusal):
    SETTINGS.manual_snapshots = 2
    create_cluster()
    snapshot(source, "a")
    snapshot(source, "b")
    code = refusal(
        source.create_cluster_snapshot, SnapshotIdentifier="c", ClusterIdentifier="orders"
    )
    assert code == ("ClusterSnapshotQuotaExceeded", 400)


def test_default_quota_is_twenty(source, create_cluster, refusal):
    create_cluster()
    for number in range(20):
        snapshot(source, f"a{number}")
    code = refusal(
        source.create_cluster_snapshot, SnapshotIdentifier="z", ClusterIdentifier="orders"
    )
    assert code == ("ClusterSnapshotQuotaExceeded", 400)


def test_tags_are_limited_and_checked(source, create_cluster, refusal):
    create_cluster()
    call = {"SnapshotIdentifier": "a", "ClusterIdentifier": "orders"}
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]
    assert refusal(source.create_cluster_snapshot, **call, Tags=many) == (
        "TagLimitExceededFault",
        400,
    )
    for bad in ([{"Key": "aws:x", "Value": ""}], [{"Key": "k" * 129, "Value": ""}], many[:1] * 2):
        assert refusal(source.create_cluster_snapshot, **call, Tags=bad) == ("InvalidTagFault", 400)
    snapshot(source, "a", Tags=many[:50])


def test_manual_snapshot_goes_at_the_end_of_its_retention(frozen, source, create_cluster, refusal):
    create_cluster()
    snapshot(source, ManualSnapshotRetentionPeriod=2)
    frozen.advance(86400 * 1.5)
    row = describe(source)
    assert (row["ManualSnapshotRetentionPeriod"], row["ManualSnapshotRemainingDays"]) == (2, 1)
    assert row["SnapshotRetentionStartTime"] == row["SnapshotCreateTime"]
    frozen.advance(86400 * 0.5)
    code = refusal(source.describe_cluster_snapshots, SnapshotIdentifier="nightly")
    assert code == ("ClusterSnapshotNotFound", 404)


def test_shared_snapshot_outlives_its_retention_until_it_is_revoked(
    frozen, source, shared_snapshot, refusal
):
    source.modify_cluster_snapshot(
        SnapshotIdentifier=shared_snapshot, ManualSnapshotRetentionPeriod=1
    )
    frozen.advance(86400 * 2)
    assert describe(source, shared_snapshot)["ManualSnapshotRemainingDays"] == 0
    source.revoke_snapshot_access(
        SnapshotIdentifier=shared_snapshot, AccountWithRestoreAccess=TARGET.account_id
    )
    code = refusal(source.describe_cluster_snapshots, SnapshotIdentifier=shared_snapshot)
    assert code == ("ClusterSnapshotNotFound", 404)


def test_cluster_gives_snapshots_its_default_retention(source, create_cluster):
    create_cluster(ManualSnapshotRetentionPeriod=30)
    assert snapshot(source)["ManualSnapshotRetentionPeriod"] == 30
    assert snapshot(source, "b", ManualSnapshotRetentionPeriod=-1)[
        "ManualSnapshotRetentionPeriod"
    ] == (-1)


def test_modify_refuses_a_period_that_has_passed_unless_forced(
    frozen, source, create_cluster, refusal
):
    create_cluster()
    snapshot(source)
    frozen.advance(86400 * 3)
    change = {"SnapshotIdentifier": "nightly", "ManualSnapshotRetentionPeriod": 2}
    assert refusal(source.modify_cluster_snapshot, **change) == ("InvalidRetentionPeriodFault", 400)
    source.modify_cluster_snapshot(**change, Force=True)
    assert source.describe_cluster_snapshots(SnapshotType="manual")["Snapshots"] == []


def test_delete_is_refused_while_shared_and_works_after_revoke(source, shared_snapshot, refusal):
    code = refusal(source.delete_cluster_snapshot, SnapshotIdentifier=shared_snapshot)
    assert code == ("InvalidClusterSnapshotState", 400)
    source.revoke_snapshot_access(
        SnapshotIdentifier=shared_snapshot, AccountWithRestoreAccess=TARGET.account_id
    )
    deleted = source.delete_cluster_snapshot(
        SnapshotIdentifier=shared_snapshot, SnapshotClusterIdentifier="orders"
    )
    assert deleted["Snapshot"]["Status"] == "deleted"


def test_delete_of_another_clusters_snapshot_is_not_found(source, create_cluster, frozen, refusal):
    create_cluster()
    snapshot(source)
    frozen.advance(3)
    code = refusal(
        source.delete_cluster_snapshot,
        SnapshotIdentifier="nightly",
        SnapshotClusterIdentifier="returns",
    )
    assert code == ("ClusterSnapshotNotFound", 404)


def test_batch_delete_tells_each_fault_in_a_success(source, shared_snapshot, frozen):
    snapshot(source, "free")
    frozen.advance(3)
    response = source.batch_delete_cluster_snapshots(
        Identifiers=[
            {"SnapshotIdentifier": "free", "SnapshotClusterIdentifier": "orders"},
            {"SnapshotIdentifier": shared_snapshot, "SnapshotClusterIdentifier": "orders"},
            {"SnapshotIdentifier": "none"},
        ]
    )
    assert response["Resources"] == ["free"]
    assert [
        (error["SnapshotIdentifier"], error["FailureCode"]) for error in response["Errors"]
    ] == [
        (shared_snapshot, "InvalidClusterSnapshotState"),
        ("none", "ClusterSnapshotNotFound"),
    ]
    assert "058264155998" in response["Errors"][0]["FailureReason"]


def test_batches_over_a_hundred_are_refused(source, refusal):
    names = [f"a{number}" for number in range(101)]
    assert refusal(
        source.batch_delete_cluster_snapshots,
        Identifiers=[{"SnapshotIdentifier": name} for name in names],
    ) == ("BatchDeleteRequestSizeExceeded", 400)
    assert refusal(
        source.batch_modify_cluster_snapshots,
        SnapshotIdentifierList=names,
        ManualSnapshotRetentionPeriod=5,
    ) == ("BatchModifyClusterSnapshotsLimitExceededFault", 400)


def test_batch_modify_changes_what_it_can(source, create_cluster):
    create_cluster()
    snapshot(source)
    response = source.batch_modify_cluster_snapshots(
        SnapshotIdentifierList=["nightly", "none"], ManualSnapshotRetentionPeriod=9
    )
    assert response["Resources"] == ["nightly"]
    assert response["Errors"][0]["FailureCode"] == "ClusterSnapshotNotFound"
    assert describe(source)["ManualSnapshotRetentionPeriod"] == 9


def test_storage_sums_what_the_snapshots_hold(source, shared_snapshot):
    rows = source.describe_cluster_snapshots()["Snapshots"]
    storage = source.describe_storage()
    assert storage["TotalBackupSizeInMegaBytes"] == sum(
        row["TotalBackupSizeInMegaBytes"] for row in rows
    )


def test_snapshot_used_by_a_restored_cluster_can_be_kept_from_deletion(
    frozen, source, shared_snapshot, restore
):
    SETTINGS.block_deletion_of_restored_snapshots = True
    restore()
    source.revoke_snapshot_access(
        SnapshotIdentifier=shared_snapshot, AccountWithRestoreAccess=TARGET.account_id
    )
    with pytest.raises(source.exceptions.InvalidClusterSnapshotStateFault, match="is used by"):
        source.delete_cluster_snapshot(SnapshotIdentifier=shared_snapshot)
    frozen.advance(1)
    snapshot(source, "newer")
    frozen.advance(3)
    source.delete_cluster_snapshot(SnapshotIdentifier=shared_snapshot)
