"""Facts about an account in which all is in order, for tests that break one thing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from redshift_backup.checks.chain import overdue
from redshift_backup.checks.doctor import check_all
from redshift_backup.checks.facts import Check, CheckStatus, Facts
from redshift_backup.model import Cluster, KeyFacts, Snapshot
from redshift_backup.retention import Policy, plan_prune
from tests.unit.redshift_backup.builders import CHAIN, CLUSTER, NOW, POLICY, TARGET, snapshot

KEY = "arn:aws:kms:us-east-1:164543933824:key/1"
ADMITTING = {
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{TARGET}:root"},
        "Action": "kms:Decrypt",
    }
}
KEY_FACTS = KeyFacts(KEY, manager="CUSTOMER", state="Enabled", policy=ADMITTING)
HEALTHY_CLUSTER = Cluster(CLUSTER, "available", True, KEY, 3)


def facts(
    *rows: Snapshot, policy: Policy = POLICY, others: Sequence[Snapshot] = (), **changes: Any
) -> Facts:
    """Facts of a healthy cluster whose chain holds these snapshots, else two fresh ones."""
    snapshots = [*(rows or (snapshot(hours=1), snapshot(hours=25))), *others]
    plan = plan_prune(snapshots, CHAIN, policy, now=NOW)
    healthy = Facts(
        chain=CHAIN,
        cluster=HEALTHY_CLUSTER,
        keys={KEY: KEY_FACTS},
        plan=plan,
        overdue=overdue(snapshots, plan),
        snapshots=snapshots,
        allowed_accounts=frozenset({TARGET}),
        slot_window_hours=24,
        maximum_age_hours=policy.maximum_age_hours,
    )
    return replace(healthy, **changes)


def judged(found: Facts) -> dict[str, Check]:
    """Return the checks by name; a check that asks for action says which."""
    checks = check_all(found)
    assert len({one.name for one in checks}) == len(checks)
    assert all(bool(one.next_step) is (one.status is not CheckStatus.OK) for one in checks)
    return {one.name: one for one in checks}


def unhealthy(found: Facts) -> dict[str, str]:
    """Return the status of every check that is not OK, by name."""
    return {name: one.status.value for name, one in judged(found).items() if one.status != "OK"}
