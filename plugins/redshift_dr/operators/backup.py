"""The three changing steps of a backup: create, share, prune."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from redshift_dr.invocation import CreateResponse, HoldResponse, PruneResponse, ShareResponse
from redshift_dr.operators.backup_function import RedshiftBackupFunctionOperator
from redshift_dr.prune_report import plan_table
from redshift_dr.runs import BackupRun, iso, reason_not_to_prune

if TYPE_CHECKING:
    from airflow.sdk import Context


class RedshiftCreateSnapshotOperator(RedshiftBackupFunctionOperator):
    """Make the snapshot of the run's slot; the first task, so it also refuses a bad configuration.

    A second run of the same slot adopts the snapshot that is there, or replaces it if it failed.
    Returns the function's answer with ``slot``, ``past_slot`` and ``skip_reason``: one XCom, since
    each is a call to Airflow's API.
    """

    def execute(self, context: "Context") -> dict[str, Any]:
        run = self.read_run(context)
        if run.request.snapshot_id:
            self.log.info("No new snapshot: the run shares %s", run.request.snapshot_id)
            return {
                "snapshot_id": run.request.snapshot_id,
                "slot": None,
                "past_slot": run.past_slot,
                "exists": True,
                "skip_reason": "dry run: nothing to wait for" if run.request.dry_run else None,
            }
        response = self.ask(context, run.create_payload(), CreateResponse)
        answer = {
            **response.model_dump(mode="json", by_alias=True),
            "slot": iso(run.slot),
            "past_slot": run.past_slot,
            "exists": not run.request.dry_run or response.origin == "adopted",
            "skip_reason": None,
        }
        if response.status == "skipped":
            answer["skip_reason"] = f"no snapshot was made: {response.reason}"
        elif run.request.dry_run:
            answer["skip_reason"] = f"dry run: {response.snapshot_id} would be made, nothing was"
        made = f"snapshot {response.snapshot_id} of slot {iso(run.slot)}: {response.origin}"
        self.log.info("%s", answer["skip_reason"] or made)
        return answer


class RedshiftShareSnapshotOperator(RedshiftBackupFunctionOperator):
    """Share the run's snapshot with its target accounts.

    :param created: what ``create_snapshot`` returned (templated).
    :param waited: what ``wait_for_snapshot`` returned, ``None`` where it was skipped (templated).

    Sharing twice is harmless. Where the run asks for a hold, the snapshot is held once it is
    shared: here, because this task runs for every snapshot, also where nothing is pruned after it,
    and a task of its own would cost every run its start. Holding twice for one reason is harmless.

    Returns the function's answer with the facts of the asset event, and ``hold``: what became of
    it, ``None`` where none was asked for.
    """

    template_fields: Sequence[str] = aws_template_fields(
        "function_name", "qualifier", "created", "waited"
    )

    def __init__(self, *, created: Any, waited: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.created = created
        self.waited = waited

    def execute(self, context: "Context") -> dict[str, Any]:
        run = self.read_run(context)
        self.require_created(context, self.created)
        if not self.created["exists"] or self.created.get("status") == "skipped":
            raise AirflowSkipException(self._would_be(run))
        snapshot_id = self.created["snapshot_id"]
        response = self.ask(context, run.share_payload(snapshot_id), ShareResponse)
        for warning in response.warnings:
            self.log.warning("%s", warning)
        if not response.shared and not run.request.dry_run:
            message = f"{snapshot_id} is not shared with all of {', '.join(run.target_account_ids)}"
            self.leave_failure(
                context, message, f"Read the function's log. {self.what_follows(context)}"
            )
            raise AirflowException(f"{message}; the function's log says why")
        self.log.info(
            "snapshot %s %s with %s",
            snapshot_id,
            "would be shared" if run.request.dry_run else "is shared",
            ", ".join(run.target_account_ids),
        )
        return {
            **response.model_dump(mode="json", by_alias=True),
            "hold": self._hold(context, run, snapshot_id),
            "asset_event": {
                "snapshot_id": snapshot_id,
                "cluster_identifier": self.cluster.cluster_identifier,
                "slot": (self.waited or {}).get("slot") or self.created["slot"],
                "source_account_id": self.cluster.source_account_id,
                "target_account_ids": list(run.target_account_ids),
            },
        }

    def _would_be(self, run: BackupRun) -> str:
        accounts = ", ".join(run.target_account_ids)
        text = f"{self.created['skip_reason']}; it would be shared with {accounts}"
        reason = run.request.hold_reason
        return f"{text} and held for {reason!r}" if reason else text

    def _hold(self, context: "Context", run: BackupRun, snapshot_id: str) -> dict[str, Any] | None:
        if run.request.hold_reason is None:
            return None
        response = self.ask(context, run.hold_payload(snapshot_id), HoldResponse)
        if not response.held and not run.request.dry_run:
            message = f"{snapshot_id} is shared and is not held for {response.reason!r}"
            self.leave_failure(
                context, message, f"Read the function's log. {self.what_follows(context)}"
            )
            raise AirflowException(f"{message}; the function's log says why")
        done = "is held" if response.held else "would be held"
        self.log.info(
            "snapshot %s %s for %r%s",
            snapshot_id,
            done,
            response.reason,
            "" if response.changed else ", as it was before",
        )
        return {
            "reason": response.reason,
            "held": response.held,
            "changed": response.changed,
        }


class RedshiftPruneSnapshotsOperator(RedshiftBackupFunctionOperator):
    """Remove what the retention lets go, after the run's own snapshot is confirmed shared.

    The function bounds its own time and says what remains; it is asked again, at most
    ``max_rounds`` times, and a round that removes nothing of what remains ends in an error.

    :param confirmed: what ``wait_for_share`` returned, ``None`` where it was skipped (templated).
    :param created: what ``create_snapshot`` returned (templated).
    :param asset: the shared snapshots of the cluster; its events tell which slot is the newest.
    :param max_rounds: bound on invocations.

    Returns ``plan`` of the first round, ``plan_sha256``, ``remaining`` and ``status`` of the last,
    and over all of them ``rounds`` and ``cleaned_up_snapshots``, the number removed.
    """

    template_fields: Sequence[str] = aws_template_fields(
        "function_name", "qualifier", "confirmed", "created"
    )
    EVENTS_LOOKED_AT = 50

    def __init__(
        self, *, confirmed: Any, created: Any, asset: Asset, max_rounds: int = 50, **kwargs: Any
    ) -> None:
        super().__init__(inlets=[asset], **kwargs)
        self.confirmed = confirmed
        self.created = created
        self.asset = asset
        self.max_rounds = max_rounds

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
        return self._prune(context, run)

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

    def _prune(self, context: "Context", run: BackupRun) -> dict[str, Any]:
        plan: list[dict[str, Any]] = []
        deleted = 0
        for number in range(1, self.max_rounds + 1):
            response = self.ask(context, run.prune_payload(), PruneResponse)
            if number == 1:
                plan = response.plan
                self.log.info("The plan:\n%s", plan_table(plan))
            deleted += response.deleted
            text = f"round {number}: removed {response.deleted}, remaining {response.remaining}"
            self.log.info("%s", f"{text}. {response.reason}" if response.reason else text)
            if response.remaining == 0 or run.request.dry_run:
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
