"""Records what a cluster holds around the beginning of its snapshot, to compare a restore with."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowException, AirflowSkipException
from botocore.exceptions import BotoCoreError, ClientError

from redshift_dr.config.drill import DrillConfig
from redshift_dr.config.models import ClusterConfig
from redshift_dr.errors import DeploymentError, RedshiftDrError, RunRequestError
from redshift_dr.runs import read_run
from redshift_dr.validation.baselines import after_document, after_key, before_key, write_once
from redshift_dr.validation.data_api import DataApi
from redshift_dr.validation.hooks import QUERY_CONFIG, BaselineHook, WarehouseHook
from redshift_dr.validation.inventory import Inventory
from redshift_dr.validation.taking import Patience, take_inventory

if TYPE_CHECKING:
    from airflow.sdk import Context

DEADLINE_SECONDS = 60
"""For a whole inventory: the snapshot waits for the first one."""


class RedshiftRecordInventoryOperator(AwsBaseOperator[WarehouseHook]):
    """Record schemas, tables, columns and row counts in the evidence bucket; never fail a backup.

    Whatever goes wrong is a warning in the log, and the task is skipped: the restore test then says
    ``not comparable``. Dry runs, runs of past slots and runs that make no snapshot are skipped too.

    :param cluster: the cluster's settings; ``drill`` names connection, database and user.
    :param moment: ``before`` the snapshot begins, or ``after`` it began.
    :param created: for ``after``: what ``create_snapshot`` returned (templated).
    :param before: for ``after``: what the first inventory's task returned (templated).
    :param deadline_seconds: for the whole inventory; tables not counted by then say so.

    The first inventory of a run counts: a second attempt writes nothing. Returns ``key``,
    ``tables``, ``rows``, ``uncounted`` and ``statements``.

    IAM: ``redshift-data:ExecuteStatement`` and ``redshift:GetClusterCredentials`` on the cluster,
    ``redshift-data:DescribeStatement``, ``GetStatementResult`` and ``CancelStatement``,
    ``s3:PutObject`` on ``baselines/*`` of the evidence bucket and its key.

    .. seealso:: :external+boto3:py:meth:`RedshiftDataAPIService.Client.execute_statement`
    """

    aws_hook_class = WarehouseHook
    template_fields: Sequence[str] = aws_template_fields("created", "before")
    ui_color = "#d9ead3"

    def __init__(
        self,
        *,
        cluster: ClusterConfig,
        drill: DrillConfig,
        moment: Literal["before", "after"],
        created: Any = None,
        before: Any = None,
        deadline_seconds: float = DEADLINE_SECONDS,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            aws_conn_id=drill.inventory_conn_id,
            region_name=cluster.region_name,
            botocore_config=QUERY_CONFIG,
            **kwargs,
        )
        self.cluster = cluster
        self.drill = drill
        self.moment = moment
        self.created = created
        self.before = before
        self.deadline_seconds = deadline_seconds

    def execute(self, context: "Context") -> dict[str, Any]:
        reason = self._reason_not_to(context)
        if reason:
            raise AirflowSkipException(f"No inventory: {reason}")
        try:
            return self._record(context)
        except (BotoCoreError, ClientError, RedshiftDrError, AirflowException) as error:
            self.log.warning(
                "No inventory %s the snapshot; the backup goes on, and a restore of it will be "
                "'not comparable'. %s: %s. Next step: docs/validation.md, section Setting up",
                self.moment,
                type(error).__name__,
                error,
            )
            raise AirflowSkipException("The inventory was not recorded") from None

    def _reason_not_to(self, context: "Context") -> str | None:
        try:
            run = read_run(self.cluster, context["dag_run"], now=datetime.now(UTC))
        except RunRequestError:
            return "the run's configuration is refused; create_snapshot says why"
        if run.request.dry_run:
            return "dry run"
        if run.request.snapshot_id:
            return f"the run only shares the existing snapshot {run.request.snapshot_id}"
        if self.moment == "before":
            return f"a snapshot of the past is promoted: {run.past_slot}" if run.past_slot else None
        if not self.created or self.created.get("status") == "skipped":
            return "create_snapshot made no snapshot"
        if self.created.get("origin") == "promoted":
            return f"{self.created['snapshot_id']} is of the past"
        return None if self.before else "none was recorded before the snapshot"

    def _record(self, context: "Context") -> dict[str, Any]:
        bucket, name = self._bucket, self.cluster.cluster_identifier
        api = DataApi(
            self.hook.conn,
            cluster_identifier=name,
            database=self.drill.database,
            db_user=self.drill.db_user,
        )
        patience = Patience(self.deadline_seconds, api.clock() + self.deadline_seconds)
        inventory = take_inventory(api, patience, self.drill.concurrency)
        document = inventory.as_document()
        if self.moment == "before":
            key = before_key(name, context["dag_run"].run_id)
        else:
            key = after_key(name, self.created["snapshot_id"])
            document = after_document(inventory, self.before["key"])
        written = write_once(self._store.conn, bucket, key, document)
        self._tell(inventory, f"s3://{bucket}/{key}", written=written)
        return {
            "key": key,
            "tables": len(inventory.tables),
            "rows": inventory.row_count,
            "uncounted": inventory.uncounted,
            "statements": api.statements,
        }

    def _tell(self, inventory: Inventory, uri: str, *, written: bool) -> None:
        self.log.info("%d tables, %d rows", len(inventory.tables), inventory.row_count)
        for (schema, table), found in inventory.tables.items():
            if found.reason:
                self.log.warning("%s.%s was not counted: %s", schema, table, found.reason)
        if written:
            self.log.info("Recorded at %s", uri)
        else:
            self.log.info("%s is there already and stays: the first inventory counts", uri)

    @cached_property
    def _store(self) -> BaselineHook:
        return BaselineHook(aws_conn_id=self.aws_conn_id, region_name=self.region_name)

    @property
    def _bucket(self) -> str:
        service = self._store.conn_config.get_service_config("s3")
        bucket = self.drill.evidence_bucket or service.get("bucket_name")
        if not bucket:
            raise DeploymentError(
                f"No evidence bucket: neither drill.evidence_bucket of "
                f"{self.cluster.cluster_identifier} in clusters.yaml nor service_config.s3."
                f"bucket_name in the extra of the connection {self.aws_conn_id}"
            )
        return str(bucket)
