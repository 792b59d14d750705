"""One cluster: its settings, what it is busy with, and what a client sees of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.ec2 import ec2_backends
from moto.redshift.models import Cluster

from sandbox.clock import CLOCK
from sandbox.lifecycle import Run, RunState
from sandbox.redshift.nodes import capacity_megabytes
from sandbox.redshift.snapshot import ClusterFacts

_QUERYABLE_PART_OF_RESTORE = 2 / 3


@dataclass(frozen=True)
class Activity:
    """What the cluster is busy with: the status meanwhile, and the one after."""

    status: str
    run: Run
    after: str = "available"
    after_failure: str = "available"


@dataclass(frozen=True)
class Restore:
    """How a cluster came out of a snapshot."""

    run: Run
    size_megabytes: float

    @property
    def queryable_at(self) -> datetime | None:
        """When the cluster is available, before all data is there; None if it never is."""
        if self.run.succeeded_at is None:
            return None
        seconds = self.run.seconds * _QUERYABLE_PART_OF_RESTORE
        return self.run.started_at + timedelta(seconds=seconds)

    def activity(self) -> Activity:
        """Return what the cluster is busy with because of the restore."""
        seconds = self.run.seconds
        if self.run.outcome == "available":
            seconds *= _QUERYABLE_PART_OF_RESTORE
        run = Run(self.run.started_at, seconds, self.run.outcome)
        return Activity("creating", run, after_failure="incompatible-restore")

    def describe(self, now: datetime) -> dict[str, Any]:
        """Return ``RestoreStatus``. As on RA3, the numbers say little until the end."""
        state, done = self.run.state(now), self.run.progress(now)
        words = {RunState.SUCCEEDED: "completed", RunState.FAILED: "failed"}
        status = words.get(state, "restoring" if done >= 0.1 else "starting")
        elapsed = self.run.elapsed_seconds(now)
        progress = int(self.size_megabytes * done)
        return {
            "Status": status,
            "CurrentRestoreRateInMegaBytesPerSecond": float(progress / elapsed) if elapsed else 0.0,
            "SnapshotSizeInMegaBytes": int(self.size_megabytes),
            "ProgressInMegaBytes": progress,
            "ElapsedTimeInSeconds": elapsed,
            "EstimatedTimeToCompletionInSeconds": self.run.remaining_seconds(now),
        }


class SandboxCluster(Cluster):
    """moto's cluster with states, keys and what a restore leaves behind."""

    def __init__(self, backend: Any, **settings: Any) -> None:
        self.activity: Activity | None = None
        self.cluster_subnet_group_name: str | None = None
        self.vpc_security_group_ids: list[str] = []
        self._settled = "available"
        super().__init__(backend, **settings)
        self.create_time = CLOCK.now()
        self.manual_snapshot_retention_period = -1
        self.vpc_id: str | None = None
        self.restore: Restore | None = None
        self.next_automated_at: datetime | None = None
        self.secret_arn: str | None = None
        self.secret_key_id: str | None = None
        self.default_iam_role_arn: str | None = None

    @property
    def status(self) -> str:
        """ClusterStatus by the sandbox's clock."""
        if self.activity is None:
            return self._settled
        state = self.activity.run.state(CLOCK.now())
        if state is RunState.RUNNING:
            return self.activity.status
        return self.activity.after if state is RunState.SUCCEEDED else self.activity.after_failure

    @status.setter
    def status(self, value: str) -> None:
        self.activity, self._settled = None, value

    def facts(self) -> ClusterFacts:
        """Return what a snapshot taken now remembers."""
        return ClusterFacts(
            cluster_identifier=self.cluster_identifier,
            create_time=self.create_time,
            node_type=self.node_type,
            number_of_nodes=self.number_of_nodes,
            master_username=self.master_username,
            master_user_password=self.master_user_password or "",
            db_name=self.db_name,
            port=self.port,
            availability_zone=self.availability_zone,
            vpc_id=self.vpc_id,
            subnet_group=self.cluster_subnet_group_name,
            cluster_version=self.cluster_version,
            kms_key_id=self.kms_key_id,
            enhanced_vpc_routing=bool(self.enhanced_vpc_routing),
        )

    def describe(self, *, status: str | None = None) -> dict[str, Any]:
        """Return the response's ``Cluster``.

        :param status: what the answer to a change says, before the change is over.
        """
        shown = status or self.status
        row: dict[str, Any] = {
            "ClusterStatus": shown,
            "ClusterAvailabilityStatus": _availability(shown),
            **self._describe_settings(),
            **self._describe_network(),
            **self._describe_protection(),
        }
        if shown != "creating":
            row["Endpoint"] = self.endpoint
        if self.restore is not None:
            row["RestoreStatus"] = self.restore.describe(CLOCK.now())
        return row

    def _describe_settings(self) -> dict[str, Any]:
        capacity = capacity_megabytes(self.node_type, self.number_of_nodes)
        return {
            "ClusterIdentifier": self.cluster_identifier,
            "NodeType": self.node_type,
            "NumberOfNodes": self.number_of_nodes,
            "ClusterNodes": self._nodes(),
            "TotalStorageCapacityInMegaBytes": capacity,
            "MasterUsername": self.master_username,
            "DBName": self.db_name,
            "ClusterCreateTime": self.create_time,
            "ClusterVersion": self.cluster_version,
            "AllowVersionUpgrade": bool(self.allow_version_upgrade),
            "PreferredMaintenanceWindow": self.preferred_maintenance_window,
            "PendingModifiedValues": {},
            "MaintenanceTrackName": "current",
            "ClusterParameterGroups": self.cluster_parameter_group_status_list,
            "ClusterNamespaceArn": self.namespace_arn,
            "Tags": self.tags,
            "ClusterSnapshotCopyStatus": self.cluster_snapshot_copy_status,
        }

    def _describe_network(self) -> dict[str, Any]:
        return {
            "ClusterSecurityGroups": [],
            "VpcSecurityGroups": [
                {"VpcSecurityGroupId": group, "Status": "active"}
                for group in self.vpc_security_group_ids
            ],
            "ClusterSubnetGroupName": self.cluster_subnet_group_name,
            "VpcId": self.vpc_id,
            "AvailabilityZone": self.availability_zone,
            "PubliclyAccessible": bool(self.publicly_accessible),
            "EnhancedVpcRouting": bool(self.enhanced_vpc_routing),
            "MultiAZ": "Disabled",
        }

    def _describe_protection(self) -> dict[str, Any]:
        return {
            "AutomatedSnapshotRetentionPeriod": self.automated_snapshot_retention_period,
            "ManualSnapshotRetentionPeriod": self.manual_snapshot_retention_period,
            "Encrypted": self.kms_key_id is not None,
            "KmsKeyId": self.kms_key_id,
            "IamRoles": self.iam_roles,
            "DefaultIamRoleArn": self.default_iam_role_arn,
            "MasterPasswordSecretArn": self.secret_arn,
            "MasterPasswordSecretKmsKeyId": self.secret_key_id,
        }

    @property
    def namespace_arn(self) -> str:
        """A stable ARN of the cluster's namespace."""
        half = self.unique_cluster_id.ljust(32, "0")
        uuid = f"{half[:8]}-{half[8:12]}-{half[12:16]}-{half[16:20]}-{half[20:32]}"
        return f"arn:aws:redshift:{self.region}:{self.account_id}:namespace:{uuid}"

    def default_network(self) -> None:
        """Fill in the VPC and, if none is named, its default security group."""
        ec2 = ec2_backends[self.account_id][self.region]
        group = self.redshift_backend.subnet_groups.get(self.cluster_subnet_group_name)
        if group is not None:
            self.vpc_id = group.vpc_id
            self.availability_zone = group.subnets[0].availability_zone
        else:
            vpc = ec2.get_default_vpc()
            self.cluster_subnet_group_name = "default"
            self.vpc_id = vpc.id if vpc else None
        if not self.vpc_security_group_ids and self.vpc_id is not None:
            filters = {"vpc-id": [self.vpc_id], "group-name": ["default"]}
            self.vpc_security_group_ids = [
                found.id for found in ec2.describe_security_groups(filters=filters)
            ]

    def _nodes(self) -> list[dict[str, str]]:
        if self.number_of_nodes == 1:
            return [{"NodeRole": "SHARED", "PrivateIPAddress": "10.0.0.10"}]
        compute = [
            {"NodeRole": f"COMPUTE-{n}", "PrivateIPAddress": f"10.0.0.{11 + n % 200}"}
            for n in range(self.number_of_nodes)
        ]
        return [{"NodeRole": "LEADER", "PrivateIPAddress": "10.0.0.10"}, *compute]


def _availability(status: str) -> str:
    if status.startswith("available"):
        return "Available"
    if status.startswith("incompatible"):
        return "Failed"
    if status in ("modifying", "resizing", "rebooting", "creating", "renaming"):
        return "Modifying"
    return "Unavailable"
