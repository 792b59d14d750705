"""The least that a person would write for the same work; without any of the safety rules."""

from datetime import UTC, datetime, timedelta
from typing import Any


def prune(redshift: Any, cluster_identifier: str, retention_days: int) -> int:
    """Page, revoke, batch-delete; returns how many snapshots AWS was asked to delete."""
    limit = datetime.now(UTC) - timedelta(days=retention_days)
    expired = [
        snapshot
        for page in _pages(redshift, cluster_identifier)
        for snapshot in page["Snapshots"]
        if snapshot["SnapshotCreateTime"] < limit
    ]
    for start in range(0, len(expired), 100):
        chunk = expired[start : start + 100]
        for snapshot in chunk:
            for account in snapshot.get("AccountsWithRestoreAccess", ()):
                redshift.revoke_snapshot_access(
                    SnapshotIdentifier=snapshot["SnapshotIdentifier"],
                    AccountWithRestoreAccess=account["AccountId"],
                )
        redshift.batch_delete_cluster_snapshots(
            Identifiers=[{"SnapshotIdentifier": one["SnapshotIdentifier"]} for one in chunk]
        )
    return len(expired)


def status(redshift: Any, cluster_identifier: str) -> int:
    """Look at every snapshot of a cluster; returns how many there are."""
    return sum(len(page["Snapshots"]) for page in _pages(redshift, cluster_identifier))


def backup_and_share(redshift: Any, identifier: str, cluster_identifier: str, account: str) -> None:
    """Create a snapshot, find it available at the first look, and share it."""
    redshift.create_cluster_snapshot(
        SnapshotIdentifier=identifier, ClusterIdentifier=cluster_identifier
    )
    found = redshift.describe_cluster_snapshots(SnapshotIdentifier=identifier)["Snapshots"][0]
    if found["Status"] != "available":
        raise RuntimeError(f"snapshot {identifier} is {found['Status']} at the first look")
    redshift.authorize_snapshot_access(
        SnapshotIdentifier=identifier, AccountWithRestoreAccess=account
    )


def _pages(redshift: Any, cluster_identifier: str) -> Any:
    return redshift.get_paginator("describe_cluster_snapshots").paginate(
        ClusterIdentifier=cluster_identifier,
        SnapshotType="manual",
        PaginationConfig={"PageSize": 100},
    )
