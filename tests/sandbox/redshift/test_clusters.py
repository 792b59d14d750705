"""Clusters from creation to deletion."""

import pytest

from sandbox.accounts import SOURCE
from sandbox.lifecycle import LIFECYCLE
from sandbox.redshift.settings import SETTINGS
from sandbox.warehouse import WAREHOUSES
from sandbox.warehouse.errors import NoSuchWarehouseError


def status(redshift, name="orders"):
    (cluster,) = redshift.describe_clusters(ClusterIdentifier=name)["Clusters"]
    return cluster["ClusterStatus"]


def test_created_cluster_is_encrypted_and_available(source, create_cluster):
    assert create_cluster()["ClusterStatus"] == "creating"
    (cluster,) = source.describe_clusters()["Clusters"]
    assert cluster["ClusterStatus"] == "available"
    assert cluster["Encrypted"] is True
    assert cluster["KmsKeyId"] == "AWS_OWNED_KMS_KEY"
    assert cluster["Endpoint"]["Port"] == 5439
    assert cluster["AutomatedSnapshotRetentionPeriod"] == 1
    assert "RestoreStatus" not in cluster


def test_creation_can_take_time(frozen, source, create_cluster):
    SETTINGS.cluster_seconds["create"] = 60.0
    create_cluster()
    assert status(source) == "creating"
    frozen.advance(60)
    assert status(source) == "available"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"Encrypted": False}, ("InvalidParameterValue", 400)),
        ({"KmsKeyId": "alias/none"}, ("InvalidParameterValue", 400)),
        ({"name": "a--b"}, ("InvalidParameterValue", 400)),
        ({"name": "a" * 64}, ("InvalidParameterValue", 400)),
        ({"NumberOfNodes": 1}, ("InvalidParameterCombination", 400)),
        ({"ClusterType": "other"}, ("InvalidParameterValue", 400)),
        ({"ClusterSubnetGroupName": "none"}, ("ClusterSubnetGroupNotFoundFault", 400)),
        ({"Port": 80}, ("InvalidParameterValue", 400)),
        ({"AutomatedSnapshotRetentionPeriod": 36}, ("InvalidRetentionPeriodFault", 400)),
        ({"ManualSnapshotRetentionPeriod": 0}, ("InvalidRetentionPeriodFault", 400)),
        ({"LoadSampleData": "tickit"}, ("NotImplementedInSandbox", 501)),
    ],
)
def test_create_is_refused(source, create_cluster, refusal, change, expected):
    assert refusal(create_cluster, **change) == expected
    assert source.describe_clusters()["Clusters"] == []


def test_name_is_taken_once(create_cluster, refusal):
    create_cluster()
    assert refusal(create_cluster) == ("ClusterAlreadyExists", 400)


def test_key_alias_is_resolved_to_the_keys_arn(create_cluster, clients, sandbox):
    kms = clients("kms", "source")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/orders", TargetKeyId=key["KeyId"])
    assert create_cluster(KmsKeyId="alias/orders")["KmsKeyId"] == key["Arn"]


def test_pause_resume_and_reboot_need_the_right_state(frozen, source, create_cluster, refusal):
    create_cluster()
    cluster = {"ClusterIdentifier": "orders"}
    assert refusal(source.resume_cluster, **cluster) == ("InvalidClusterState", 400)
    assert source.pause_cluster(**cluster)["Cluster"]["ClusterStatus"] == "pausing"
    assert status(source) == "paused"
    assert refusal(source.pause_cluster, **cluster) == ("InvalidClusterState", 400)
    assert refusal(source.modify_cluster, **cluster) == ("InvalidClusterState", 400)
    assert source.resume_cluster(**cluster)["Cluster"]["ClusterStatus"] == "resuming"
    assert status(source) == "available"
    source.reboot_cluster(**cluster)
    assert status(source) == "rebooting"
    frozen.advance(3)
    assert status(source) == "available"


def test_resize_is_busy_until_it_is_done(frozen, source, create_cluster, refusal):
    create_cluster()
    source.resize_cluster(ClusterIdentifier="orders", NodeType="ra3.xlplus", NumberOfNodes=4)
    assert status(source) == "resizing"
    code = refusal(source.delete_cluster, ClusterIdentifier="orders", SkipFinalClusterSnapshot=True)
    assert code == ("InvalidClusterState", 400)
    frozen.advance(3)
    (cluster,) = source.describe_clusters()["Clusters"]
    assert (cluster["NodeType"], cluster["NumberOfNodes"]) == ("ra3.xlplus", 4)
    assert cluster["ClusterStatus"] == "available"


def test_changing_the_key_holds_for_new_snapshots_only(frozen, source, create_cluster, shared_key):
    create_cluster()
    source.create_cluster_snapshot(SnapshotIdentifier="before", ClusterIdentifier="orders")
    source.modify_cluster(ClusterIdentifier="orders", Encrypted=True, KmsKeyId=shared_key)
    assert status(source) == "modifying"
    frozen.advance(3)
    source.create_cluster_snapshot(SnapshotIdentifier="after", ClusterIdentifier="orders")
    rows = source.describe_cluster_snapshots(SnapshotType="manual")["Snapshots"]
    keys = {row["SnapshotIdentifier"]: row["KmsKeyId"] for row in rows}
    assert keys == {"before": "AWS_OWNED_KMS_KEY", "after": shared_key}


