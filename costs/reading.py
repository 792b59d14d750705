"""The sizes of an account's snapshots, from Redshift. Needs redshift:DescribeClusterSnapshots."""

from typing import Any

from costs.shelf import MEGABYTES_PER_GIGABYTE, StoredSnapshot
from redshift_backup.model import MANAGED_BY, MANAGED_BY_US


def read_snapshots(client: Any) -> list[StoredSnapshot]:
    """Return every available manual snapshot that the account owns, oldest first.

    :param client: boto3's Redshift client.
    """
    pages = client.get_paginator("describe_cluster_snapshots").paginate(
        SnapshotType="manual", PaginationConfig={"PageSize": 100}
    )
    rows = [row for page in pages for row in page["Snapshots"] if row["Status"] == "available"]
    rows.sort(key=lambda row: row["SnapshotCreateTime"])
    return [_snapshot(row) for row in rows]


def _snapshot(row: dict[str, Any]) -> StoredSnapshot:
    tags = {tag["Key"]: tag["Value"] for tag in row.get("Tags", ())}
    return StoredSnapshot(
        identifier=row["SnapshotIdentifier"],
        cluster_identifier=row["ClusterIdentifier"],
        node_type=row.get("NodeType", ""),
        nodes=row.get("NumberOfNodes", 1),
        total_gigabytes=row["TotalBackupSizeInMegaBytes"] / MEGABYTES_PER_GIGABYTE,
        incremental_gigabytes=row.get("ActualIncrementalBackupSizeInMegaBytes", 0.0)
        / MEGABYTES_PER_GIGABYTE,
        is_ours=tags.get(MANAGED_BY) == MANAGED_BY_US,
    )
