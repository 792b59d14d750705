"""The requests of Redshift's query protocol, read and answered."""

from typing import Any, ClassVar

from moto.core.responses import ActionResult, EmptyResult
from moto.redshift.models import redshift_backends
from moto.redshift.responses import RedshiftResponse

from sandbox.accounts import OWN_ACCOUNT_IDS
from sandbox.clock import CLOCK
from sandbox.redshift.describing import read_filter, read_sorting, sort_key
from sandbox.redshift.errors import ErrorCode, bad_combination, fail
from sandbox.redshift.models import SandboxRedshiftBackend
from sandbox.redshift.nodes import node_configurations
from sandbox.redshift.paging import page
from sandbox.redshift.parameters import require_honoured
from sandbox.redshift.snapshot import SandboxSnapshot
from sandbox.redshift.snapshots import BATCH_LIMIT
from sandbox.redshift.state import LOCK
from sandbox.redshift.validation import account


class SnapshotResponse(RedshiftResponse):
    """Snapshots and sharing. Each method is one operation."""

    RESPONSE_KEY_PATH_TO_TRANSFORMER: ClassVar[dict[str, Any]] = {}

    @property
    def redshift_backend(self) -> SandboxRedshiftBackend:
        """The backend of the caller's account and region."""
        backend: SandboxRedshiftBackend = redshift_backends[self.current_account][self.region]
        return backend

    def call_action(self) -> Any:
        """Answer one request while nothing else changes."""
        if self.current_account in OWN_ACCOUNT_IDS:
            require_honoured(self._get_action(), dict(self.params))
        with LOCK:
            self.redshift_backend.settle()
            return super().call_action()

    def create_cluster_snapshot(self) -> ActionResult:
        """CreateClusterSnapshot."""
        return self._snapshot(
            self.redshift_backend.create_cluster_snapshot(
                self._get_param("ClusterIdentifier"),
                self._get_param("SnapshotIdentifier"),
                tags=self._get_param("Tags", []),
                retention_days=self._get_int_param("ManualSnapshotRetentionPeriod"),
            ),
            status="creating",
        )

    def describe_cluster_snapshots(self) -> ActionResult:
        """DescribeClusterSnapshots, of this account or of one that shares with it."""
        params = dict(self.params)
        wanted, (attribute, descending) = read_filter(params), read_sorting(params)
        chosen, marker = page(
            self._owner().select_snapshots(wanted, self.current_account),
            lambda snapshot: sort_key(attribute, snapshot),
            marker=params.get("Marker"),
            max_records=self._get_int_param("MaxRecords"),
            descending=descending,
        )
        now, viewer = CLOCK.now(), self.current_account
        rows = [snapshot.describe(now, viewer) for snapshot in chosen]
        return ActionResult({"Snapshots": rows, "Marker": marker})

    def delete_cluster_snapshot(self) -> ActionResult:
        """DeleteClusterSnapshot."""
        return self._snapshot(
            self.redshift_backend.delete_cluster_snapshot(
                self._get_param("SnapshotIdentifier"),
                self._get_param("SnapshotClusterIdentifier"),
            )
        )

    def batch_delete_cluster_snapshots(self) -> ActionResult:
        """BatchDeleteClusterSnapshots."""
        items = self._get_param("Identifiers", [])
        if len(items) > BATCH_LIMIT:
            fail(
                ErrorCode.BATCH_DELETE_REQUEST_SIZE_EXCEEDED,
                f"{len(items)} snapshots exceed the limit of {BATCH_LIMIT} for a batch.",
            )
        names = [
            (item["SnapshotIdentifier"], item.get("SnapshotClusterIdentifier")) for item in items
        ]
        backend = self.redshift_backend
        return ActionResult(backend.batch(names, backend.delete_cluster_snapshot))

    def modify_cluster_snapshot(self) -> ActionResult:
        """ModifyClusterSnapshot."""
        return self._snapshot(
            self.redshift_backend.modify_cluster_snapshot(
                self._get_param("SnapshotIdentifier"),
                self._get_int_param("ManualSnapshotRetentionPeriod"),
                force=self._get_bool_param("Force", False),
            )
        )

    def batch_modify_cluster_snapshots(self) -> ActionResult:
        """BatchModifyClusterSnapshots."""
        names = self._get_param("SnapshotIdentifierList", [])
        if len(names) > BATCH_LIMIT:
            fail(
                ErrorCode.BATCH_MODIFY_LIMIT_EXCEEDED,
                f"{len(names)} snapshots exceed the limit of {BATCH_LIMIT} for a batch.",
            )
        days = self._get_int_param("ManualSnapshotRetentionPeriod")
        force, backend = self._get_bool_param("Force", False), self.redshift_backend
        return ActionResult(
            backend.batch(
                [(name, None) for name in names],
                lambda name, _: backend.modify_cluster_snapshot(name, days, force=force),
            )
        )

    def copy_cluster_snapshot(self) -> ActionResult:
        """CopyClusterSnapshot."""
        return self._snapshot(
            self.redshift_backend.copy_cluster_snapshot(
                self._get_param("SourceSnapshotIdentifier"),
                self._get_param("TargetSnapshotIdentifier"),
                self._get_param("SourceSnapshotClusterIdentifier"),
                self._get_int_param("ManualSnapshotRetentionPeriod"),
            ),
            status="creating",
        )

    def authorize_snapshot_access(self) -> ActionResult:
        """AuthorizeSnapshotAccess."""
        return self._snapshot(self.redshift_backend.authorize_snapshot_access(*self._access()))

    def revoke_snapshot_access(self) -> ActionResult:
        """RevokeSnapshotAccess."""
        return self._snapshot(self.redshift_backend.revoke_snapshot_access(*self._access()))

    def create_tags(self) -> ActionResult:
        """CreateTags."""
        backend = self.redshift_backend
        backend.create_tags(self._get_param("ResourceName"), self._get_param("Tags", []))
        return EmptyResult()

    def describe_tags(self) -> ActionResult:
        """DescribeTags."""
        keys, values = self._get_param("TagKeys", []), self._get_param("TagValues", [])
        rows = [
            row
            for row in self.redshift_backend.tagged_resources(
                self._get_param("ResourceName"), self._get_param("ResourceType")
            )
            if (not keys or row["Tag"]["Key"] in keys)
            and (not values or row["Tag"]["Value"] in values)
        ]
        chosen, marker = page(
            rows,
            lambda row: (row["ResourceName"], row["Tag"]["Key"]),
            marker=self._get_param("Marker"),
            max_records=self._get_int_param("MaxRecords"),
        )
        return ActionResult({"TaggedResources": chosen, "Marker": marker})

    def describe_storage(self) -> ActionResult:
        """DescribeStorage."""
        return ActionResult(self.redshift_backend.storage())

    def describe_events(self) -> ActionResult:
        """DescribeEvents."""
        params = dict(self.params)
        events = self.redshift_backend.select_events(
            params.get("SourceIdentifier"),
            params.get("SourceType"),
            params.get("StartTime"),
            params.get("EndTime"),
            self._get_int_param("Duration"),
        )
        chosen, marker = page(
            events,
            lambda event: (event.at.timestamp(), event.kind.event_id, event.source_identifier),
            marker=params.get("Marker"),
            max_records=self._get_int_param("MaxRecords"),
        )
        return ActionResult({"Events": [event.describe() for event in chosen], "Marker": marker})

    def describe_node_configuration_options(self) -> ActionResult:
        """DescribeNodeConfigurationOptions, for a restore."""
        action = self._get_param("ActionType")
        if action != "restore-cluster":
            raise NotImplementedError(
                f"redshift:DescribeNodeConfigurationOptions for {action} is not modelled"
            )
        snapshot = self.redshift_backend.find_restorable(
            self._get_param("SnapshotIdentifier"),
            self._get_param("SnapshotArn"),
            None,
            self._get_param("OwnerAccount"),
        )
        rows = node_configurations(snapshot.size_megabytes, snapshot.facts.node_type)
        chosen, marker = page(
            rows,
            lambda row: (row["NodeType"], row["NumberOfNodes"]),
            marker=self._get_param("Marker"),
            max_records=self._get_int_param("MaxRecords"),
        )
        return ActionResult({"NodeConfigurationOptionList": chosen, "Marker": marker})

    def _owner(self) -> SandboxRedshiftBackend:
        owner = self._get_param("OwnerAccount") or self.current_account
        backend: SandboxRedshiftBackend = redshift_backends[account(owner, "OwnerAccount")][
            self.region
        ]
        backend.settle()
        return backend

    def _access(self) -> tuple[Any, Any, Any, Any]:
        other = self._get_param("AccountWithRestoreAccess")
        if not other:
            bad_combination("AccountWithRestoreAccess is required.")
        return (
            self._get_param("SnapshotIdentifier"),
            self._get_param("SnapshotArn"),
            self._get_param("SnapshotClusterIdentifier"),
            other,
        )

    def _snapshot(self, snapshot: SandboxSnapshot, status: str | None = None) -> ActionResult:
        row = snapshot.describe(CLOCK.now(), self.current_account)
        return ActionResult({"Snapshot": row | ({"Status": status} if status else {})})
