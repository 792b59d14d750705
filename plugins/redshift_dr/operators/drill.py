"""The base of the drill's operators: the run, the deployment, the intent, and failures."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from botocore.exceptions import ClientError

from redshift_dr.aws_errors import UNREACHABLE
from redshift_dr.config.drill import DrillConfig
from redshift_dr.config.models import ClusterConfig
from redshift_dr.errors import RunRequestError
from redshift_dr.hooks import EvidenceBucketHook, RedshiftDrillHook
from redshift_dr.operators.backup_function import FAILURE_KEY
from redshift_dr.restore.cluster_wait import NO_SNAPSHOTS_CODES, ClusterLook, creating_of
from redshift_dr.restore.deployment import Deployment, missing_facts, read_deployment
from redshift_dr.restore.failure import Failure
from redshift_dr.restore.intent import (
    BadIntentError,
    Intent,
    intent_key,
    read_intent,
    write_intent,
)
from redshift_dr.restore.request import Drill, read_drill
from redshift_dr.snapshot_wait import Verdict

if TYPE_CHECKING:
    from airflow.sdk import Context


class RedshiftDrillOperator(AwsBaseOperator[RedshiftDrillHook]):
    """One step of a drill, in the DR account.

    Whatever fails, error and next step are left in the XCom ``failure`` for the alert.

    :param cluster: the cluster's settings; they name connection and region.
    """

    aws_hook_class = RedshiftDrillHook
    template_fields: Sequence[str] = aws_template_fields()
    ui_color = "#b9e0c9"

    def __init__(self, *, cluster: ClusterConfig, **kwargs: Any) -> None:
        kwargs.setdefault("aws_conn_id", cluster.dr_conn_id)
        kwargs.setdefault("region_name", cluster.region_name)
        super().__init__(**kwargs)
        self.cluster = cluster

    def read_drill(self, context: "Context") -> Drill:
        """The run's identity and configuration; refused configuration fails without retries."""
        try:
            return read_drill(self.cluster, context["dag_run"])
        except RunRequestError as error:
            failure = Failure(str(error).rstrip("."), "Trigger a new run.")
            raise self.failed(context, failure) from None

    def failed(self, context: "Context", failure: Failure) -> AirflowException:
        """Leave the failure for the alert, and make the exception that the task ends with."""
        left = {"error": f"{failure.error}.", "next_step": failure.next_step}
        if failure.error_type:
            left |= {"error_type": failure.error_type, "conn_id": str(self.aws_conn_id)}
        context["ti"].xcom_push(key=FAILURE_KEY, value=left)
        kind = AirflowException if failure.retry else AirflowFailException
        return kind(str(failure))

    def require(self, context: "Context", task_id: str, result: Any) -> None:
        """A task marked successful by hand leaves nothing that the next one could go on from."""
        if not result:
            error = f"{task_id} left no result; was it marked by hand?"
            raise self.failed(context, Failure(error, f"Clear {task_id}."))

    def require_dr_account(self, context: "Context") -> str:
        """The account that the connection leads to, which must be the DR account.

        Restoring or deleting in any other account, above all the source, is never right.
        """
        account_id: str = self.hook.account_id
        if account_id == self.cluster.target_account_id:
            return account_id
        failure = Failure(
            f"connection {self.aws_conn_id} leads to account {account_id}, and the DR account of "
            f"{self.cluster.cluster_identifier} is {self.cluster.target_account_id}",
            f"Correct the connection {self.aws_conn_id}.",
        )
        raise self.failed(context, failure)

    def deployment(self, context: "Context", *needed: str) -> Deployment:
        """The facts of the deployment; fails where one that is needed is nowhere to be found."""
        connection = self.hook.conn_config
        deployment = read_deployment(
            self.cluster.drill or DrillConfig(),
            s3=connection.get_service_config(service_name="s3"),
            redshift=connection.get_service_config(service_name="redshift"),
        )
        failure = missing_facts(deployment, *needed, conn_id=self.aws_conn_id)
        if failure is not None:
            raise self.failed(context, failure)
        return deployment

    @cached_property
    def evidence_hook(self) -> EvidenceBucketHook:
        """The hook of the evidence bucket, by the same connection."""
        return EvidenceBucketHook(
            aws_conn_id=self.aws_conn_id, region_name=self.region_name, verify=self.verify
        )

    def look(self, cluster_identifier: str) -> ClusterLook:
        """Look at a cluster, and at the copies of it that are still made."""
        client = self.hook.conn
        try:
            response = client.describe_clusters(ClusterIdentifier=cluster_identifier)
            creating = self._creating(cluster_identifier)
        except ClientError as error:
            return ClusterLook.at_error(error.response)
        except UNREACHABLE as error:
            words = str(error)
            return ClusterLook(error_code=type(error).__name__, error_message=words, passing=True)
        return ClusterLook.at_response(response, creating)

    def _creating(self, cluster_identifier: str) -> list[str]:
        pages = self.hook.conn.get_paginator("describe_cluster_snapshots")
        found = pages.paginate(ClusterIdentifier=cluster_identifier, SnapshotType="manual")
        try:
            return creating_of(row for page in found for row in page["Snapshots"])
        except ClientError as error:
            if error.response["Error"]["Code"] in NO_SNAPSHOTS_CODES:
                return []
            raise

    def hook_arguments(self) -> dict[str, Any]:
        """What a trigger makes its hook of."""
        return {
            "aws_conn_id": self.aws_conn_id,
            "region_name": self.region_name,
            "verify": self.verify,
            "botocore_config": self.botocore_config,
        }

    def fail_by_event(
        self, context: "Context", event: dict[str, Any], next_step: str, *, prefer_own: bool = True
    ) -> None:
        """Fail where a wait has failed.

        :param event: see the triggers.
        :param prefer_own: whether the wait's own next step, if it names one, is the one to take.
        """
        if event["verdict"] == Verdict.READY.value:
            return
        error, _, own = event["reason"].partition(". Next step: ")
        words = f"{own[:1].upper()}{own[1:]}." if own and prefer_own else next_step
        raise self.failed(context, Failure(error, words, retry=event["retry"]))

    def read_intent(self, context: "Context", bucket: str, name: str) -> Intent | None:
        """The intent of a drill cluster, ``None`` where there is none."""
        try:
            response = self.evidence_hook.conn.get_object(Bucket=bucket, Key=intent_key(name))
            return read_intent(response["Body"].read().decode())
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise self.failed(context, _bucket_failure(bucket, error)) from error
        except BadIntentError as error:
            failure = Failure(
                f"s3://{bucket}/{intent_key(name)} is no intent: {error}",
                f"Find out who wrote it; until then nobody deletes the cluster {name}.",
            )
            raise self.failed(context, failure) from error

    def write_intent(self, context: "Context", bucket: str, intent: Intent) -> str:
        """Write an intent, and return where it is."""
        key = intent_key(intent.cluster_identifier)
        try:
            self.evidence_hook.conn.put_object(
                Bucket=bucket,
                Key=key,
                Body=write_intent(intent).encode(),
                ContentType="application/json",
            )
        except ClientError as error:
            raise self.failed(context, _bucket_failure(bucket, error)) from error
        return f"s3://{bucket}/{key}"


def _bucket_failure(bucket: str, error: ClientError) -> Failure:
    code, words = (error.response["Error"].get(key, "") for key in ("Code", "Message"))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return Failure(
        f"the evidence bucket {bucket} cannot be used: {code}: {words.rstrip('.')}",
        "Compare the bucket's name and the role's rights with the stack aca-redshift-dr.",
        retry=status >= 500 or code in ("SlowDown", "RequestTimeout"),
    )
