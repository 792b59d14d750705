"""The first step of a drill: which snapshot is restored."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from redshift_dr.operators.drill import RedshiftDrillOperator
from redshift_dr.restore.explanations import AwsError
from redshift_dr.restore.failure import Failure
from redshift_dr.restore.request import Drill
from redshift_dr.restore.selection import Choice, select_snapshot
from redshift_dr.snapshot_wait import NOT_FOUND_CODES, PASSING_CODES

if TYPE_CHECKING:
    from airflow.sdk import Context


class RedshiftSelectSnapshotOperator(RedshiftDrillOperator):
    """Choose the snapshot as the DR account itself sees it: the one named, else the newest.

    What the DR account does not see cannot be restored there, whatever the source account says. A
    snapshot over the maximum age fails the drill: no restore can be newer than it. It is the first
    task, so it also refuses a bad configuration. Looking changes nothing; a second run is harmless.

    IAM: ``redshift:DescribeClusterSnapshots``.

    .. seealso:: :external+boto3:py:meth:`Redshift.Client.describe_cluster_snapshots`
    """

    def execute(self, context: "Context") -> dict[str, Any]:
        drill = self.read_drill(context)
        choice = Choice(
            cluster_identifier=self.cluster.cluster_identifier,
            source_account_id=self.cluster.source_account_id,
            dr_account_id=self.require_dr_account(context),
            snapshot_id=drill.request.snapshot_id,
            maximum_age_hours=drill.maximum_age_hours,
        )
        found = select_snapshot(self._visible(context, drill), choice, now=datetime.now(UTC))
        if isinstance(found, Failure):
            raise self.failed(context, found)
        self.log.info(
            "snapshot %s of %s, %.1f hours old (%s allowed), %s nodes of %s",
            found["snapshot_id"],
            found["snapshot_create_time"],
            found["age_hours"],
            found["maximum_age_hours"],
            found["number_of_nodes"],
            found["node_type"],
        )
        return found

    def _visible(self, context: "Context", drill: Drill) -> list[dict[str, Any]]:
        asked = {"ClusterIdentifier": self.cluster.cluster_identifier}
        if drill.request.snapshot_id:
            asked = {"SnapshotIdentifier": drill.request.snapshot_id}
        pages = self.hook.conn.get_paginator("describe_cluster_snapshots")
        try:
            found = pages.paginate(OwnerAccount=self.cluster.source_account_id, **asked)
            return [row for page in found for row in page["Snapshots"]]
        except ClientError as error:
            answer = AwsError.of(error.response)
            if answer.code in NOT_FOUND_CODES or answer.code == "ClusterNotFound":
                return []
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            failure = Failure(
                f"account {self.cluster.target_account_id} cannot look at the snapshots of "
                f"account {self.cluster.source_account_id} ({answer})",
                "Compare the role of the connection with RestoreRole of the stack aca-redshift-dr.",
                retry=answer.code in PASSING_CODES or status >= 500,
                error_type=answer.code,
            )
            raise self.failed(context, failure) from error