def test_refused_change_changes_nothing(source, create_cluster, refusal):
    create_cluster()
    code = refusal(
        source.modify_cluster,
        ClusterIdentifier="orders",
        AutomatedSnapshotRetentionPeriod=7,
        Port=80,
    )
    assert code == ("InvalidParameterValue", 400)
    (cluster,) = source.describe_clusters()["Clusters"]
    assert cluster["AutomatedSnapshotRetentionPeriod"] == 1


def test_rename_keeps_snapshots_and_data(frozen, source, create_cluster, refusal):
    create_cluster()
    source.create_cluster_snapshot(SnapshotIdentifier="mine", ClusterIdentifier="orders")
    source.modify_cluster(ClusterIdentifier="orders", NewClusterIdentifier="sales")
    assert status(source, "sales") == "available"
    assert refusal(source.describe_clusters, ClusterIdentifier="orders") == ("ClusterNotFound", 404)
    rows = source.describe_cluster_snapshots(ClusterIdentifier="sales")["Snapshots"]
    assert "mine" in {row["SnapshotIdentifier"] for row in rows}
    assert all(":snapshot:sales/" in row["SnapshotArn"] for row in rows)
    WAREHOUSES.release(WAREHOUSES.freeze(SOURCE.account_id, "us-east-1", "sales"))


def test_delete_needs_a_decision_about_the_final_snapshot(source, create_cluster, refusal):
    create_cluster()
    cluster = {"ClusterIdentifier": "orders"}
    final = {"FinalClusterSnapshotIdentifier": "last"}
    assert refusal(source.delete_cluster, **cluster) == ("InvalidParameterCombination", 400)
    assert refusal(source.delete_cluster, **cluster, **final, SkipFinalClusterSnapshot=True) == (
        "InvalidParameterCombination",
        400,
    )
    assert status(source) == "available"


def test_delete_takes_its_time_and_its_data(frozen, source, create_cluster, refusal):
    create_cluster()
    cluster = {"ClusterIdentifier": "orders"}
    final = {"FinalClusterSnapshotIdentifier": "last", "FinalClusterSnapshotRetentionPeriod": 7}
    answer = source.delete_cluster(**cluster, **final)["Cluster"]
    assert answer["ClusterStatus"] == status(source) == "deleting"
    assert refusal(source.delete_cluster, **cluster, SkipFinalClusterSnapshot=True) == (
        "InvalidClusterState",
        400,
    )
    frozen.advance(2)
    assert refusal(source.describe_clusters, **cluster) == ("ClusterNotFound", 404)
    with pytest.raises(NoSuchWarehouseError):
        WAREHOUSES.find(SOURCE.account_id, "us-east-1", "orders")
    (last,) = source.describe_cluster_snapshots(SnapshotIdentifier="last")["Snapshots"]
    assert last["ManualSnapshotRetentionPeriod"] == 7


def test_delete_that_never_ends_leaves_the_cluster_deleting(frozen, source, create_cluster):
    create_cluster()
    LIFECYCLE.set("delete_cluster", 1, "never")
    source.delete_cluster(ClusterIdentifier="orders", SkipFinalClusterSnapshot=True)
    frozen.advance(86400)
    assert status(source) == "deleting"


def test_delete_that_fails_gives_the_cluster_back(frozen, source, create_cluster):
    create_cluster()
    LIFECYCLE.set("delete_cluster", 5, "failed")
    source.delete_cluster(ClusterIdentifier="orders", SkipFinalClusterSnapshot=True)
    assert status(source) == "deleting"
    frozen.advance(5)
    assert status(source) == "available"


def test_accounts_do_not_see_each_others_clusters(target, create_cluster, refusal):
    create_cluster()
    assert target.describe_clusters()["Clusters"] == []
    assert refusal(target.describe_clusters, ClusterIdentifier="orders") == ("ClusterNotFound", 404)


def test_clusters_come_in_pages(source, create_cluster):
    SETTINGS.nodes = 100
    for number in range(25):
        create_cluster(f"c{number:02}", ClusterType="single-node", NumberOfNodes=1)
    pages = source.get_paginator("describe_clusters").paginate(PaginationConfig={"PageSize": 20})
    assert [len(page["Clusters"]) for page in pages] == [20, 5]


def test_credentials_are_named_after_the_caller(source, create_cluster, refusal):
    create_cluster()
    response = source.get_cluster_credentials(ClusterIdentifier="orders", DbUser="admin")
    assert response["DbUser"] == "IAM:admin"
    response = source.get_cluster_credentials_with_iam(ClusterIdentifier="orders")
    assert response["DbUser"] == "IAM:sandbox-administrator"
    assert refusal(
        source.get_cluster_credentials,
        ClusterIdentifier="orders",
        DbUser="admin",
        DurationSeconds=60,
    ) == ("InvalidParameterValue", 400)
