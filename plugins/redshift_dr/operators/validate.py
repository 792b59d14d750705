"""Checks a restored cluster: its inventory, SQL checks, freshness."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowFailException

from redshift_dr.config.drill import DrillConfig
from redshift_dr.config.fleet import find_configuration
from redshift_dr.config.models import ClusterConfig
from redshift_dr.errors import CheckFilesError
from redshift_dr.operators.backup_function import FAILURE_KEY
from redshift_dr.validation.baselines import read_baseline
from redshift_dr.validation.checks import Check, reason_of, table_of, verdict_of
from redshift_dr.validation.data_api import DataApi
from redshift_dr.validation.hooks import QUERY_CONFIG, BaselineHook, WarehouseHook

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redshift_dr.validation.check_files import SqlCheck

RETURN_KEY = "return_value"
CHECKS_FOLDER = "validation"


class RedshiftValidateOperator(AwsBaseOperator[WarehouseHook]):
    """Run every check of the restored cluster, and fail when one fails; after all have run.

    The result is there as XCom in both cases, with counts and never a value of a row. A failed
    check does not retry: the restored data stays what it is.

    :param cluster: the source cluster's settings, with ``drill``.
    :param selected: what ``select_snapshot`` returned (templated).
    :param restored: what ``restore_cluster`` returned (templated).
    :param available: what ``wait_for_cluster`` returned (templated).
    :param checks_folder: folder of the ``.sql`` files; ``validation/<cluster>``, or
        what ``drill.checks_folder`` says, beside ``clusters.yaml`` where absent.

    Returns ``result``, ``started_at``, ``finished_at``, ``validation_seconds``, ``statements`` and
    ``checks``. It only reads, so a second run is harmless.

    IAM: ``redshift-data:ExecuteStatement`` and ``redshift:GetClusterCredentials`` on the restored
    cluster, ``redshift-data:DescribeStatement``, ``GetStatementResult`` and ``CancelStatement``,
    ``s3:GetObject`` on ``baselines/*`` of the evidence bucket.

    .. seealso:: :external+boto3:py:meth:`RedshiftDataAPIService.Client.execute_statement`
    """

    aws_hook_class = WarehouseHook
    template_fields: Sequence[str] = aws_template_fields("selected", "restored", "available")
    ui_color = "#d9ead3"

    def __init__(
        self,
        *,
        cluster: ClusterConfig,
        selected: Any,
        restored: Any,
        available: Any,
        checks_folder: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            aws_conn_id=cluster.dr_conn_id,
            region_name=cluster.region_name,
            botocore_config=QUERY_CONFIG,
            **kwargs,
        )
        self.cluster = cluster
        self.selected = selected
        self.restored = restored
        self.available = available
        self.checks_folder = checks_folder

    def execute(self, context: "Context") -> dict[str, Any]:
        for task_id, result in (
            ("select_snapshot", self.selected),
            ("restore_cluster", self.restored),
            ("wait_for_cluster", self.available),
        ):
            if not result:
                error = f"{task_id} left no result; was it marked by hand?"
                self._fail(context, error, f"Clear {task_id}.")
        sql_checks = self._read_files(context)
        started_at, started = datetime.now(UTC), time.monotonic()
        checks, statements = self._run(sql_checks)
        self.log.info("%d statements:\n%s", statements, table_of(checks))
        result = {
            "result": verdict_of(checks),
            "started_at": _iso(started_at),
            "finished_at": _iso(datetime.now(UTC)),
            "validation_seconds": round(time.monotonic() - started, 3),
            "statements": statements,
            "checks": [check.as_dict() for check in checks],
        }
        if result["result"] == "failed":
            context["ti"].xcom_push(key=RETURN_KEY, value=result)
            self._fail(context, reason_of(checks), "Read the evidence, then docs/validation.md.")
        return result

    def _read_files(self, context: "Context") -> "tuple[SqlCheck, ...]":
        # The SQL parser takes a moment to import, and every parse of the DAG file comes by here.
        from redshift_dr.validation.check_files import load_checks

        try:
            return load_checks(self._folder(context))
        except CheckFilesError as error:
            self._fail(context, str(error), "Correct the files and trigger a new run.")

    def _folder(self, context: "Context") -> Path:
        from redshift_dr.validation.check_files import missing_folder

        if self.checks_folder:
            return Path(self.checks_folder)
        dags_folder = Path(context["dag"].fileloc).parent
        beside = find_configuration(dags_folder).parent
        folder = beside / CHECKS_FOLDER / self.cluster.checks_folder
        missing = missing_folder(folder, self.cluster.cluster_identifier)
        if missing:
            self._fail(context, f"{missing}.", "Correct it and trigger a new run.")
        return folder

    def _run(self, sql_checks: "tuple[SqlCheck, ...]") -> tuple[list[Check], int]:
        from redshift_dr.validation.suite import Suite, run_suite

        drill = self.cluster.drill or DrillConfig()
        store = BaselineHook(aws_conn_id=self.aws_conn_id, region_name=self.region_name)
        suite = Suite(
            drill,
            datetime.fromisoformat(self.selected["snapshot_create_time"]),
            read_baseline(
                store.conn,
                self.restored["evidence_bucket"],
                cluster_identifier=self.cluster.cluster_identifier,
                snapshot_id=self.selected["snapshot_id"],
            ),
            sql_checks,
        )
        api = DataApi(
            self.hook.conn,
            cluster_identifier=self.restored["drill_cluster_identifier"],
            database=drill.database,
            db_user=drill.db_user,
        )
        return run_suite(suite, api), api.statements

    def _fail(self, context: "Context", error: str, next_step: str) -> NoReturn:
        failure = {"error": error, "next_step": next_step}
        context["ti"].xcom_push(key=FAILURE_KEY, value=failure)
        raise AirflowFailException(f"{error} Next step: {next_step}")


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
