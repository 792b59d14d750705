"""Tell what there is of a cluster's chain. Changes nothing."""

from datetime import timedelta
from typing import Any

from redshift_backup.actions.prune import recall_and_plan
from redshift_backup.invocation import Invocation
from redshift_backup.model import ORIGIN, VERIFIED_RESULT, iso_utc
from redshift_backup.retention import Plan, Row, expired


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``status``."""
    snapshots = invocation.gateway.describe_chain(invocation.chain)
    plan = recall_and_plan(invocation, snapshots)
    age = plan.newest_good_age
    return {
        "status": "completed",
        "newest_shared_age_hours": None if age is None else round(age / timedelta(hours=1), 2),
        "is_stale": plan.is_stale,
        "good_snapshots": sum(plan.chain.is_good(row.snapshot) for row in plan.rows),
        "expired": expired(plan),
        "required_accounts": sorted(plan.chain.required_accounts),
        "snapshots": [_as_json(row, plan) for row in plan.rows],
    }


def _as_json(row: Row, plan: Plan) -> dict[str, Any]:
    snapshot = row.snapshot
    return {
        "id": snapshot.identifier,
        "slot": iso_utc(snapshot.slot) if snapshot.slot else None,
        "snapshot_status": snapshot.status,
        "origin": snapshot.tags.get(ORIGIN),
        "age_days": round(snapshot.age(plan.now) / timedelta(days=1), 2),
        "shared_with": sorted(snapshot.accounts),
        "is_good": plan.chain.is_good(snapshot),
        "verified_result": snapshot.tags.get(VERIFIED_RESULT),
        "verdict": row.verdict.value,
        "reason": row.reason,
    }
