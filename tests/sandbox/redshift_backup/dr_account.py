"""The DR account as the function there finds it: clusters of restore tests, intents, copies."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from redshift_backup.model import iso_utc
from tests.sandbox.redshift_backup.conftest import CLUSTER, SOURCE, TARGET, Shelf

FUNCTION = "aca-redshift-dr"
BUCKET = "aca-evidence"
RUN = "scheduled__2026-03-15T06:00:00+00:00"
TAG = "redshift-backup:"


def drill_name(number: int = 1, cluster: str = CLUSTER) -> str:
    """Name the cluster of a restore test."""
    return f"drill-{cluster}-{number:08x}"


def copy(age: timedelta, *, cluster: str = CLUSTER, **more: Any) -> dict[str, Any]:
    """A row to plant: a copy that a restore test left, this old."""
    created = datetime.now(UTC).replace(microsecond=0) - age
    tags = {
        TAG + "managed-by": "redshift-backup",
        TAG + "slot": iso_utc(created),
        TAG + "origin": "created",
        TAG + "source-cluster": cluster,
    }
    return {
        "account_id": TARGET,
        "cluster_identifier": drill_name(int(created.timestamp()), cluster),
        "snapshot_identifier": f"{cluster}-dr-{created:%Y%m%d-%H%M%S}",
        "create_time": created.isoformat(),
        "tags": tags | more.pop("tags", {}),
    } | more


class DrAccount:
    """Clusters and intents in the DR account, and its function."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.redshift = shelf.client("redshift", "target")
        self.s3 = shelf.client("s3", "target")
        self.s3.create_bucket(Bucket=BUCKET)
        for operation in ("restore", "snapshot", "delete_cluster"):
            shelf.lifecycle(operation, 0)
        source = {"account_id": TARGET, "cluster_identifier": "made-by-hand"}
        shelf.plant([source | {"snapshot_identifier": "restored-from"}])

    def restore(self, name: str, **tags: str) -> str:
        """Restore a cluster; it is available at once."""
        self.redshift.restore_from_cluster_snapshot(
            ClusterIdentifier=name, SnapshotIdentifier="restored-from"
        )
        if tags:
            self.tag(name, **tags)
        return name

    def tag(self, name: str, **tags: str) -> None:
        """Set tags of ours on a cluster."""
        self.redshift.create_tags(
            ResourceName=f"arn:aws:redshift:us-east-1:{TARGET}:cluster:{name}",
            Tags=[{"Key": TAG + key.replace("_", "-"), "Value": tags[key]} for key in tags],
        )

    def intend(
        self,
        name: str,
        *,
        expired: timedelta = timedelta(hours=1),
        announced: timedelta = timedelta(hours=25),
        **changes: Any,
    ) -> None:
        """Write an intent, which expired so long ago."""
        now = datetime.now(UTC)
        document = {
            "schema_version": 1,
            "account_id": TARGET,
            "cluster_identifier": name,
            "source_cluster_identifier": CLUSTER,
            "dag_id": f"redshift_restore_validation__{CLUSTER}",
            "run_id": RUN,
            "snapshot_identifier": "restored-from",
            "snapshot_arn": f"arn:aws:redshift:us-east-1:{SOURCE}:snapshot:{CLUSTER}/x",
            "owner_account": SOURCE,
            "created_at": iso_utc(now - announced),
            "expires_at": iso_utc(now - expired),
        }
        self.put(name, json.dumps(document | changes).encode())

    def put(self, name: str, content: bytes) -> None:
        """Write what is to be read as the intent of a cluster."""
        self.s3.put_object(Bucket=BUCKET, Key=f"intents/{name}.json", Body=content)

    def leave_behind(self, number: int = 1, **changes: Any) -> str:
        """Restore a cluster whose test is over and did not delete it."""
        name = drill_name(number)
        self.intend(name, **changes)
        return self.restore(name)

    def clusters(self) -> dict[str, str]:
        """Return the status of every cluster that is there."""
        found = self.redshift.describe_clusters()["Clusters"]
        return {one["ClusterIdentifier"]: one["ClusterStatus"] for one in found}

    def snapshots(self) -> set[str]:
        """Return the identifiers of every snapshot that the account owns."""
        found = self.redshift.describe_cluster_snapshots(SnapshotType="manual")["Snapshots"]
        return {one["SnapshotIdentifier"] for one in found}

    def invoke(self, action: str, **fields: Any) -> dict[str, Any]:
        """Invoke the DR account's function."""
        seconds = fields.pop("seconds", 60)
        event = {"action": action} | fields
        return self.shelf.invoke(event, function_name=FUNCTION, account_id=TARGET, seconds=seconds)

    def calls(self) -> list[str]:
        """Return the operations that the function called since they were forgotten, in order."""
        return [one["operation"] for one in self.shelf.sandbox.control("GET", "calls")]
