"""The base of the operators that ask the deployed backup function for one short action."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.providers.amazon.aws.operators.lambda_function import LambdaInvokeFunctionOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from botocore.exceptions import ClientError

from redshift_dr.aws_errors import UNREACHABLE
from redshift_dr.config.models import ClusterConfig
from redshift_dr.errors import RunRequestError
from redshift_dr.invocation import (
    FINAL_AWS_CODES,
    CreateResponse,
    Failure,
    PruneResponse,
    ShareResponse,
    failure_of,
    read_response,
)
from redshift_dr.links import BackupFunctionLink
from redshift_dr.runs import BackupRun, read_run

if TYPE_CHECKING:
    from airflow.sdk import Context

FAILURE_KEY = "failure"
"""XCom key under which a failing task leaves its error and next step for the alert."""

INVOKE_CONFIG = {"read_timeout": 900, "retries": {"max_attempts": 0}}
"""Without it botocore gives up after 60 seconds and invokes the function a second time."""

ResponseT = TypeVar("ResponseT", CreateResponse, ShareResponse, PruneResponse)


class RedshiftBackupFunctionOperator(LambdaInvokeFunctionOperator):
    """Invoke one action of the backup function and believe its answer only when it is complete.

    A refusal or a wrong configuration fails the task without retries; throttling, faults and
    accidents of the runtime retry. Whatever fails, error and next step are left in the XCom
    ``failure`` for the alert.

    :param cluster: the cluster's settings; they name function, connection and region.

    IAM: ``lambda:InvokeFunction`` on the function.

    .. seealso:: :external+boto3:py:meth:`Lambda.Client.invoke`
    """

    template_fields: Sequence[str] = aws_template_fields("function_name", "qualifier")
    operator_extra_links = (BackupFunctionLink(),)
    ui_color = "#f2c6a0"

    def __init__(self, *, cluster: ClusterConfig, **kwargs: Any) -> None:
        super().__init__(
            function_name=cluster.function_name,
            log_type="Tail",
            keep_empty_log_lines=False,
            aws_conn_id=cluster.source_conn_id,
            region_name=cluster.region_name,
            botocore_config=INVOKE_CONFIG,
            **kwargs,
        )
        self.cluster = cluster

    def read_run(self, context: "Context") -> BackupRun:
        """The run's identity and configuration; refused configuration fails without retries."""
        try:
            return read_run(self.cluster, context["dag_run"], now=datetime.now(UTC))
        except RunRequestError as error:
            self.leave_failure(
                context, str(error), "Trigger a new run with a correct configuration."
            )
            raise AirflowFailException(str(error)) from None

    def ask(self, context: "Context", payload: dict[str, Any], model: type[ResponseT]) -> ResponseT:
        """Invoke the function once.

        :raises AirflowFailException: refused; another attempt cannot help.
        :raises AirflowException: failed; another attempt may help.
        """
        BackupFunctionLink.persist(
            context=context,
            operator=self,
            region_name=self.cluster.region_name,
            aws_partition=self.cluster.partition,
            function_name=self.function_name,
        )
        outcome = self._invoke(payload, model)
        if not isinstance(outcome, Failure):
            return outcome
        self.leave_failure(context, f"{outcome.error_type}: {outcome.message}", outcome.next_step)
        raise (AirflowException if outcome.retry else AirflowFailException)(str(outcome))

    def _invoke(self, payload: dict[str, Any], model: type[ResponseT]) -> ResponseT | Failure:
        self.log.info("Asking %s: %s", self.function_name, json.dumps(payload))
        try:
            response = self.hook.invoke_lambda(
                function_name=self.function_name,
                log_type=self.log_type,
                payload=json.dumps(payload),
                qualifier=self.qualifier,
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return Failure(code, f"{error}.", code not in FINAL_AWS_CODES)
        except UNREACHABLE as error:
            return Failure(type(error).__name__, f"{error}.", True)
        for line in self.hook.encode_log_result(response.get("LogResult", "")) or ():
            self.log.info("function log: %s", line)
        answer = response["Payload"].read().decode()
        if "FunctionError" in response:
            return failure_of(answer)
        return read_response(
            answer,
            model,
            action=payload["action"],
            cluster_identifier=self.cluster.cluster_identifier,
        )

    def require_created(self, context: "Context", created: Any) -> None:
        """A task marked successful by hand leaves nothing that the next one could go on from."""
        if created is None:
            message = "create_snapshot left no result; was it marked by hand?"
            self.leave_failure(context, message, "Clear create_snapshot.")
            raise AirflowFailException(f"{message} Next step: clear create_snapshot.")

    def leave_failure(self, context: "Context", error: str, next_step: str) -> None:
        """Leave error and next step for the alert."""
        context["ti"].xcom_push(key=FAILURE_KEY, value={"error": error, "next_step": next_step})
