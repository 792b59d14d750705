"""Creating, changing, pausing and deleting clusters."""

from typing import Any

from moto.redshift.models import ParameterGroup

from sandbox.clock import CLOCK
from sandbox.kms import KeyUnusableError, resolve_key
from sandbox.lifecycle import LIFECYCLE, Run
from sandbox.redshift.changes import apply_changes, rename
from sandbox.redshift.cluster import Activity, SandboxCluster
from sandbox.redshift.errors import ErrorCode, bad_combination, bad_value, fail
from sandbox.redshift.events import CLUSTER_CREATED, Event
from sandbox.redshift.settings import SETTINGS
from sandbox.redshift.snapshots import SnapshotOperations
from sandbox.redshift.state import new_password
from sandbox.redshift.validation import (
    automated_retention,
    cluster_identifier,
    manual_retention,
    port,
    tags,
)
from sandbox.redshift.vault import create_secret
from sandbox.warehouse import WAREHOUSES

_DELETABLE = (
    "available",
    "paused",
    "incompatible-hsm",
    "incompatible-restore",
    "incompatible-network",
    "incompatible-parameters",
    "hardware-failure",
)
_CREATE_DEFAULTS: dict[str, Any] = {
    "master_user_password": None,
    "db_name": None,
    "cluster_type": None,
    "cluster_security_groups": [],
    "vpc_security_group_ids": [],
    "cluster_subnet_group_name": None,
    "availability_zone": None,
    "preferred_maintenance_window": None,
    "cluster_parameter_group_name": None,
    "automated_snapshot_retention_period": None,
    "port": None,
    "cluster_version": None,
    "allow_version_upgrade": True,
    "number_of_nodes": None,
    "publicly_accessible": False,
    "encrypted": True,
    "tags": None,
    "iam_roles_arn": None,
    "enhanced_vpc_routing": False,
    "kms_key_id": None,
}


