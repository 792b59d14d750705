"""AWS as the actions see it: one method for each call, all pages, what counts as success."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redshift_backup import errors
from redshift_backup.aws import client, our_errors
from redshift_backup.keys import read_key, with_grants_for
from redshift_backup.model import SOURCE_CLUSTER, Chain, Cluster, KeyFacts, Snapshot

BATCH_DELETE_LIMIT = 100


@dataclass(frozen=True)
class ItemError:
    """One snapshot that a batch delete left in place."""

    identifier: str
    code: str
    reason: str


class Gateway:
    """AWS as the actions see it.

    :param arn_prefix: ``arn:<partition>:redshift:<region>:<account>``, of the function's account.
    """

    def __init__(self, arn_prefix: str) -> None:
        self._arn_prefix = arn_prefix
        self._keys: dict[str, KeyFacts] = {}

    def describe_snapshot(self, identifier: str) -> Snapshot | None:
        """Return the account's snapshot with this identifier, or None."""
        try:
            with our_errors("DescribeClusterSnapshots", identifier):
                reply = client("redshift").describe_cluster_snapshots(SnapshotIdentifier=identifier)
        except errors.NotFoundError:
            return None
        return next((_snapshot(one) for one in reply["Snapshots"]), None)

    def describe_chain(
        self,
        chain: Chain,
        *,
        snapshot_type: str = "manual",
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> list[Snapshot]:
        """Return the snapshots of a chain's cluster, of all pages; none if nobody knows it.

        Copies belong to the cluster they were made of; the tag tells whose data they hold.

        :param start: and ``end``: limits of the creation time, both inclusive.
        """
        limits = {"StartTime": start, "EndTime": end}
        of_chain: dict[str, Any] = {"ClusterIdentifier": chain.cluster_identifier}
        if chain.is_of_copies:
            of_chain = {"TagKeys": [SOURCE_CLUSTER]}
        try:
            found = self._describe_snapshots(
                chain.cluster_identifier,
                SnapshotType=snapshot_type,
                **of_chain,
                **{name: limit for name, limit in limits.items() if limit is not None},
            )
        except errors.NotFoundError:
            return []
        return [one for one in found if chain.covers(one)]

    def describe_snapshots_of(self, cluster: Cluster) -> list[Snapshot]:
        """Return the manual snapshots that were made of a cluster, whatever data they hold."""
        return self._describe_snapshots(
            cluster.identifier, ClusterIdentifier=cluster.identifier, SnapshotType="manual"
        )

    def describe_manual_snapshots(self) -> list[Snapshot]:
        """Return every manual snapshot of the account and region."""
        return self._describe_snapshots("all clusters", SnapshotType="manual")

    def _describe_snapshots(self, subject: str, **parameters: Any) -> list[Snapshot]:
        with our_errors("DescribeClusterSnapshots", subject):
            pages = client("redshift").get_paginator("describe_cluster_snapshots")
            return [
                _snapshot(one)
                for page in pages.paginate(**parameters, PaginationConfig={"PageSize": 100})
                for one in page["Snapshots"]
            ]

    def create_snapshot(
        self, identifier: str, cluster_identifier: str, tags: Mapping[str, str]
    ) -> Snapshot:
        """Begin a manual snapshot that is tagged from its first moment."""
        with our_errors("CreateClusterSnapshot", identifier):
            reply = client("redshift").create_cluster_snapshot(
                SnapshotIdentifier=identifier,
                ClusterIdentifier=cluster_identifier,
                Tags=_aws_tags(tags),
            )
        return _snapshot(reply["Snapshot"])

    def copy_snapshot(self, source: Snapshot, identifier: str) -> Snapshot:
        """Begin a manual copy of an automated snapshot; the call takes no tags."""
        with our_errors("CopyClusterSnapshot", f"{source.identifier} to {identifier}"):
            reply = client("redshift").copy_cluster_snapshot(
                SourceSnapshotIdentifier=source.identifier,
                SourceSnapshotClusterIdentifier=source.cluster_identifier,
                TargetSnapshotIdentifier=identifier,
            )
        return _snapshot(reply["Snapshot"])

    def tag_snapshot(self, snapshot: Snapshot, tags: Mapping[str, str]) -> None:
        """Set tags on a snapshot; the same tags again change nothing."""
        with our_errors("CreateTags", snapshot.identifier):
            client("redshift").create_tags(
                ResourceName=self._arn_of(snapshot), Tags=_aws_tags(tags)
            )

    def untag_snapshot(self, snapshot: Snapshot, keys: Sequence[str]) -> None:
        """Take exactly these tags off a snapshot; that one is not there is success."""
        with our_errors("DeleteTags", snapshot.identifier):
            client("redshift").delete_tags(ResourceName=self._arn_of(snapshot), TagKeys=list(keys))

    def _arn_of(self, snapshot: Snapshot) -> str:
        return f"{self._arn_prefix}:snapshot:{snapshot.cluster_identifier}/{snapshot.identifier}"

    def authorize(self, snapshot: Snapshot, account: str) -> None:
        """Let an account restore the snapshot; that it may already is success."""
        try:
            with our_errors("AuthorizeSnapshotAccess", f"{snapshot.identifier} to {account}"):
                client("redshift").authorize_snapshot_access(
                    SnapshotIdentifier=snapshot.identifier,
                    SnapshotClusterIdentifier=snapshot.cluster_identifier,
                    AccountWithRestoreAccess=account,
                )
        except errors.AlreadyExistsError:
            return

    def revoke(self, snapshot: Snapshot, account: str) -> None:
        """Take an account's right to restore away; that it has none is success."""
        try:
            with our_errors("RevokeSnapshotAccess", f"{snapshot.identifier} from {account}"):
                client("redshift").revoke_snapshot_access(
                    SnapshotIdentifier=snapshot.identifier,
                    SnapshotClusterIdentifier=snapshot.cluster_identifier,
                    AccountWithRestoreAccess=account,
                )
        except errors.NotFoundError:
            return

    def delete_snapshot(self, snapshot: Snapshot) -> None:
        """Delete one snapshot; that it is gone is success."""
        try:
            with our_errors("DeleteClusterSnapshot", snapshot.identifier):
                client("redshift").delete_cluster_snapshot(
                    SnapshotIdentifier=snapshot.identifier,
                    SnapshotClusterIdentifier=snapshot.cluster_identifier,
                )
        except errors.NotFoundError:
            return

    def batch_delete(self, snapshots: Sequence[Snapshot]) -> list[ItemError]:
        """Delete up to 100 snapshots; returns those that were not deleted, each with why.

        AWS answers 200 and lists the refused ones beside the deleted ones. One that was gone
        already is among the refused; whoever counts what is gone has to look.
        """
        with our_errors("BatchDeleteClusterSnapshots", f"{len(snapshots)} snapshots"):
            reply = client("redshift").batch_delete_cluster_snapshots(
                Identifiers=[
                    {
                        "SnapshotIdentifier": one.identifier,
                        "SnapshotClusterIdentifier": one.cluster_identifier,
                    }
                    for one in snapshots
                ]
            )
        return [
            ItemError(
                identifier=one.get("SnapshotIdentifier", ""),
                code=one.get("FailureCode", "unknown"),
                reason=one.get("FailureReason", "AWS gave no reason"),
            )
            for one in reply.get("Errors") or ()
        ]

    def describe_cluster(self, cluster_identifier: str) -> Cluster | None:
        """Return a cluster, or None."""
        try:
            with our_errors("DescribeClusters", cluster_identifier):
                reply = client("redshift").describe_clusters(ClusterIdentifier=cluster_identifier)
        except errors.NotFoundError:
            return None
        return next((_cluster(one) for one in reply["Clusters"]), None)

    def describe_clusters(self) -> list[Cluster]:
        """Return every cluster of the account and region."""
        with our_errors("DescribeClusters", "all clusters"):
            pages = client("redshift").get_paginator("describe_clusters").paginate()
            return [_cluster(one) for page in pages for one in page["Clusters"]]

    def tag_cluster(self, cluster: Cluster, tags: Mapping[str, str]) -> None:
        """Set tags on a cluster; the same tags again change nothing."""
        with our_errors("CreateTags", cluster.identifier):
            client("redshift").create_tags(
                ResourceName=f"{self._arn_prefix}:cluster:{cluster.identifier}",
                Tags=_aws_tags(tags),
            )

    def delete_cluster(self, cluster: Cluster) -> None:
        """Begin to delete a cluster without a final snapshot; that it is gone is success."""
        try:
            with our_errors("DeleteCluster", cluster.identifier):
                client("redshift").delete_cluster(
                    ClusterIdentifier=cluster.identifier, SkipFinalClusterSnapshot=True
                )
        except errors.NotFoundError:
            return

    def read_object(self, bucket: str, key: str, most_bytes: int) -> bytes | None:
        """Return what is stored under a key, the first bytes of it, or None.

        :param most_bytes: no more than one byte beyond these is read.
        """
        try:
            with our_errors("GetObject", f"s3://{bucket}/{key}"):
                reply = client("s3").get_object(Bucket=bucket, Key=key)
                return bytes(reply["Body"].read(most_bytes + 1))
        except errors.NotFoundError:
            return None

    def look_into_bucket(self, bucket: str, prefix: str) -> None:
        """Make sure that a bucket is there and can be listed.

        :raises AwsError: it is not, or may not be.
        """
        with our_errors("ListObjectsV2", f"s3://{bucket}/{prefix}"):
            client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)

    def describe_key(self, key_id: str, accounts: Iterable[str]) -> KeyFacts:
        """Return what KMS tells of a key; what it refuses to tell is a fact too.

        Asked once in an invocation: a chain's snapshots mostly have one key.

        :param accounts: those in question; grants are asked for only if the policy leaves one out.
        """
        facts = self._keys.get(key_id) or read_key(key_id)
        self._keys[key_id] = with_grants_for(facts, accounts)
        return self._keys[key_id]


