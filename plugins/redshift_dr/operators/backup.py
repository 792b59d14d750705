"""The first steps of a backup: make the snapshot, and share it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from redshift_dr.invocation import CreateResponse, HoldResponse, ShareResponse
from redshift_dr.links import (
    BackupFunctionLink,
    ClusterLink,
    SharedSnapshotsLink,
    SnapshotsLink,
)
from redshift_dr.operators.backup_function import RedshiftBackupFunctionOperator
from redshift_dr.runs import BackupRun, iso

if TYPE_CHECKING:
    from airflow.sdk import Context


class RedshiftCreateSnapshotOperator(RedshiftBackupFunctionOperator):
    """Make the snapshot of the run's slot; the first task, so it also refuses a bad configuration.

    A second run of the same slot adopts the snapshot that is there, or replaces it if it failed.
    Returns the function's answer with ``slot``, ``past_slot`` and ``skip_reason``: one XCom, since
    each is a call to Airflow's API.
    """

    operator_extra_links = (BackupFunctionLink(), ClusterLink())

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
    operator_extra_links = (BackupFunctionLink(), SnapshotsLink(), SharedSnapshotsLink())

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
