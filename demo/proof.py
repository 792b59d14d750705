"""The proof: the shared snapshot, restored in the other account and counted there."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from demo.accounts import SOURCE_ACCOUNT_ID, Accounts
from demo.tpch import QUALIFIED_TABLES
from demo.warehouse import Warehouse

SUBNET_GROUP = "redshift-dr-drill"
KEY = "alias/redshift-dr"
WAITER = {"Delay": 1, "MaxAttempts": 120}


def rows_in_snapshot(accounts: Accounts, snapshot_id: str) -> dict[str, int]:
    """Restore a shared snapshot in the DR account, count its rows, delete the cluster again.

    :return: rows by table, of the eight TPC-H tables.
    :raises SqlError: a table is missing or unreadable in the restored cluster.
    """
    with _restored(accounts.client("redshift", "target"), snapshot_id) as cluster_identifier:
        warehouse = Warehouse(accounts.client("redshift-data", "target"), cluster_identifier)
        return warehouse.count_rows(QUALIFIED_TABLES)


@contextmanager
def _restored(client: Any, snapshot_id: str) -> Iterator[str]:
    cluster_identifier = f"demo-proof-{uuid.uuid4().hex[:8]}"
    client.restore_from_cluster_snapshot(
        ClusterIdentifier=cluster_identifier,
        SnapshotIdentifier=snapshot_id,
        OwnerAccount=SOURCE_ACCOUNT_ID,
        ClusterSubnetGroupName=SUBNET_GROUP,
        KmsKeyId=KEY,
        PubliclyAccessible=False,
    )
    try:
        client.get_waiter("cluster_restored").wait(
            ClusterIdentifier=cluster_identifier, WaiterConfig=WAITER
        )
        client.get_waiter("cluster_available").wait(
            ClusterIdentifier=cluster_identifier, WaiterConfig=WAITER
        )
        yield cluster_identifier
    finally:
        client.delete_cluster(ClusterIdentifier=cluster_identifier, SkipFinalClusterSnapshot=True)
        client.get_waiter("cluster_deleted").wait(
            ClusterIdentifier=cluster_identifier, WaiterConfig=WAITER
        )
