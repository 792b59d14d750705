"""The requests about clusters, read and answered."""

from typing import Any

from moto.core.responses import ActionResult

from sandbox.accounts import principal_of
from sandbox.redshift.cluster import SandboxCluster
from sandbox.redshift.paging import page
from sandbox.redshift.snapshot_responses import SnapshotResponse

_TEXT = {
    "cluster_subnet_group_name": "ClusterSubnetGroupName",
    "cluster_parameter_group_name": "ClusterParameterGroupName",
    "availability_zone": "AvailabilityZone",
    "preferred_maintenance_window": "PreferredMaintenanceWindow",
    "kms_key_id": "KmsKeyId",
    "secret_key_id": "MasterPasswordSecretKmsKeyId",
    "node_type": "NodeType",
    "default_iam_role_arn": "DefaultIamRoleArn",
    "cluster_type": "ClusterType",
    "cluster_version": "ClusterVersion",
    "db_name": "DBName",
    "master_username": "MasterUsername",
    "master_user_password": "MasterUserPassword",
    "new_cluster_identifier": "NewClusterIdentifier",
    "cluster_identifier": "ClusterIdentifier",
    "snapshot_identifier": "SnapshotIdentifier",
    "snapshot_arn": "SnapshotArn",
    "snapshot_cluster_identifier": "SnapshotClusterIdentifier",
    "owner_account": "OwnerAccount",
    "vpc_security_group_ids": "VpcSecurityGroupIds",
    "iam_roles_arn": "IamRoles",
    "tags": "Tags",
}
_NUMBERS = {
    "port": "Port",
    "number_of_nodes": "NumberOfNodes",
    "automated_snapshot_retention_period": "AutomatedSnapshotRetentionPeriod",
    "manual_snapshot_retention_period": "ManualSnapshotRetentionPeriod",
}
_SWITCHES = {
    "allow_version_upgrade": "AllowVersionUpgrade",
    "publicly_accessible": "PubliclyAccessible",
    "enhanced_vpc_routing": "EnhancedVpcRouting",
    "manage_master_password": "ManageMasterPassword",
    "encrypted": "Encrypted",
}


class SandboxRedshiftResponse(SnapshotResponse):
    """All operations of the sandbox's Redshift; those of snapshots are inherited."""

    def create_cluster(self) -> ActionResult:
        """CreateCluster."""
        cluster = self.redshift_backend.create_cluster(**self._settings())
        return _cluster(cluster, status="creating")

    def restore_from_cluster_snapshot(self) -> ActionResult:
        """RestoreFromClusterSnapshot."""
        cluster = self.redshift_backend.restore_from_cluster_snapshot(**self._settings())
        return _cluster(cluster, status="creating")

    def describe_clusters(self) -> ActionResult:
        """DescribeClusters."""
        clusters = self.redshift_backend.describe_clusters(
            self._get_param("ClusterIdentifier"),
            self._get_param("TagKeys"),
            self._get_param("TagValues"),
        )
        chosen, marker = page(
            clusters,
            lambda cluster: (cluster.cluster_identifier,),
            marker=self._get_param("Marker"),
            max_records=self._get_int_param("MaxRecords"),
        )
        rows = [cluster.describe() for cluster in chosen]
        return ActionResult({"Clusters": rows, "Marker": marker})

    def modify_cluster(self) -> ActionResult:
        """ModifyCluster."""
        cluster, status = self.redshift_backend.modify_cluster(**self._settings())
        return _cluster(cluster, status=status)

    def resize_cluster(self) -> ActionResult:
        """ResizeCluster."""
        cluster, _ = self.redshift_backend.modify_cluster(**self._settings())
        return _cluster(cluster, status="resizing")

    def pause_cluster(self) -> ActionResult:
        """PauseCluster."""
        cluster = self.redshift_backend.pause_cluster(self._get_param("ClusterIdentifier"))
        return _cluster(cluster, status="pausing")

    def resume_cluster(self) -> ActionResult:
        """ResumeCluster."""
        cluster = self.redshift_backend.resume_cluster(self._get_param("ClusterIdentifier"))
        return _cluster(cluster, status="resuming")

    def reboot_cluster(self) -> ActionResult:
        """RebootCluster."""
        cluster = self.redshift_backend.reboot_cluster(self._get_param("ClusterIdentifier"))
        return _cluster(cluster, status="rebooting")

    def delete_cluster(self) -> ActionResult:
        """DeleteCluster."""
        cluster = self.redshift_backend.delete_cluster(
            self._get_param("ClusterIdentifier"),
            self._get_bool_param("SkipFinalClusterSnapshot"),
            self._get_param("FinalClusterSnapshotIdentifier"),
            self._get_int_param("FinalClusterSnapshotRetentionPeriod"),
        )
        return _cluster(cluster, status="deleting")

    def get_cluster_credentials(self) -> ActionResult:
        """GetClusterCredentials."""
        prefix = "IAMA:" if self._get_bool_param("AutoCreate", False) else "IAM:"
        return ActionResult(
            self.redshift_backend.credentials(
                self._get_param("ClusterIdentifier"),
                prefix + self._get_param("DbUser"),
                self._get_int_param("DurationSeconds", 900),
            )
        )

    def get_cluster_credentials_with_iam(self) -> ActionResult:
        """GetClusterCredentialsWithIAM: the database user is named after the caller."""
        principal = principal_of(self.get_access_key())
        credentials = self.redshift_backend.credentials(
            self._get_param("ClusterIdentifier"),
            _database_user(principal.arn if principal else ""),
            self._get_int_param("DurationSeconds", 900),
        )
        return ActionResult(credentials | {"NextRefreshTime": credentials["Expiration"]})

    def _settings(self) -> dict[str, Any]:
        """Return the parameters that were given, under the backend's names."""
        given: dict[str, Any] = {name: self._get_param(key) for name, key in _TEXT.items()}
        given |= {name: self._get_int_param(key) for name, key in _NUMBERS.items()}
        given |= {name: self._get_bool_param(key) for name, key in _SWITCHES.items()}
        return {name: value for name, value in given.items() if value is not None}


def _cluster(cluster: SandboxCluster, *, status: str) -> ActionResult:
    return ActionResult({"Cluster": cluster.describe(status=status)})


def _database_user(principal_arn: str) -> str:
    """Name a database user after a principal: ``IAMR:<role>`` or ``IAM:<user>``."""
    kind, _, name = principal_arn.rpartition(":")[2].partition("/")
    return f"IAMR:{name.partition('/')[0]}" if kind == "assumed-role" else f"IAM:{name}"