class ClusterOperations(SnapshotOperations):
    """The cluster half of Redshift, inside one account."""

    def create_cluster(self, **settings: Any) -> SandboxCluster:
        """Create a cluster with an empty database, encrypted. Takes moto's arguments."""
        if settings.get("encrypted") is False:
            bad_value("Encrypted cannot be false: all new clusters are encrypted.")
        settings["kms_key_id"] = self.resolve_key(settings.get("kms_key_id"))
        cluster = self.new_cluster(**settings)
        run = Run(CLOCK.now(), SETTINGS.cluster_seconds["create"], "available")
        cluster.activity = Activity("creating", run)
        cluster.next_automated_at = run.finished_at
        WAREHOUSES.create(
            self.account_id, self.region_name, cluster.cluster_identifier, cluster.db_name
        )
        self.event_log.append(
            Event(CLUSTER_CREATED, run.finished_at or run.started_at, cluster.cluster_identifier)
        )
        self.settle()
        return cluster

    def new_cluster(self, **settings: Any) -> SandboxCluster:
        """Check a new cluster's settings and store it; data and activity are the caller's."""
        manual_days = manual_retention(settings.pop("manual_snapshot_retention_period", None))
        manage_password = settings.pop("manage_master_password", None)
        secret_key = settings.pop("secret_key_id", None)
        default_role = settings.pop("default_iam_role_arn", None)
        if secret_key is not None and not manage_password:
            bad_combination("MasterPasswordSecretKmsKeyId needs ManageMasterPassword=true.")
        settings = _CREATE_DEFAULTS | {k: v for k, v in settings.items() if v is not None}
        settings["region_name"] = self.region_name
        self._check_new_cluster(settings, manage_password=bool(manage_password))
        cluster = SandboxCluster(self, **settings)
        cluster.manual_snapshot_retention_period = manual_days
        cluster.default_iam_role_arn = default_role
        cluster.default_network()
        if secret_key is not None:
            cluster.secret_key_id = self.resolve_key(secret_key)
        if manage_password:
            self.manage_password(cluster)
        self.clusters[cluster.cluster_identifier] = cluster
        return cluster

    def describe_clusters(
        self,
        cluster_identifier: str | None = None,
        tag_keys: list[str] | None = None,
        tag_values: list[str] | None = None,
    ) -> list[SandboxCluster]:
        """Return one cluster, those with any of the tags, or all."""
        self.settle()
        if cluster_identifier:
            return [self.find_cluster(cluster_identifier)]
        return [
            cluster
            for cluster in self.clusters.values()
            if not (tag_keys or tag_values)
            or any(
                (not tag_keys or tag["Key"] in tag_keys)
                and (not tag_values or tag["Value"] in tag_values)
                for tag in cluster.tags
            )
        ]

    def modify_cluster(self, **changes: Any) -> tuple[SandboxCluster, str]:
        """Change a cluster; returns it and the status the answer shows."""
        cluster = self.find_cluster(changes.pop("cluster_identifier"))
        self.require_status(cluster, "modify", "available")
        if "kms_key_id" in changes:
            changes["kms_key_id"] = self.resolve_key(changes["kms_key_id"])
        new_name = changes.pop("new_cluster_identifier", None)
        if new_name:
            new_name = cluster_identifier(new_name, "NewClusterIdentifier")
        if new_name == cluster.cluster_identifier:
            new_name = None
        if new_name:
            self._require_new(new_name)
        if changes.pop("manage_master_password", False):
            self.manage_password(cluster)
        shown, duration = apply_changes(cluster, changes)
        self.retention_changed()
        if new_name:
            rename(self, cluster, new_name)
            shown, duration = "renaming", "rename"
        self.begin(cluster, shown, duration)
        return cluster, shown

    def pause_cluster(self, cluster_id: str) -> SandboxCluster:
        """Pause an available cluster; Redshift takes a snapshot first."""
        cluster = self.find_cluster(cluster_id)
        self.require_status(cluster, "pause", "available")
        self.take_automated(cluster, CLOCK.now())
        self.begin(cluster, "pausing", "pause", after="paused")
        return cluster

    def resume_cluster(self, cluster_id: str) -> SandboxCluster:
        """Resume a paused cluster."""
        cluster = self.find_cluster(cluster_id)
        self.require_status(cluster, "resume", "paused")
        self.begin(cluster, "resuming", "resume")
        cluster.next_automated_at = CLOCK.now()
        return cluster

    def reboot_cluster(self, cluster_id: str) -> SandboxCluster:
        """Reboot an available cluster."""
        cluster = self.find_cluster(cluster_id)
        self.require_status(cluster, "reboot", "available")
        self.begin(cluster, "rebooting", "reboot")
        return cluster

    def delete_cluster(
        self,
        cluster_identifier: str,
        skip_final_snapshot: bool | None = None,
        final_cluster_snapshot_identifier: str | None = None,
        final_retention_days: int | None = None,
    ) -> SandboxCluster:
        """Begin to delete a cluster, after a final snapshot unless that is skipped."""
        cluster = self.find_cluster(cluster_identifier)
        if skip_final_snapshot and final_cluster_snapshot_identifier:
            bad_combination(
                "FinalClusterSnapshotIdentifier cannot be given when SkipFinalClusterSnapshot is "
                "true."
            )
        if not skip_final_snapshot and not final_cluster_snapshot_identifier:
            bad_combination(
                "FinalClusterSnapshotIdentifier is required unless SkipFinalClusterSnapshot is "
                "specified."
            )
        self.require_status(cluster, "delete", *_DELETABLE)
        before = cluster.status
        if final_cluster_snapshot_identifier:
            name = final_cluster_snapshot_identifier
            self.snapshot_cluster(cluster, name, final_retention_days, None, final=True)
        run = LIFECYCLE.start("delete_cluster")
        cluster.activity = Activity("deleting", run, after="deleted", after_failure=before)
        return cluster

    def begin(
        self, cluster: SandboxCluster, status: str, duration: str, after: str = "available"
    ) -> None:
        """Make a cluster busy for as long as the settings say."""
        run = Run(CLOCK.now(), SETTINGS.cluster_seconds[duration], "available")
        cluster.activity = Activity(status, run, after=after)

    def require_status(self, cluster: SandboxCluster, verb: str, *allowed: str) -> None:
        """Refuse a change that the cluster's state does not allow."""
        if cluster.status in allowed:
            return
        fail(
            ErrorCode.INVALID_CLUSTER_STATE,
            f"There is an operation running on the Cluster. Please try to {verb} it at a later "
            f"time. (Cluster {cluster.cluster_identifier} is {cluster.status}.)",
        )

    def resolve_key(self, key_id: str | None) -> str:
        """Return the ARN of a key of this account; None is the key that AWS owns."""
        try:
            return resolve_key(self.account_id, self.region_name, key_id).arn
        except KeyUnusableError as error:
            bad_value(f"The parameter KmsKeyId is not valid. {error}")

    def manage_password(self, cluster: SandboxCluster) -> None:
        """Put the cluster's admin password into Secrets Manager of this account."""
        cluster.master_user_password = new_password()
        cluster.secret_arn = create_secret(
            self.account_id,
            self.region_name,
            cluster.cluster_identifier,
            cluster.master_username,
            cluster.master_user_password,
            kms_key_id=cluster.secret_key_id,
        )

    def _check_new_cluster(self, settings: dict[str, Any], *, manage_password: bool) -> None:
        name = cluster_identifier(settings["cluster_identifier"])
        settings["cluster_identifier"] = name
        self._require_new(name)
        node_type = settings["node_type"]
        if not manage_password and not settings["master_user_password"]:
            bad_combination("Give either MasterUserPassword or ManageMasterPassword=true.")
        for setting in ("port", "number_of_nodes", "automated_snapshot_retention_period"):
            if settings[setting] is not None:
                settings[setting] = int(settings[setting])
        settings["number_of_nodes"] = _number_of_nodes(settings)
        settings["port"] = port(settings["port"], node_type)
        settings["automated_snapshot_retention_period"] = automated_retention(
            settings["automated_snapshot_retention_period"], node_type
        )
        settings["tags"] = tags(settings["tags"])
        self._require_groups(settings)
        self._require_cluster_quota(settings["number_of_nodes"])

    def _require_new(self, name: str) -> None:
        if name in self.clusters:
            fail(ErrorCode.CLUSTER_ALREADY_EXISTS, f"Cluster already exists: {name}")

    def _require_groups(self, settings: dict[str, Any]) -> None:
        subnet_group = settings["cluster_subnet_group_name"]
        if subnet_group not in (None, "default") and subnet_group not in self.subnet_groups:
            fail(
                ErrorCode.CLUSTER_SUBNET_GROUP_NOT_FOUND, f"Subnet group {subnet_group} not found."
            )
        parameter_group = settings["cluster_parameter_group_name"]
        if isinstance(parameter_group, ParameterGroup):  # moto's CloudFormation hands it over whole
            parameter_group = parameter_group.name
            settings["cluster_parameter_group_name"] = parameter_group
        if parameter_group and parameter_group not in self.parameter_groups:
            fail(
                ErrorCode.CLUSTER_PARAMETER_GROUP_NOT_FOUND,
                f"ClusterParameterGroup not found: {parameter_group}",
            )

    def _require_cluster_quota(self, nodes: int) -> None:
        if len(self.clusters) >= SETTINGS.clusters:
            fail(
                ErrorCode.CLUSTER_QUOTA_EXCEEDED,
                f"The account has {len(self.clusters)} clusters; the quota is {SETTINGS.clusters}.",
            )
        held = sum(cluster.number_of_nodes for cluster in self.clusters.values())
        if held + nodes > SETTINGS.nodes:
            fail(
                ErrorCode.NUMBER_OF_NODES_QUOTA_EXCEEDED,
                f"{held} nodes and {nodes} more exceed the quota of {SETTINGS.nodes}.",
            )


def _number_of_nodes(settings: dict[str, Any]) -> int:
    kind, number = settings["cluster_type"], settings["number_of_nodes"]
    if kind not in (None, "single-node", "multi-node"):
        bad_value("Invalid cluster type. Cluster type can be one of multi-node or single-node")
    if kind == "single-node":
        return 1
    if kind == "multi-node" and (number or 0) < 2:
        bad_combination(
            "Number of nodes for cluster type multi-node must be greater than or equal to 2"
        )
    return int(number or 1)
