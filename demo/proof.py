"""The proof: the shared snapshot, restored in the other account and counted there."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from demo.accounts import SOURCE_ACCOUNT_ID, Accounts
from demo.tpch import QUALIFIED_TABLES
from demo.warehouse import Warehouse

WAITER = {"Delay": 1, "MaxAttempts": 120}


def rows_in_snapshot(accounts: Accounts, snapshot_id: str) -> dict[str, int]:
    """Restore a shared snapshot in the DR account, count its rows, delete the cluster again.

    :return: rows by table, of the eight TPC-H tables.
    :raises SqlError: a table is missing or unreadable in the restored cluster.
    """
    connection = json.loads(accounts.environment["AIRFLOW_CONN_AWS_DR"])
    place = connection["extra"]["service_config"]["redshift"]
    client = accounts.client("redshift", "target")
    with _restored(client, snapshot_id, place) as cluster_identifier:
        warehouse = Warehouse(accounts.client("redshift-data", "target"), cluster_identifier)
        return warehouse.count_rows(QUALIFIED_TABLES)


@contextmanager
def _restored(client: Any, snapshot_id: str, place: Mapping[str, Any]) -> Iterator[str]:
    cluster_identifier = f"demo-proof-{uuid.uuid4().hex[:8]}"
    client.restore_from_cluster_snapshot(
        ClusterIdentifier=cluster_identifier,
        SnapshotIdentifier=snapshot_id,
        OwnerAccount=SOURCE_ACCOUNT_ID,
        ClusterSubnetGroupName=place["cluster_subnet_group_name"],
        VpcSecurityGroupIds=place["vpc_security_group_ids"],
        KmsKeyId=place["kms_key_id"],
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
