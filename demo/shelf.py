"""What lies on the shelf: the manual snapshots of the cluster, as each account sees them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.accounts import SOURCE_ACCOUNT_ID, Accounts, Profile


@dataclass(frozen=True)
class ShelfSnapshot:
    """One snapshot in the answer of DescribeClusterSnapshots.

    :param shared_with: accounts that may restore it, as this account sees them.
    """

    identifier: str
    status: str
    create_time: datetime
    shared_with: tuple[str, ...]
    megabytes: float


@dataclass(frozen=True)
class Shelf:
    """The cluster's snapshots by identifier, seen from both sides."""

    source: dict[str, ShelfSnapshot]
    target: dict[str, ShelfSnapshot]


def look(accounts: Accounts, cluster_identifier: str) -> Shelf:
    """Ask both accounts, each by its own call and with its own credentials."""

    def seen_by(profile: Profile, **more: str) -> dict[str, ShelfSnapshot]:
        paginator = accounts.client("redshift", profile).get_paginator("describe_cluster_snapshots")
        pages = paginator.paginate(
            ClusterIdentifier=cluster_identifier, SnapshotType="manual", **more
        )
        return _by_identifier(row for page in pages for row in page["Snapshots"])

    return Shelf(seen_by("source"), seen_by("target", OwnerAccount=SOURCE_ACCOUNT_ID))


def _by_identifier(rows: Iterable[dict[str, Any]]) -> dict[str, ShelfSnapshot]:
    snapshots = [
        ShelfSnapshot(
            identifier=row["SnapshotIdentifier"],
            status=row["Status"],
            create_time=row["SnapshotCreateTime"],
            shared_with=tuple(
                account["AccountId"] for account in row.get("AccountsWithRestoreAccess", ())
            ),
            megabytes=row.get("TotalBackupSizeInMegaBytes", 0.0),
        )
        for row in rows
    ]
    snapshots.sort(key=lambda snapshot: snapshot.create_time, reverse=True)
    return {snapshot.identifier: snapshot for snapshot in snapshots}
