"""Waiters, the Amazon provider and many clients at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from sandbox.accounts import REGION, SOURCE, TARGET
from sandbox.lifecycle import LIFECYCLE
from sandbox.redshift.settings import SETTINGS

QUICK = {"Delay": 0.05, "MaxAttempts": 100}


def wait(redshift: Any, waiter: str, **arguments: Any) -> None:
    redshift.get_waiter(waiter).wait(WaiterConfig=QUICK, **arguments)


@pytest.fixture
def quick_lifecycles(sandbox: Any) -> None:
    for operation in ("snapshot", "copy", "restore", "delete_cluster"):
        LIFECYCLE.set(operation, 0.2, "available")


def test_waiters_follow_a_backup_and_a_drill(
    quick_lifecycles, source, target, create_cluster, shared_key
):
    create_cluster(KmsKeyId=shared_key)
    wait(source, "cluster_available", ClusterIdentifier="orders")
    source.create_cluster_snapshot(SnapshotIdentifier="nightly", ClusterIdentifier="orders")
    wait(source, "snapshot_available", SnapshotIdentifier="nightly")
    source.authorize_snapshot_access(
        SnapshotIdentifier="nightly",
        AccountWithRestoreAccess=TARGET.account_id,
    )
    target.restore_from_cluster_snapshot(
        ClusterIdentifier="drill",
        SnapshotIdentifier="nightly",
        OwnerAccount=SOURCE.account_id,
        ClusterSubnetGroupName="drill",
    )
    wait(target, "cluster_restored", ClusterIdentifier="drill")
    target.delete_cluster(ClusterIdentifier="drill", SkipFinalClusterSnapshot=True)
    wait(target, "cluster_deleted", ClusterIdentifier="drill")


def test_snapshot_waiter_raises_for_a_failed_snapshot(source, create_cluster):
    LIFECYCLE.set("snapshot", 0.1, "failed")
    create_cluster()
    source.create_cluster_snapshot(SnapshotIdentifier="nightly", ClusterIdentifier="orders")
    with pytest.raises(WaiterError, match="failed"):
        wait(source, "snapshot_available", SnapshotIdentifier="nightly")


def test_the_amazon_providers_hook(quick_lifecycles, sandbox, create_cluster, source):
    from airflow.providers.amazon.aws.hooks.redshift_cluster import RedshiftHook

    create_cluster()
    hook = RedshiftHook(aws_conn_id="aws_source", region_name=REGION)
    assert hook.cluster_status("orders") == "available"
    hook.create_cluster_snapshot("nightly", "orders", 7, [{"Key": "a", "Value": "b"}])
    wait(source, "snapshot_available", SnapshotIdentifier="nightly")
    assert hook.get_cluster_snapshot_status("nightly") == "available"
    found = hook.describe_cluster_snapshots("orders")
    assert found is not None
    assert found[0]["SnapshotIdentifier"] == "nightly"
    restored = hook.restore_from_cluster_snapshot("again", "nightly")
    assert restored["ClusterStatus"] == "creating"
    wait(source, "cluster_restored", ClusterIdentifier="again")
    assert hook.delete_cluster("again")["ClusterStatus"] == "deleting"


def test_one_of_many_equal_creations_wins(source, create_cluster):
    SETTINGS.manual_snapshots = 100
    create_cluster()

    def create(number: int) -> str:
        try:
            source.create_cluster_snapshot(
                SnapshotIdentifier=f"s{number % 5}", ClusterIdentifier="orders"
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "created"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(create, range(40)))
    assert results.count("created") == 5
    assert results.count("ClusterSnapshotAlreadyExists") == 35


def test_accounts_restoring_from_each_other_do_not_block(quick_lifecycles, sandbox, source, target):
    SETTINGS.clusters = 100
    for owner, other in (("source", "target"), ("target", "source")):
        account = {"source": SOURCE.account_id, "target": TARGET.account_id}
        row = {
            "account_id": account[owner],
            "cluster_identifier": "orders",
            "snapshot_identifier": f"of-{owner}",
            "shared_with": [account[other]],
        }
        sandbox.control("POST", "snapshots", [row])
    subnet = sandbox.client("ec2", "source").describe_subnets()["Subnets"][0]["SubnetId"]
    source.create_cluster_subnet_group(
        ClusterSubnetGroupName="drill", Description="d", SubnetIds=[subnet]
    )

    def restore(number: int) -> str:
        redshift, name, owner = (
            (source, "of-target", TARGET.account_id)
            if number % 2
            else (target, "of-source", SOURCE.account_id)
        )
        response = redshift.restore_from_cluster_snapshot(
            ClusterIdentifier=f"c{number}",
            SnapshotIdentifier=name,
            OwnerAccount=owner,
            ClusterSubnetGroupName="drill",
            NodeType="ra3.large",
            NumberOfNodes=2,
        )
        return str(response["Cluster"]["ClusterStatus"])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(restore, range(24))) == {"creating"}
