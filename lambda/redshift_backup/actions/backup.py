"""The whole backup of a slot: create, wait, share, prune."""

from typing import Any

from redshift_backup import telemetry
from redshift_backup.actions import prune
from redshift_backup.actions.create import Ensured, ensure_snapshot
from redshift_backup.actions.share import share_snapshot
from redshift_backup.invocation import Invocation
from redshift_backup.model import AVAILABLE, Snapshot
from redshift_backup.retention import Plan, plan_prune, refusal, tag_to_leave
from redshift_backup.slots import created_tags
from redshift_backup.waiting import wait_until_available


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``backup``."""
    ensured = ensure_snapshot(invocation)
    response = _response(invocation, ensured)
    if ensured.skip_reason is not None:
        return response | {"status": "skipped", "reason": ensured.skip_reason}
    if invocation.request.dry_run:
        return response | _foresee_prune(invocation, ensured)
    assert ensured.snapshot is not None
    snapshot = wait_until_available(invocation, ensured.snapshot)
    if snapshot is None:
        reason = "the snapshot is still being made; reconcile shares it when it is available"
        return response | {"status": "pending", "reason": reason}
    if invocation.budget.is_used_up:
        reason = "time was up before the snapshot was shared; reconcile shares it"
        return response | {"status": "pending", "reason": reason}
    shared = share_snapshot(invocation, snapshot, invocation.chain)
    response |= {
        "shared": invocation.chain.is_good(shared.snapshot),
        "strangers": list(shared.plan.strangers),
        "warnings": list(shared.warnings),
    }
    # Data of a past slot says nothing on whether the chain is alive today.
    if not ensured.window.is_past(invocation.now):
        if invocation.budget.is_used_up:
            reason = "time was up before the prune; reconcile deletes what has expired"
            return response | {"status": "pending", "reason": reason}
        response |= _prune(invocation, ensured, shared.snapshot)
    elapsed_seconds = invocation.budget.elapsed_seconds()
    telemetry.seconds("BackupDuration", elapsed_seconds, invocation.cluster_identifier)
    return response


def _response(invocation: Invocation, ensured: Ensured) -> dict[str, Any]:
    accounts = invocation.request.target_account_ids
    return {
        "status": "completed",
        "snapshot_id": ensured.identifier,
        "target_account_id": accounts[0] if accounts else None,
        "target_account_ids": list(accounts),
        "shared": False,
        "cleaned_up_snapshots": 0,
        "origin": ensured.origin,
    }


def _prune(invocation: Invocation, ensured: Ensured, shared: Snapshot) -> dict[str, Any]:
    plan = _plan_without_work(invocation, ensured, shared)
    if plan is None:
        plan = prune.observe_and_plan(invocation)
    declined = refusal(plan)
    if declined is not None:
        raise declined
    prune.leave_retention(invocation, plan)
    pruned = prune.apply(invocation, plan)
    pruned.raise_if_failed()
    if plan.newest_good_age is not None:
        telemetry.newest_shared_age(plan.newest_good_age, invocation.cluster_identifier)
    return {"cleaned_up_snapshots": pruned.deleted, "remaining": pruned.remaining}


def _plan_without_work(invocation: Invocation, ensured: Ensured, shared: Snapshot) -> Plan | None:
    """Plan by the look before the snapshot was made; None unless that leaves nothing to do.

    What is deleted is decided by a look of its own, after the share: a hold may have come since.
    """
    if ensured.seen is None:
        return None
    plan = plan_prune(
        [*ensured.seen, shared], invocation.chain, invocation.policy, now=invocation.now
    )
    has_work = (
        plan.deletions or plan.is_stale or tag_to_leave(plan, invocation.settings.retention_days)
    )
    return None if has_work else plan


def _foresee_prune(invocation: Invocation, ensured: Ensured) -> dict[str, Any]:
    if ensured.window.is_past(invocation.now):
        return {"plan": []}
    plan = prune.observe_and_plan(invocation, expected=_expected(invocation, ensured))
    declined = refusal(plan)
    shown = plan if declined is None else plan.refused(str(declined))
    return {"plan": prune.rows_as_json(shown.rows, shown), "plan_sha256": plan.sha256}


def _expected(invocation: Invocation, ensured: Ensured) -> list[Snapshot]:
    if ensured.snapshot is not None:
        return []
    return [
        Snapshot(
            identifier=ensured.identifier,
            cluster_identifier=invocation.cluster_identifier,
            create_time=invocation.now,
            status=AVAILABLE,
            tags=created_tags(ensured.window, invocation.caller.request_id),
            accounts=invocation.chain.required_accounts,
        )
    ]
