"""Restores: into the other account, with data, and every way they go wrong."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.accounts import SOURCE, TARGET
from sandbox.lifecycle import LIFECYCLE
from sandbox.redshift.settings import SETTINGS
from sandbox.warehouse import WAREHOUSES

REGION = "us-east-1"


def state(redshift: Any, name: str = "drill") -> tuple[str, str]:
    (cluster,) = redshift.describe_clusters(ClusterIdentifier=name)["Clusters"]
    return cluster["ClusterStatus"], cluster["RestoreStatus"]["Status"]


def test_restore_goes_from_starting_to_completed(frozen, target, shared_snapshot, restore):
    LIFECYCLE.set("restore", 30, "available")
    answer = restore()
    assert (answer["ClusterStatus"], answer["RestoreStatus"]["Status"]) == ("creating", "starting")
    seen = [state(target)]
    for _ in range(3):
        frozen.advance(10)
        seen.append(state(target))
    assert seen == [
        ("creating", "starting"),
        ("creating", "restoring"),
        ("available", "restoring"),
        ("available", "completed"),
    ]


def test_failed_restore_leaves_an_incompatible_cluster_that_can_be_deleted(
    frozen, target, shared_snapshot, restore
):
    LIFECYCLE.set("restore", 5, "failed")
    restore()
    frozen.advance(5)
    assert state(target) == ("incompatible-restore", "failed")
    target.delete_cluster(ClusterIdentifier="drill", SkipFinalClusterSnapshot=True)


def test_restore_that_never_ends_stays_creating(frozen, target, shared_snapshot, restore):
    LIFECYCLE.set("restore", 5, "never")
    restore()
    frozen.advance(86400)
    assert state(target) == ("creating", "restoring")


def test_restored_cluster_is_the_snapshots_without_its_tags(
    frozen, source, target, shared_snapshot, restore, clients
):
    key = clients("kms", "target").create_key()["KeyMetadata"]["Arn"]
    cluster = restore(KmsKeyId=key, Port=5450)
    (original,) = source.describe_clusters(ClusterIdentifier="orders")["Clusters"]
    for field in ("MasterUsername", "DBName", "NodeType", "NumberOfNodes"):
        assert cluster[field] == original[field]
    assert cluster["KmsKeyId"] == key
    assert cluster["PubliclyAccessible"] is False
    assert not cluster["Tags"]
    assert cluster["ClusterSubnetGroupName"] == "drill"
    assert len(cluster["VpcSecurityGroups"]) == 1
    frozen.advance(3)
    (done,) = target.describe_clusters(ClusterIdentifier="drill")["Clusters"]
    assert done["Endpoint"]["Port"] == 5450


def test_restored_cluster_has_the_rows_of_the_snapshots_moment(
    sandbox, frozen, source, shared_snapshot, restore
):
    image = WAREHOUSES.freeze(SOURCE.account_id, REGION, "orders")
    WAREHOUSES.release(image)
    for sql in ("create table t (a int)", "insert into t values (1), (2)"):
        sandbox.control("POST", f"snapshots/{shared_snapshot}/sql", {"sql": sql})
    restore()
    restored = WAREHOUSES.freeze(TARGET.account_id, REGION, "drill")
    _, rows = WAREHOUSES.execute_on_image(restored, "delete from t")
    assert rows == 2


def test_managed_password_is_encrypted_with_the_key_that_is_named(
    target, shared_snapshot, restore, clients
):
    key = clients("kms", "target").create_key()["KeyMetadata"]["Arn"]
    cluster = restore(ManageMasterPassword=True, MasterPasswordSecretKmsKeyId=key)
    secrets = clients("secretsmanager", "target")
    secret = secrets.describe_secret(SecretId=cluster["MasterPasswordSecretArn"])
    assert (cluster["MasterPasswordSecretKmsKeyId"], secret["KmsKeyId"]) == (key, key)


def test_key_of_a_managed_password_needs_one(target, shared_snapshot, restore, clients):
    key = clients("kms", "target").create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        restore(MasterPasswordSecretKmsKeyId=key)


def test_managed_password_is_a_secret_of_the_restoring_account(
    frozen, target, shared_snapshot, restore, clients
):
    arn = restore(ManageMasterPassword=True)["MasterPasswordSecretArn"]
    assert f":{TARGET.account_id}:secret:redshift!" in arn
    secrets = clients("secretsmanager", "target")
    secret = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    assert secret["username"] == "awsuser"
    assert len(secret["password"]) >= 8
    frozen.advance(3)
    target.delete_cluster(ClusterIdentifier="drill", SkipFinalClusterSnapshot=True)
    frozen.advance(2)
    target.describe_clusters()
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId=arn)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"OwnerAccount": None}, ("ClusterSnapshotNotFound", 404)),
        ({"SnapshotIdentifier": "none"}, ("ClusterSnapshotNotFound", 404)),
        ({"SnapshotClusterIdentifier": "returns"}, ("ClusterSnapshotNotFound", 404)),
        ({"ClusterSubnetGroupName": None}, ("ClusterSubnetGroupNotFoundFault", 400)),
        ({"ClusterSubnetGroupName": "none"}, ("ClusterSubnetGroupNotFoundFault", 400)),
        ({"KmsKeyId": "alias/none"}, ("InvalidParameterValue", 400)),
        ({"NodeType": "dc2.large"}, ("InvalidRestore", 406)),
        ({"Port": 5432 + 100}, ("InvalidParameterValue", 400)),
        ({"ClusterParameterGroupName": "none"}, ("ClusterParameterGroupNotFound", 404)),
        ({"AutomatedSnapshotRetentionPeriod": 0}, ("InvalidRetentionPeriodFault", 400)),
        ({"MultiAZ": True}, ("NotImplementedInSandbox", 501)),
    ],
)
def test_restore_is_refused(shared_snapshot, restore, refusal, target, change, expected):
    assert refusal(restore, **change) == expected
    assert target.describe_clusters()["Clusters"] == []


def test_missing_owner_says_what_redshift_says(target, shared_snapshot, restore):
    with pytest.raises(
        target.exceptions.ClusterSnapshotNotFoundFault, match=r"Snapshot not found for cluster\."
    ):
        restore(OwnerAccount=None)


def test_restore_without_authorization_is_denied(source, shared_snapshot, restore, refusal):
    source.revoke_snapshot_access(
        SnapshotIdentifier=shared_snapshot, AccountWithRestoreAccess=TARGET.account_id
    )
    assert refusal(restore) == ("AccessToSnapshotDenied", 400)


def test_restore_in_flight_survives_the_revoke(frozen, source, target, shared_snapshot, restore):
    restore()
    source.revoke_snapshot_access(
        SnapshotIdentifier=shared_snapshot, AccountWithRestoreAccess=TARGET.account_id
    )
    source.delete_cluster_snapshot(SnapshotIdentifier=shared_snapshot)
    frozen.advance(3)
    assert state(target) == ("available", "completed")


def test_cluster_name_must_be_free_and_quotas_hold(shared_snapshot, restore, refusal):
    restore()
    assert refusal(restore) == ("ClusterAlreadyExists", 400)
    SETTINGS.clusters = 1
    assert refusal(restore, name="second") == ("ClusterQuotaExceeded", 400)
    SETTINGS.clusters, SETTINGS.nodes = 100, 3
    assert refusal(restore, name="second") == ("NumberOfNodesQuotaExceeded", 400)


def test_key_that_aws_owns_cannot_cross_accounts(
    frozen, source, create_cluster, restore, target, refusal
):
    create_cluster()
    source.create_cluster_snapshot(SnapshotIdentifier="nightly", ClusterIdentifier="orders")
    frozen.advance(3)
    source.authorize_snapshot_access(
        SnapshotIdentifier="nightly", AccountWithRestoreAccess=TARGET.account_id
    )
    assert refusal(restore) == ("UnauthorizedOperation", 400)


def test_restore_in_the_own_account_keeps_the_key(frozen, source, shared_snapshot, shared_key):
    cluster = source.restore_from_cluster_snapshot(
        ClusterIdentifier="again", SnapshotIdentifier=shared_snapshot
    )["Cluster"]
    assert cluster["KmsKeyId"] == shared_key


def test_snapshot_by_arn_can_be_restored(source, target, shared_snapshot, restore):
    (own,) = source.describe_cluster_snapshots(SnapshotIdentifier=shared_snapshot)["Snapshots"]
    cluster = restore(SnapshotIdentifier=None, SnapshotArn=own["SnapshotArn"])
    assert cluster["ClusterIdentifier"] == "drill"


def test_node_options_of_a_shared_snapshot(source, target, shared_snapshot):
    options = target.describe_node_configuration_options(
        ActionType="restore-cluster",
        SnapshotIdentifier=shared_snapshot,
        OwnerAccount=SOURCE.account_id,
    )["NodeConfigurationOptionList"]
    (own,) = source.describe_cluster_snapshots(SnapshotIdentifier=shared_snapshot)["Snapshots"]
    assert {option["NodeType"] for option in options} == set(own["RestorableNodeTypes"])


def test_drill_cluster_can_be_tagged_snapshotted_and_found_by_tag(
    frozen, target, shared_snapshot, restore
):
    restore()
    arn = f"arn:aws:redshift:{REGION}:{TARGET.account_id}:cluster:drill"
    target.create_tags(ResourceName=arn, Tags=[{"Key": "redshift-backup:drill", "Value": "run"}])
    found = target.describe_clusters(TagKeys=["redshift-backup:drill"])["Clusters"]
    assert [cluster["ClusterIdentifier"] for cluster in found] == ["drill"]
    frozen.advance(3)
    copy = target.create_cluster_snapshot(SnapshotIdentifier="copy", ClusterIdentifier="drill")
    assert copy["Snapshot"]["OwnerAccount"] == TARGET.account_id
