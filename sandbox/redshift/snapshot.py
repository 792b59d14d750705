"""One snapshot: what it is, what state it is in, and what a client sees of it."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.redshift.models import TaggableResourceMixin

from sandbox.lifecycle import Run, RunState
from sandbox.redshift.nodes import restorable_node_types


@dataclass(frozen=True)
class ClusterFacts:
    """What a snapshot remembers of its cluster."""

    cluster_identifier: str
    create_time: datetime
    node_type: str = "ra3.large"
    number_of_nodes: int = 2
    master_username: str = "awsuser"
    master_user_password: str = ""
    db_name: str = "dev"
    port: int = 5439
    availability_zone: str = "us-east-1a"
    vpc_id: str | None = None
    subnet_group: str | None = None
    cluster_version: str = "1.0"
    kms_key_id: str | None = None
    enhanced_vpc_routing: bool = False


class SandboxSnapshot(TaggableResourceMixin):
    """A snapshot in its owner's account, with what it remembers of its cluster."""

    resource_type = "snapshot"

    def __init__(
        self,
        identifier: str,
        facts: ClusterFacts,
        *,
        account_id: str,
        region: str,
        run: Run,
        create_time: datetime,
        snapshot_type: str = "manual",
        tags: list[dict[str, str]] | None = None,
        retention_days: int = -1,
        image_id: str | None = None,
        size_megabytes: float = 0.0,
    ) -> None:
        super().__init__(account_id, region, tags)
        self.snapshot_identifier = identifier
        self.facts = facts
        self.run = run
        self.create_time = create_time
        self.snapshot_type = snapshot_type
        self.retention_days = retention_days
        self.image_id = image_id
        self.size_megabytes = size_megabytes
        self.fixed_status: str | None = None
        self.keep_automated_from = create_time
        self.authorized_accounts: dict[str, None] = {}
        self.restored_at: datetime | None = None

    @property
    def cluster_identifier(self) -> str:
        """The cluster it belongs to, under the name the cluster has now."""
        return self.facts.cluster_identifier

    @property
    def resource_id(self) -> str:
        """The part of the ARN after ``snapshot:``."""
        return f"{self.cluster_identifier}/{self.snapshot_identifier}"

    @property
    def is_manual(self) -> bool:
        """Whether users may share and delete it."""
        return self.snapshot_type == "manual"

    def status(self, now: datetime) -> str:
        """Return Status at ``now``: creating, available or failed, or what planting fixed."""
        if self.fixed_status is not None:
            return self.fixed_status
        states = {RunState.RUNNING: "creating", RunState.SUCCEEDED: "available"}
        return states.get(self.run.state(now), "failed")

    def expires_at(self) -> datetime | None:
        """Return the end of a manual snapshot's retention, or None if it is kept for ever.

        A snapshot that is still shared does not expire. What AWS does with one is not known.
        """
        if not self.is_manual or self.retention_days == -1 or self.authorized_accounts:
            return None
        return self.create_time + timedelta(days=self.retention_days)

    def describe(self, now: datetime, viewer: str) -> dict[str, Any]:
        """Return the response's ``Snapshot``, as ``viewer`` (an account id) may see it."""
        facts = self.facts
        row: dict[str, Any] = {
            "SnapshotIdentifier": self.snapshot_identifier,
            "ClusterIdentifier": facts.cluster_identifier,
            "SnapshotCreateTime": self.create_time,
            "Status": self.status(now),
            "Port": facts.port,
            "AvailabilityZone": facts.availability_zone,
            "ClusterCreateTime": facts.create_time,
            "MasterUsername": facts.master_username,
            "ClusterVersion": facts.cluster_version,
            "SnapshotType": self.snapshot_type,
            "NodeType": facts.node_type,
            "NumberOfNodes": facts.number_of_nodes,
            "DBName": facts.db_name,
            "VpcId": facts.vpc_id,
            "Encrypted": facts.kms_key_id is not None,
            "KmsKeyId": facts.kms_key_id,
            "EncryptedWithHSM": False,
            "OwnerAccount": self.account_id,
            "RestorableNodeTypes": restorable_node_types(facts.node_type),
            "EnhancedVpcRouting": facts.enhanced_vpc_routing,
            "MaintenanceTrackName": "current",
            "SnapshotArn": self.arn,
            **self._describe_progress(now),
        }
        if self.is_manual:
            row |= self._describe_retention(now)
        if viewer == self.account_id:
            row["Tags"] = self.tags
            if self.authorized_accounts:
                row["AccountsWithRestoreAccess"] = [
                    {"AccountId": account} if account.isdigit() else {"AccountAlias": account}
                    for account in self.authorized_accounts
                ]
        return row

    def _describe_progress(self, now: datetime) -> dict[str, Any]:
        status = self.status(now)
        done = 1.0 if status == "available" else self.run.progress(now)
        running = status == "creating"
        rate = self.size_megabytes / self.run.seconds if running and self.run.seconds else 0.0
        return {
            "TotalBackupSizeInMegaBytes": float(self.size_megabytes),
            "ActualIncrementalBackupSizeInMegaBytes": float(self.size_megabytes),
            "BackupProgressInMegaBytes": round(self.size_megabytes * done, 2),
            "CurrentBackupRateInMegaBytesPerSecond": rate,
            "EstimatedSecondsToCompletion": self.run.remaining_seconds(now) if running else 0,
            "ElapsedTimeInSeconds": self.run.elapsed_seconds(now),
        }

    def _describe_retention(self, now: datetime) -> dict[str, Any]:
        row: dict[str, Any] = {
            "ManualSnapshotRetentionPeriod": self.retention_days,
            "SnapshotRetentionStartTime": self.create_time,
        }
        if self.retention_days != -1:
            end = self.create_time + timedelta(days=self.retention_days)
            row["ManualSnapshotRemainingDays"] = max(math.ceil((end - now) / timedelta(days=1)), 0)
        return row
