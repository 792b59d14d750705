"""AWS as a recorder: answers like a small account, changes only itself, writes every call down."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.redshift_backup.builders import SOURCE, TARGET

READING = ("describe_", "get_", "list_")
CLUSTERS = ("orders", "payments")


class RecordingAws:
    """Every client of every service; ``calls`` holds the name and the arguments of each call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        now = datetime.now(UTC).replace(microsecond=0)
        rows = [
            _row(cluster, now - timedelta(days=day, minutes=1))
            for cluster in CLUSTERS
            for day in range(12)
        ]
        self.snapshots = {row["SnapshotIdentifier"]: row for row in rows}

    @property
    def changes(self) -> list[tuple[str, dict[str, Any]]]:
        """The calls that change something, in order."""
        return [call for call in self.calls if not call[0].startswith(READING)]

    def client(self, service: str) -> "RecordingAws":
        """Stand in for the function's own client factory."""
        del service
        return self

    def get_paginator(self, operation: str) -> "_Pages":
        """Return a paginator of one page."""
        return _Pages(lambda **arguments: getattr(self, operation)(**arguments))

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        if operation.startswith("_"):
            raise AttributeError(operation)

        def call(**arguments: Any) -> dict[str, Any]:
            self.calls.append((operation, arguments))
            answer = getattr(self, f"_{operation}", None)
            return answer(**arguments) if answer else {}

        return call

    def _describe_cluster_snapshots(self, **arguments: Any) -> dict[str, Any]:
        name, cluster = arguments.get("SnapshotIdentifier"), arguments.get("ClusterIdentifier")
        kind = arguments.get("SnapshotType", "manual")
        if name is not None and name not in self.snapshots:
            raise ClientError({"Error": {"Code": "ClusterSnapshotNotFound"}}, "Describe")
        found = [
            row
            for row in self.snapshots.values()
            if name in (None, row["SnapshotIdentifier"])
            and cluster in (None, row["ClusterIdentifier"])
            and row["SnapshotType"] == kind
        ]
        return {"Snapshots": found}

    def _get_service_quota(self, **_: Any) -> dict[str, Any]:
        return {"Quota": {"Value": 20.0}}

    def _describe_clusters(self, **arguments: Any) -> dict[str, Any]:
        names = [arguments.get("ClusterIdentifier") or name for name in CLUSTERS]
        rows = [{"ClusterIdentifier": name, "ClusterStatus": "available"} for name in names]
        return {"Clusters": rows}

    def _create_cluster_snapshot(self, **arguments: Any) -> dict[str, Any]:
        row = _row(arguments["ClusterIdentifier"], datetime.now(UTC), shared=False)
        row |= {"SnapshotIdentifier": arguments["SnapshotIdentifier"], "Tags": arguments["Tags"]}
        self.snapshots[row["SnapshotIdentifier"]] = row
        return {"Snapshot": row}

    def _authorize_snapshot_access(self, **arguments: Any) -> dict[str, Any]:
        row = self.snapshots[arguments["SnapshotIdentifier"]]
        account = {"AccountId": arguments["AccountWithRestoreAccess"]}
        row["AccountsWithRestoreAccess"] = [*row["AccountsWithRestoreAccess"], account]
        return {"Snapshot": row}

    def _batch_delete_cluster_snapshots(self, **arguments: Any) -> dict[str, Any]:
        for one in arguments["Identifiers"]:
            del self.snapshots[one["SnapshotIdentifier"]]
        return {}


class _Pages:
    def __init__(self, operation: Callable[..., dict[str, Any]]) -> None:
        self._operation = operation

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        arguments.pop("PaginationConfig", None)
        yield self._operation(**arguments)


class Context:
    """What Lambda gives to the handler."""

    aws_request_id = "request-1"
    invoked_function_arn = f"arn:aws:lambda:us-east-1:{SOURCE}:function:aca-redshift-backup"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def _row(cluster: str, created: datetime, *, shared: bool = True) -> dict[str, Any]:
    return {
        "SnapshotIdentifier": f"{cluster}-lambda-snapshot-{created:%Y%m%d-%H%M%S}",
        "ClusterIdentifier": cluster,
        "SnapshotCreateTime": created,
        "SnapshotType": "manual",
        "Status": "available",
        "Tags": [{"Key": "redshift-backup:managed-by", "Value": "redshift-backup"}],
        "AccountsWithRestoreAccess": [{"AccountId": TARGET}] if shared else [],
    }
