"""The only module that calls AWS: one method for each call, paging, error codes, retries."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from redshift_backup import errors
from redshift_backup.model import Cluster, KeyFacts, Snapshot

# Snapshot calls have no client token, so a lost reply is retried blindly; the identifier makes
# that harmless. Four attempts fit into a short function timeout.
CLIENT_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=5,
    read_timeout=30,
)
BATCH_DELETE_LIMIT = 100

_KINDS: Mapping[str, type[errors.AwsError]] = {
    "ClusterNotFound": errors.NotFoundError,
    "ClusterSnapshotNotFound": errors.NotFoundError,
    "AuthorizationNotFound": errors.NotFoundError,
    "NotFoundException": errors.NotFoundError,
    "ClusterSnapshotAlreadyExists": errors.AlreadyExistsError,
    "AuthorizationAlreadyExists": errors.AlreadyExistsError,
    "InvalidClusterState": errors.InvalidStateError,
    "InvalidClusterSnapshotState": errors.InvalidStateError,
    "ClusterSnapshotQuotaExceeded": errors.QuotaExceededError,
    "AuthorizationQuotaExceeded": errors.QuotaExceededError,
    "LimitExceededFault": errors.QuotaExceededError,
    "Throttling": errors.ThrottledError,
    "ThrottlingException": errors.ThrottledError,
    "ThrottledException": errors.ThrottledError,
    "RequestLimitExceeded": errors.ThrottledError,
    "RequestThrottled": errors.ThrottledError,
    "TooManyRequestsException": errors.ThrottledError,
    "DependentServiceRequestThrottlingFault": errors.ThrottledError,
    "AccessDenied": errors.AccessDeniedError,
    "AccessDeniedException": errors.AccessDeniedError,
    "UnauthorizedOperation": errors.AccessDeniedError,
    "AccessToSnapshotDenied": errors.AccessDeniedError,
}
_NEXT_STEPS: Mapping[type[errors.AwsError], str] = {
    errors.QuotaExceededError: "ask AWS for a higher quota, or prune what is not needed",
    errors.ThrottledError: "send the same event again in a minute",
    errors.AccessDeniedError: "grant the function's role this call",
    errors.AwsError: "send the same event again; what was done already is found and taken over",
}


@dataclass(frozen=True)
class ItemError:
    """One snapshot that a batch delete left in place."""

    identifier: str
    code: str
    reason: str


@cache
def _client(service: str) -> Any:
    return boto3.client(service, config=CLIENT_CONFIG)


@contextmanager
def _our_errors(operation: str, subject: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"].get("Code", "unknown")
        kind = _KINDS.get(code, errors.AwsError)
        raise kind(
            _sentence(
                operation, subject, f"{code}: {error.response['Error'].get('Message')}", kind
            ),
            code=code,
        ) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise errors.AwsError(
            _sentence(operation, subject, f"no usable reply: {error}", errors.AwsError)
        ) from error


def _sentence(operation: str, subject: str, what: str, kind: type[errors.AwsError]) -> str:
    next_step = _NEXT_STEPS.get(kind)
    sentence = f"{operation} of {subject} failed: {what.rstrip('.')}"
    return f"{sentence}. Next: {next_step}" if next_step else sentence


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
            with _our_errors("DescribeClusterSnapshots", identifier):
                reply = _client("redshift").describe_cluster_snapshots(
                    SnapshotIdentifier=identifier
                )
        except errors.NotFoundError:
            return None
        return next((_snapshot(one) for one in reply["Snapshots"]), None)

    def describe_chain(
        self,
        cluster_identifier: str,
        *,
        snapshot_type: str = "manual",
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> list[Snapshot]:
        """Return the snapshots of a cluster, of all pages; none if nobody knows the cluster.

        :param start: and ``end``: limits of the creation time, both inclusive.
        """
        limits = {"StartTime": start, "EndTime": end}
        try:
            return self._describe_snapshots(
                cluster_identifier,
                ClusterIdentifier=cluster_identifier,
                SnapshotType=snapshot_type,
                **{name: limit for name, limit in limits.items() if limit is not None},
            )
        except errors.NotFoundError:
            return []

    def describe_manual_snapshots(self) -> list[Snapshot]:
        """Return every manual snapshot of the account and region."""
        return self._describe_snapshots("all clusters", SnapshotType="manual")

    def _describe_snapshots(self, subject: str, **parameters: Any) -> list[Snapshot]:
        with _our_errors("DescribeClusterSnapshots", subject):
            pages = _client("redshift").get_paginator("describe_cluster_snapshots")
            return [
                _snapshot(one)
                for page in pages.paginate(**parameters, PaginationConfig={"PageSize": 100})
                for one in page["Snapshots"]
            ]

    def create_snapshot(
        self, identifier: str, cluster_identifier: str, tags: Mapping[str, str]
    ) -> Snapshot:
        """Begin a manual snapshot that is tagged from its first moment."""
        with _our_errors("CreateClusterSnapshot", identifier):
            reply = _client("redshift").create_cluster_snapshot(
                SnapshotIdentifier=identifier,
                ClusterIdentifier=cluster_identifier,
                Tags=_aws_tags(tags),
            )
        return _snapshot(reply["Snapshot"])

    def copy_snapshot(self, source: Snapshot, identifier: str) -> Snapshot:
        """Begin a manual copy of an automated snapshot; the call takes no tags."""
        with _our_errors("CopyClusterSnapshot", f"{source.identifier} to {identifier}"):
            reply = _client("redshift").copy_cluster_snapshot(
                SourceSnapshotIdentifier=source.identifier,
                SourceSnapshotClusterIdentifier=source.cluster_identifier,
                TargetSnapshotIdentifier=identifier,
            )
        return _snapshot(reply["Snapshot"])

    def tag_snapshot(self, snapshot: Snapshot, tags: Mapping[str, str]) -> None:
        """Set tags on a snapshot; the same tags again change nothing."""
        name = f"{self._arn_prefix}:snapshot:{snapshot.cluster_identifier}/{snapshot.identifier}"
        with _our_errors("CreateTags", snapshot.identifier):
            _client("redshift").create_tags(ResourceName=name, Tags=_aws_tags(tags))

    def authorize(self, snapshot: Snapshot, account: str) -> None:
        """Let an account restore the snapshot; that it may already is success."""
        try:
            with _our_errors("AuthorizeSnapshotAccess", f"{snapshot.identifier} to {account}"):
                _client("redshift").authorize_snapshot_access(
                    SnapshotIdentifier=snapshot.identifier,
                    SnapshotClusterIdentifier=snapshot.cluster_identifier,
                    AccountWithRestoreAccess=account,
                )
        except errors.AlreadyExistsError:
            return

    def revoke(self, snapshot: Snapshot, account: str) -> None:
        """Take an account's right to restore away; that it has none is success."""
        try:
            with _our_errors("RevokeSnapshotAccess", f"{snapshot.identifier} from {account}"):
                _client("redshift").revoke_snapshot_access(
                    SnapshotIdentifier=snapshot.identifier,
                    SnapshotClusterIdentifier=snapshot.cluster_identifier,
                    AccountWithRestoreAccess=account,
                )
        except errors.NotFoundError:
            return

    def delete_snapshot(self, snapshot: Snapshot) -> None:
        """Delete one snapshot; that it is gone is success."""
        try:
            with _our_errors("DeleteClusterSnapshot", snapshot.identifier):
                _client("redshift").delete_cluster_snapshot(
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
        with _our_errors("BatchDeleteClusterSnapshots", f"{len(snapshots)} snapshots"):
            reply = _client("redshift").batch_delete_cluster_snapshots(
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
            with _our_errors("DescribeClusters", cluster_identifier):
                reply = _client("redshift").describe_clusters(ClusterIdentifier=cluster_identifier)
        except errors.NotFoundError:
            return None
        return next((_cluster(one) for one in reply["Clusters"]), None)

    def describe_clusters(self) -> list[Cluster]:
        """Return every cluster of the account and region."""
        with _our_errors("DescribeClusters", "all clusters"):
            pages = _client("redshift").get_paginator("describe_clusters").paginate()
            return [_cluster(one) for page in pages for one in page["Clusters"]]

    def describe_key(self, key_id: str) -> KeyFacts:
        """Return what KMS tells of a key; what it refuses to tell is a fact too.

        Asked once in an invocation: a chain's snapshots mostly have one key.
        """
        if key_id not in self._keys:
            self._keys[key_id] = self._read_key(key_id)
        return self._keys[key_id]

    def _read_key(self, key_id: str) -> KeyFacts:
        unread: list[str] = []
        metadata: dict[str, Any] = {}
        policy, grants = None, None
        try:
            with _our_errors("DescribeKey", key_id):
                metadata = _client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
        except errors.AwsError as error:
            unread.append(str(error))
        if metadata.get("KeyManager") != "AWS":
            try:
                with _our_errors("GetKeyPolicy", key_id):
                    text = _client("kms").get_key_policy(KeyId=key_id, PolicyName="default")
                policy = json.loads(text["Policy"])
                with _our_errors("ListGrants", key_id):
                    pages = _client("kms").get_paginator("list_grants").paginate(KeyId=key_id)
                    grants = tuple(one for page in pages for one in page["Grants"])
            except errors.AwsError as error:
                unread.append(str(error))
        return KeyFacts(
            key_id=key_id,
            manager=metadata.get("KeyManager"),
            state=metadata.get("KeyState"),
            policy=policy,
            grants=grants,
            unread=tuple(unread),
        )


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
    )
