"""The tasks that release a hold early: show what follows, and release."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from redshift_dr.approvals import (
    NOT_APPROVED,
    hold_changed,
    is_approved,
    release_question,
    who,
)
from redshift_dr.errors import RunRequestError
from redshift_dr.invocation import Failure, ReleaseResponse
from redshift_dr.operators.backup_function import RedshiftBackupFunctionOperator
from redshift_dr.run_request import ReleaseRequest, read_request

if TYPE_CHECKING:
    from airflow.sdk import Context

ASK_AGAIN = "Clear plan_release with all downstream tasks to see the hold of now and decide on it."


class RedshiftReleaseOperator(RedshiftBackupFunctionOperator):
    """The base of what releases: the run's request, and the function's action."""

    def read_release(self, context: "Context") -> ReleaseRequest:
        """What the run was asked for; a refused configuration fails without retries."""
        dag_run: Any = context["dag_run"]
        try:
            return read_request(ReleaseRequest, dag_run.conf or {})
        except RunRequestError as error:
            self.leave_failure(
                context, str(error), "Trigger a new run with a correct configuration."
            )
            raise AirflowFailException(str(error)) from None

    def release(
        self, context: "Context", request: ReleaseRequest, *, dry_run: bool
    ) -> ReleaseResponse:
        """Ask the function to release, or to tell what would follow."""
        payload: dict[str, Any] = {
            "action": "release",
            "cluster_identifier": self.cluster.cluster_identifier,
            "correlation_id": context["dag_run"].run_id,
            "snapshot_id": request.snapshot_id,
            "reason": request.reason,
        }
        if dry_run:
            payload["dry_run"] = True
        return self.ask(context, payload, ReleaseResponse)


class RedshiftPlanReleaseOperator(RedshiftReleaseOperator):
    """Show the hold, and what the next prune does with the snapshot without it; changes nothing.

    A snapshot that is not held skips this task and all after it.

    Returns ``held_for``, and ``subject`` and ``body`` of the question.
    """

    def execute(self, context: "Context") -> dict[str, Any]:
        request = self.read_release(context)
        found = self.release(context, request, dry_run=True)
        if found.held_for is None:
            raise AirflowSkipException(f"Nothing is released: {found.snapshot_id} is not held")
        question = release_question(self.cluster.cluster_identifier, request, found)
        self.log.info("%s\n%s", question.subject, question.body)
        return {
            "held_for": found.held_for,
            "subject": question.subject,
            "body": question.body,
        }


class RedshiftReleaseHoldOperator(RedshiftReleaseOperator):
    """Release the hold that was shown, and where approvals are configured, approved.

    The hold is looked at once more before: one for another reason, set meanwhile, stays.

    Returns ``snapshot_id, held_for, prune_verdict, prune_reason``.

    :param planned: what ``plan_release`` returned (templated).
    :param approved: what ``approve_release`` returned, ``None`` where nobody is asked (templated).
    """

    template_fields: Sequence[str] = aws_template_fields(
        "function_name", "qualifier", "planned", "approved"
    )

    def __init__(self, *, planned: Any, approved: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.planned = planned
        self.approved = approved

    def execute(self, context: "Context") -> dict[str, Any]:
        request = self.read_release(context)
        by = self._who(context)
        failure = hold_changed(
            self.planned["held_for"], self.release(context, request, dry_run=True)
        )
        if failure is not None:
            self.fail(context, failure, next_step=ASK_AGAIN)
        released = self.release(context, request, dry_run=False)
        self.log.info(
            "%s is no longer held for %r%s; the next prune: %s, %s",
            released.snapshot_id,
            released.held_for,
            by,
            released.prune_verdict or "not known",
            released.prune_reason,
        )
        fields = {"snapshot_id", "held_for", "prune_verdict", "prune_reason"}
        return released.model_dump(mode="json", include=fields)

    def _who(self, context: "Context") -> str:
        """Who approved, as the end of a sentence; fails where somebody has to and nobody did."""
        needs_approval = self.cluster.approvals.release
        if not self.planned or (needs_approval and not is_approved(self.approved)):
            error = "no approval is on record, so nothing is released."
            self.fail(context, Failure(NOT_APPROVED, error, retry=False), next_step=ASK_AGAIN)
        return f", approved by {who(self.approved)}" if needs_approval else ""
