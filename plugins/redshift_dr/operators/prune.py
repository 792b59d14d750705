"""The last step of a backup: prune, or ask a person whether so much may be pruned."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Asset
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    DagRunTriggerException,
)

from redshift_dr.approvals import PRUNE_APPROVAL, dag_id_of
from redshift_dr.invocation import DELETION_LIMIT, Failure, PruneResponse
from redshift_dr.operators.backup_function import RedshiftBackupFunctionOperator
from redshift_dr.prune_report import plan_table
from redshift_dr.runs import BackupRun, reason_not_to_prune

if TYPE_CHECKING:
    from airflow.sdk import Context


class RedshiftPruneOperator(RedshiftBackupFunctionOperator):
    """The base of what prunes: ask the function again until nothing remains.

    The function bounds its own time and says what remains; it is asked again, at most
    ``max_rounds`` times, and a round that removes nothing of what remains ends in an error.

    :param max_rounds: bound on invocations.
    """

    def __init__(self, *, max_rounds: int = 50, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_rounds = max_rounds

    def prune(self, context: "Context", payload: dict[str, Any]) -> dict[str, Any]:
        """Prune, in rounds.

        :param payload: of every round.
        :return: ``plan`` of the first round, ``plan_sha256``, ``remaining`` and ``status`` of the
            last, and over all of them ``rounds`` and ``cleaned_up_snapshots``, the number removed.
        """
        plan: list[dict[str, Any]] = []
        deleted = 0
        for number in range(1, self.max_rounds + 1):
            response = self.ask(context, payload, PruneResponse)
            if number == 1:
                plan = response.plan
                self.log.info("The plan:\n%s", plan_table(plan))
            deleted += response.deleted
            text = f"round {number}: removed {response.deleted}, remaining {response.remaining}"
            self.log.info("%s", f"{text}. {response.reason}" if response.reason else text)
            if response.remaining == 0 or payload.get("dry_run"):
                return {
                    "status": response.status,
                    "cluster_identifier": response.cluster_identifier,
                    "cleaned_up_snapshots": deleted,
                    "plan": plan,
                    "plan_sha256": response.plan_sha256,
                    "remaining": response.remaining,
                    "rounds": number,
                }
            if response.deleted == 0:
                break
        message = (
            f"prune stopped after round {number} of at most {self.max_rounds}: removed {deleted}, "
            f"{response.remaining} expired remain."
        )
        self.leave_failure(
            context, message, f"Read the reasons in the plan. {self.what_follows(context)}"
        )
        raise AirflowException(message)


class RedshiftPruneSnapshotsOperator(RedshiftPruneOperator):
    """Remove what the retention lets go, after the run's own snapshot is confirmed shared.

    Where the plan deletes more than one run may, nothing is deleted. With ``approvals.prune`` a run
    of the cluster's DAG for approvals is started, with what this run was asked for, and this one
    ends well: its backup is made and shared, and no later one waits for a person. Without it the
    task fails.

    Returns what :meth:`RedshiftPruneOperator.prune` does; nothing where approval was asked for.

    :param confirmed: what ``wait_for_share`` returned, ``None`` where it was skipped (templated).
    :param created: what ``create_snapshot`` returned (templated).
    :param asset: the shared snapshots of the cluster; its events tell which slot is the newest.
    """

    template_fields: Sequence[str] = aws_template_fields(
        "function_name", "qualifier", "confirmed", "created"
    )
    EVENTS_LOOKED_AT = 50

    def __init__(self, *, confirmed: Any, created: Any, asset: Asset, **kwargs: Any) -> None:
        super().__init__(inlets=[asset], **kwargs)
        self.confirmed = confirmed
        self.created = created
        self.asset = asset

    def execute(self, context: "Context") -> dict[str, Any]:
        run = self.read_run(context)
        self.require_created(context, self.created)
        if self.created.get("status") == "skipped":
            reason = self.created["skip_reason"]
        else:
            reason = reason_not_to_prune(
                run, self._event_slots(context), past_slot=self.created["past_slot"]
            )
        if reason:
            raise AirflowSkipException(f"Nothing is pruned: {reason}")
        self._require_confirmation(context, run)
        return self.prune(context, run.prune_payload())

    def fail(
        self, context: "Context", failure: Failure, *, next_step: str | None = None
    ) -> NoReturn:
        """Ask a person where the limit is all that is in the way, else fail."""
        run = self.read_run(context)
        if (
            failure.error_type == DELETION_LIMIT
            and self.cluster.approvals.prune
            and not run.request.approved_plan_sha256
        ):
            self._ask_for_approval(context, run, failure)
        super().fail(context, failure, next_step=next_step)

    def _ask_for_approval(self, context: "Context", run: BackupRun, failure: Failure) -> None:
        dag_id = dag_id_of(PRUNE_APPROVAL, self.cluster.cluster_identifier)
        ti: Any = context["ti"]
        if ti.get_dag(dag_id).is_paused:
            self.log.error("%s is paused, so nobody can be asked: unpause it", dag_id)
            return
        self.log.warning("%s", failure)
        self.log.info("Nothing is pruned by this run: %s asks a person", dag_id)
        raise DagRunTriggerException(
            trigger_dag_id=dag_id,
            # Another one for each try: a task that is cleared asks again.
            dag_run_id=f"approval__{run.correlation_id}__{ti.try_number}",
            conf=run.prune_conf(),
            logical_date=None,
            reset_dag_run=False,
            skip_when_already_exists=True,
            wait_for_completion=False,
            allowed_states=[],
            failed_states=[],
            poke_interval=0,
            deferrable=False,
            note=f"asked for by {context['dag_run'].dag_id}, run {run.correlation_id}",
        )

    def _event_slots(self, context: "Context") -> list[datetime]:
        events = context["inlet_events"][self.asset].ascending(False).limit(self.EVENTS_LOOKED_AT)
        slots = [(event.extra or {}).get("slot") for event in events]
        return [datetime.fromisoformat(slot) for slot in slots if slot]

    def _require_confirmation(self, context: "Context", run: BackupRun) -> None:
        """Prune never runs before the run's own snapshot is seen from the DR account."""
        if run.request.dry_run:
            return
        seen = (self.confirmed or {}).get("snapshot_id")
        if seen != self.created["snapshot_id"]:
            message = (
                f"Nothing is pruned: wait_for_share confirmed {seen or 'no snapshot'}, this run "
                f"made {self.created['snapshot_id']}. Next step: clear wait_for_share."
            )
            self.leave_failure(context, message, "Clear wait_for_share.")
            raise AirflowFailException(message)
