"""The base of the operators that ask the deployed backup function for one short action."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.amazon.aws.operators.lambda_function import LambdaInvokeFunctionOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from botocore.exceptions import ClientError

from redshift_dr.aws_errors import UNREACHABLE
from redshift_dr.config.models import ClusterConfig
from redshift_dr.errors import RunRequestError
from redshift_dr.function_log import readable_lines
from redshift_dr.hooks import BackupFunctionHook
from redshift_dr.invocation import (
    FINAL_AWS_CODES,
    NEXT_STEPS,
    UNREACHABLE_TYPE,
    Failure,
    ResponseT,
    failure_of,
    read_response,
)
from redshift_dr.links import BackupFunctionLink, ConsoleLink
from redshift_dr.run_request import PruneRequest, RunRequest
from redshift_dr.runs import BackupRun, read_run

if TYPE_CHECKING:
    from airflow.sdk import Context

FAILURE_KEY = "failure"
"""XCom key under which a failing task leaves its error and next step for the alert."""

INVOKE_CONFIG = {"read_timeout": 900, "retries": {"max_attempts": 0}}
"""Without it botocore gives up after 60 seconds and invokes the function a second time."""


class RedshiftBackupFunctionOperator(LambdaInvokeFunctionOperator):
    """Invoke one action of the backup function and believe its answer only when it is complete.

    A refusal or a wrong configuration fails the task without retries; throttling, faults and
    accidents of the runtime retry. Whatever fails, error and next step are left in the XCom
    ``failure`` for the alert.

    :param cluster: the cluster's settings; they name function, connection and region.

    IAM: ``lambda:InvokeFunction`` on the function.

    .. seealso:: :external+boto3:py:meth:`Lambda.Client.invoke`
    """

    aws_hook_class = BackupFunctionHook
    template_fields: Sequence[str] = aws_template_fields("function_name", "qualifier")
    operator_extra_links: tuple[ConsoleLink, ...] = (BackupFunctionLink(),)
    ui_color = "#f2c6a0"
    request_model: type[PruneRequest] = RunRequest
    """What a run of the operator's DAG may be asked for."""

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
            return read_run(
                self.cluster, context["dag_run"], now=datetime.now(UTC), model=self.request_model
            )
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
        outcome = self._invoke(payload, model)
        if isinstance(outcome, Failure):
            self.fail(context, outcome)
        return outcome

    def fail(
        self, context: "Context", failure: Failure, *, next_step: str | None = None
    ) -> NoReturn:
        """End the task by what the function, or AWS in its stead, has answered.

        :param next_step: what a person should do first, where the failure's own does not fit.
        :raises AirflowFailException: refused; another attempt cannot help.
        :raises AirflowException: failed; another attempt may help.
        """
        next_step = next_step or failure.next_step
        if failure.retry:
            next_step = f"{next_step} {self.what_follows(context)}"
        self.leave_failure(context, str(failure), next_step, error_type=failure.error_type)
        kind = AirflowException if failure.retry else AirflowFailException
        raise kind(f"{failure} Next step: {next_step}")

    def what_follows(self, context: "Context") -> str:
        """Whether Airflow tries again; the page, which goes out after the last try, must not say so
        when it does not."""
        ti: Any = context["ti"]
        if ti.try_number <= ti.max_tries:
            return "The task retries by itself."
        return f"No retry is left: clear {self.task_id} once the cause is gone."

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
            code, words = (error.response["Error"].get(key, "") for key in ("Code", "Message"))
            message = f"AWS did not run {self.function_name}: {words.rstrip('.')}."
            return Failure(code, message, code not in FINAL_AWS_CODES)
        except UNREACHABLE as error:
            message = f"AWS did not answer for {self.function_name}: {str(error).rstrip('.')}."
            return Failure(UNREACHABLE_TYPE, message, True)
        answer = response["Payload"].read().decode()
        outcome: ResponseT | Failure
        if "FunctionError" in response:
            outcome = failure_of(answer)
        else:
            outcome = read_response(
                answer,
                model,
                action=payload["action"],
                cluster_identifier=self.cluster.cluster_identifier,
            )
        self._show_log(response, outcome)
        return outcome

    def _show_log(self, response: Any, outcome: Any) -> None:
        expected = not isinstance(outcome, Failure) or outcome.error_type in NEXT_STEPS
        lines = self.hook.encode_log_result(response.get("LogResult", "")) or ()
        for line in readable_lines(lines, expected=expected):
            self.log.info("function: %s", line)

    def require_created(self, context: "Context", created: Any) -> None:
        """A task marked successful by hand leaves nothing that the next one could go on from."""
        if created is None:
            message = "create_snapshot left no result; was it marked by hand?"
            self.leave_failure(context, message, "Clear create_snapshot.")
            raise AirflowFailException(f"{message} Next step: clear create_snapshot.")

    def leave_failure(
        self, context: "Context", error: str, next_step: str, *, error_type: str | None = None
    ) -> None:
        """Leave error and next step for the alert.

        :param error_type: by which the alert knows a fault that other clusters have, too.
        """
        failure = {"error": error, "next_step": next_step}
        if error_type:
            failure |= {"error_type": error_type, "conn_id": str(self.aws_conn_id)}
        context["ti"].xcom_push(key=FAILURE_KEY, value=failure)
