"""The task that waits for a person's approval."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowFailException
from botocore.exceptions import ClientError

from redshift_dr.approvals import is_approved, who
from redshift_dr.aws_errors import UNREACHABLE
from redshift_dr.config.models import ClusterConfig
from redshift_dr.messages import plain_text, subject
from redshift_dr.operators.backup_function import FAILURE_KEY
from redshift_dr.topic import attributes_of, publish

if TYPE_CHECKING:
    from airflow.sdk import Context


class RedshiftApprovalOperator(ApprovalOperator):
    """Wait for a person to approve, or to reject, what the task before has planned.

    It waits in Airflow's database, holding neither a worker nor a slot of the pool, and tells the
    alert topic that it does. Rejected, it skips what comes after and the run ends well: a person
    has decided, and a page would tell what that person knows. Unanswered, it fails and pages.

    :param cluster: the cluster's settings; who may answer and for how long comes from them.
    :param asked: what the task ``asked_by`` returned: ``subject`` and ``body`` (templated).
    :param asked_by: the task to clear, with all downstream tasks, to ask again.

    IAM: ``sns:Publish`` on the topic.
    """

    template_fields: Collection[str] = ("subject", "body", "asked")
    ui_color = "#f2e6a0"

    def __init__(self, *, cluster: ClusterConfig, asked: Any, asked_by: str, **kwargs: Any) -> None:
        super().__init__(
            subject=f"Approval for {cluster.cluster_identifier}",
            response_timeout=cluster.approvals.timeout,
            assigned_users=[{"id": one, "name": one} for one in cluster.approvals.approvers],
            **kwargs,
        )
        self.cluster = cluster
        self.asked = asked
        self.asked_by = asked_by

    def execute(self, context: "Context") -> Any:
        if not self.asked:
            self._fail(context, f"{self.asked_by} left no result; was it marked by hand?")
        self.subject, self.body = self.asked["subject"], self.asked["body"]
        self._tell(context)
        return super().execute(context)

    def execute_complete(self, context: "Context", event: dict[str, Any]) -> Any:
        """Go on after the wait.

        :param event: the answer, or that there was none.
        """
        if "error" in event:
            hours = self.cluster.approvals.timeout_hours
            error = str(event["error"]).rstrip(".")
            if event["error_type"] == "timeout":
                error = f"nobody answered within {hours} hours, so nothing was changed"
            self._fail(context, f"{self.subject}: {error}.")
        answer = "Approved" if is_approved(event) else "Rejected, nothing is changed,"
        self.log.info("%s by %s at %s", answer, who(event), event["responded_at"])
        return super().execute_complete(context, event)

    def _fail(self, context: "Context", error: str) -> None:
        next_step = f"Clear {self.asked_by} with all downstream tasks to ask again."
        failure = {"error": error, "next_step": next_step}
        context["ti"].xcom_push(key=FAILURE_KEY, value=failure)
        raise AirflowFailException(f"{error} Next step: {next_step}")

    def _tell(self, context: "Context") -> None:
        """Tell the topic; the question also shows where Airflow lists required actions."""
        ti: Any = context["ti"]
        dag_id, run_id = context["dag_run"].dag_id, context["dag_run"].run_id
        facts = {
            "Question": self.subject,
            "Answer by": f"{self.cluster.approvals.timeout_hours} hours from now",
            "Answer in": ti.log_url,
            "DAG": dag_id,
            "Run": run_id,
            "Contact": self.cluster.contact,
        }
        attributes = attributes_of(
            self.cluster,
            severity="warning",
            kind="approval_wanted",
            incident=f"{dag_id}/{run_id}",
        )
        try:
            publish(
                self.cluster,
                subject=subject(f"Approval wanted: {self.subject}"),
                message=plain_text(facts),
                attributes=attributes,
            )
        except (ClientError, *UNREACHABLE) as error:
            self.log.error(
                "That approval is wanted did not reach %s: %s", self.cluster.alert_topic_arn, error
            )
