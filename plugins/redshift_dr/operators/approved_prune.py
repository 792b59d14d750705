"""The tasks around the approval of a prune: plan it, and apply what was approved."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowSkipException

from redshift_dr.approvals import (
    CHANGED,
    NOT_APPROVED,
    change_since,
    is_approved,
    obstacle,
    prune_question,
    refusal_of,
    who,
)
from redshift_dr.invocation import DELETION_LIMIT, Failure, PruneResponse
from redshift_dr.operators.backup_function import RedshiftBackupFunctionOperator
from redshift_dr.operators.prune import RedshiftPruneOperator
from redshift_dr.prune_report import plan_table
from redshift_dr.run_request import PruneRequest

if TYPE_CHECKING:
    from airflow.sdk import Context

ASK_AGAIN = "Clear plan_prune with all downstream tasks to see the plan of now and decide on it."


class RedshiftPlanPruneOperator(RedshiftBackupFunctionOperator):
    """Make the plan that a person has to approve; the first task, it changes nothing.

    It asks for two dry runs: as it is, and as if the plan had been approved. Only where the second
    would delete what the first refuses is there something to approve. Where the first deletes
    within the limit, or has nothing to delete, the task and all after it are skipped.

    Returns ``plan_sha256``, and ``subject`` and ``body`` of the question.
    """

    request_model = PruneRequest

    def execute(self, context: "Context") -> dict[str, Any]:
        run = self.read_run(context)
        payload = {**run.prune_payload(), "dry_run": True}
        plan = self.ask(context, payload, PruneResponse)
        if refusal_of(plan) is None:
            self.log.info("The plan:\n%s", plan_table(plan.plan))
            raise AirflowSkipException(
                "Nothing is to be approved: the plan is within the function's limit, and the next "
                "backup applies it"
            )
        as_approved = {**payload, "approved_plan_sha256": plan.plan_sha256}
        approved = self.ask(context, as_approved, PruneResponse)
        self.log.info("The plan:\n%s", plan_table(approved.plan))
        failure = obstacle(plan, approved)
        if failure is not None:
            self.fail(context, failure)
        question = prune_question(run, approved)
        return {
            "plan_sha256": approved.plan_sha256,
            "subject": question.subject,
            "body": question.body,
        }


class RedshiftPruneApprovedPlanOperator(RedshiftPruneOperator):
    """Delete exactly what was shown and approved.

    The plan is made once more before; one that is not the approved one, in whatever way, is not
    applied, and the function compares again.

    Returns what :meth:`~redshift_dr.operators.prune.RedshiftPruneOperator.prune` does.

    :param planned: what ``plan_prune`` returned (templated).
    :param approved: what ``approve_prune`` returned (templated).
    """

    request_model = PruneRequest
    template_fields: Sequence[str] = aws_template_fields(
        "function_name", "qualifier", "planned", "approved"
    )

    def __init__(self, *, planned: Any, approved: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.planned = planned
        self.approved = approved

    def execute(self, context: "Context") -> dict[str, Any]:
        run = self.read_run(context)
        if not self.planned or not is_approved(self.approved):
            error = "no approval is on record, so nothing is deleted."
            self.fail(context, Failure(NOT_APPROVED, error, retry=False))
        self.log.info("Approved by %s at %s", who(self.approved), self.approved["responded_at"])
        sha256 = self.planned["plan_sha256"]
        payload = {**run.prune_payload(), "approved_plan_sha256": sha256}
        now = self.ask(context, {**payload, "dry_run": True}, PruneResponse)
        failure = change_since(sha256, now)
        if failure is not None:
            self.fail(context, failure)
        return self.prune(context, payload)

    def fail(
        self, context: "Context", failure: Failure, *, next_step: str | None = None
    ) -> NoReturn:
        """A changed plan has to be shown again, whoever noticed it."""
        if failure.error_type in (DELETION_LIMIT, CHANGED, NOT_APPROVED):
            next_step = ASK_AGAIN
        super().fail(context, failure, next_step=next_step)
