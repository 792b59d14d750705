"""Checks of AWS's quotas: will the next snapshot and the next share be accepted. Pure."""

from collections import Counter

from redshift_backup.checks.facts import Check, Facts, failed, not_looked_at, ok, warning
from redshift_backup.fields import MAXIMUM_ACCOUNTS

# Redshift's default for manual snapshots in one account and region; AWS raises it on request.
DEFAULT_SNAPSHOT_QUOTA = 20
# Sum over the snapshots under one key, of the accounts that each is shared with; fixed.
SHARES_PER_KEY = 100
# Room for the backups of this many slots is expected; below, somebody should look.
_ROOM = 2


def needs_real_quota(manual_snapshots: int) -> bool:
    """Tell whether the default quota is too near to go by it."""
    return manual_snapshots + _ROOM >= DEFAULT_SNAPSHOT_QUOTA


def check_snapshot_quota(facts: Facts) -> Check:
    """Tell whether the account may have another manual snapshot."""
    name = "snapshot_quota"
    if facts.plan is None:
        return not_looked_at(name, "the snapshots could not be read", "permissions")
    count, told = len(facts.snapshots), facts.snapshot_quota
    quota = told or DEFAULT_SNAPSHOT_QUOTA
    source = "is the account's quota" if told else "is AWS's default quota"
    detail = f"{count} manual snapshots in account and region, {quota} {source}"
    next_step = "ask AWS for a higher quota (Service Quotas, Redshift), or prune what is not needed"
    if told is None and needs_real_quota(count):
        detail += " (the account's own is not told)"
        next_step += "; grant servicequotas:GetServiceQuota so that the real quota is looked at"
    if told is None and count > quota:
        # More than the default fit, so that the quota was raised, and nobody knows how far.
        return warning(name, detail, next_step)
    if count >= quota:
        return failed(name, detail, next_step)
    if count + _ROOM >= quota:
        return warning(name, detail, next_step)
    return ok(name, detail)


def check_accounts_per_snapshot(facts: Facts) -> Check:
    """Tell whether a snapshot that lacks a required account has room for it."""
    name = "accounts_per_snapshot"
    if facts.plan is None:
        return not_looked_at(name, "the snapshots could not be read", "permissions")
    snapshots = [row.snapshot for row in facts.plan.rows]
    fullest = max((len(one.accounts) for one in snapshots), default=0)
    detail = f"at most {fullest} accounts on one snapshot, {MAXIMUM_ACCOUNTS} is AWS's quota"
    full = [
        one.identifier
        for one in snapshots
        if len(one.accounts | facts.chain.required_accounts) > MAXIMUM_ACCOUNTS
    ]
    if full:
        return failed(
            name,
            f"{detail}: {full[0]} has no room for the required accounts",
            "revoke accounts that need it no more (share with --revoke-strangers)",
        )
    return ok(name, detail)


def check_shares_per_key(facts: Facts) -> Check:
    """Tell whether the fullest key has room for sharing another snapshot."""
    name = "shares_per_key"
    if facts.plan is None:
        return not_looked_at(name, "the snapshots could not be read", "permissions")
    shares: Counter[str] = Counter()
    for one in facts.snapshots:
        if one.kms_key_id is not None and one.kms_key_id in facts.keys:
            shares[one.kms_key_id] += len(one.accounts)
    key_id, count = max(shares.items(), key=lambda item: item[1], default=("", 0))
    needed = len(facts.chain.required_accounts)
    detail = f"at most {count} shares under one key, {SHARES_PER_KEY} is AWS's quota"
    next_step = "keep fewer snapshots, or move the cluster to a fresh customer managed key"
    if count + needed > SHARES_PER_KEY:
        return failed(name, f"{detail}: {key_id} has no room for {needed} more", next_step)
    if count + _ROOM * needed > SHARES_PER_KEY:
        return warning(name, f"{detail}: {key_id} is almost full", next_step)
    return ok(name, detail)