def _aws_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _tags(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {row["Key"]: row.get("Value") or "" for row in rows}


def _snapshot(reply: Mapping[str, Any]) -> Snapshot:
    accounts = reply.get("AccountsWithRestoreAccess") or ()
    return Snapshot(
        identifier=reply["SnapshotIdentifier"],
        cluster_identifier=reply["ClusterIdentifier"],
        create_time=reply["SnapshotCreateTime"],
        status=reply["Status"],
        snapshot_type=reply.get("SnapshotType", "manual"),
        tags=_tags(reply.get("Tags") or ()),
        accounts=frozenset(one["AccountId"] for one in accounts if one.get("AccountId")),
        encrypted=bool(reply.get("Encrypted")),
        kms_key_id=reply.get("KmsKeyId") or None,
        progress=(
            f"{reply.get('BackupProgressInMegaBytes', 0)} of "
            f"{reply.get('TotalBackupSizeInMegaBytes', 0)} MB, "
            f"{reply.get('EstimatedSecondsToCompletion', 0)} s to go"
        ),
    )


def _cluster(reply: Mapping[str, Any]) -> Cluster:
    return Cluster(
        identifier=reply["ClusterIdentifier"],
        status=reply["ClusterStatus"],
        encrypted=bool(reply.get("Encrypted")),
        kms_key_id=reply.get("KmsKeyId") or None,
        automated_retention_days=int(reply.get("AutomatedSnapshotRetentionPeriod") or 0),
        availability=reply.get("ClusterAvailabilityStatus") or "",
        create_time=reply.get("ClusterCreateTime"),
        is_restored=bool((reply.get("RestoreStatus") or {}).get("Status")),
        tags=_tags(reply.get("Tags") or ()),
    )
