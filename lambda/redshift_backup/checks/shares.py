"""Checks of who may restore what: nobody missing, nobody strange. Pure."""

from collections.abc import Iterable

from redshift_backup.checks.facts import Check, Facts, failed, first_of, not_looked_at, ok, warning
from redshift_backup.model import AVAILABLE
from redshift_backup.retention import Verdict


def check_shares(facts: Facts) -> Check:
    """Tell whether every snapshot that is kept can be restored by every required account."""
    name, plan = "shares", facts.plan
    if plan is None:
        return not_looked_at(name, "the snapshots could not be read", "permissions")
    kept = [
        row.snapshot
        for row in plan.rows
        if row.verdict in (Verdict.KEEP, Verdict.HELD) and row.snapshot.status == AVAILABLE
    ]
    missing = {
        one.identifier: facts.chain.required_accounts - one.accounts
        for one in kept
        if not facts.chain.required_accounts <= one.accounts
    }
    detail = f"{len(kept) - len(missing)} of {len(kept)} available snapshots are shared as required"
    if not missing:
        return ok(name, detail)
    listed = first_of(f"{one} lacks {', '.join(sorted(who))}" for one, who in missing.items())
    return failed(
        name,
        f"{detail}, {len(kept)} expected: {listed}",
        "run reconcile, which shares them, and find out who revoked or why sharing failed",
    )


def check_strangers(facts: Facts) -> Check:
    """Tell whether an account outside the allow-list may restore a snapshot of the cluster."""
    name, plan = "strangers", facts.plan
    if plan is None:
        return not_looked_at(name, "the snapshots could not be read", "permissions")
    cluster = facts.chain.cluster_identifier
    wrong = {
        one.identifier: one.accounts - facts.allowed_accounts
        for one in facts.snapshots
        if facts.chain.covers(one) and one.accounts - facts.allowed_accounts
    }
    detail = (
        f"{len(wrong)} snapshots of {cluster} are shared with an account that is not one of the "
        f"{len(facts.allowed_accounts)} allowed, 0 expected"
    )
    if not wrong:
        return ok(name, detail)
    listed = first_of(f"{one} with {', '.join(sorted(who))}" for one, who in wrong.items())
    if not wrong.keys() & {row.snapshot.identifier for row in plan.rows}:
        return warning(
            name,
            f"{detail}: {listed}; all of them are of another owner than this tool",
            "ask their owner, and revoke what is not meant (RevokeSnapshotAccess)",
        )
    return failed(
        name,
        f"{detail}: {listed}",
        f"revoke it at once ({_revoking(facts, wrong)}), and find out who shared it",
    )


def _revoking(facts: Facts, wrong: Iterable[str]) -> str:
    """Write the command; it names whom it is to leave, where that is not the required alone."""
    if facts.chain.is_of_copies:
        return "RevokeSnapshotAccess"
    left = {
        account
        for one in facts.snapshots
        if one.identifier in wrong
        for account in one.accounts & facts.allowed_accounts
    }
    named = ""
    if left - facts.chain.required_accounts:
        targets = sorted(left | facts.chain.required_accounts)
        named = "".join(f" --target-account-id {one}" for one in targets)
    return f"share SNAPSHOT{named} --revoke-strangers"
