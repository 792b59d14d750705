"""All checks, in the order in which a person would ask. Pure."""

from redshift_backup.checks.access import check_permissions
from redshift_backup.checks.chain import (
    check_age,
    check_creating,
    check_expired,
    check_floor,
    check_lost,
    check_strays,
)
from redshift_backup.checks.cluster import check_automated_snapshots, check_cluster
from redshift_backup.checks.evidence import check_evidence_bucket
from redshift_backup.checks.facts import Check, Facts
from redshift_backup.checks.keys import check_encryption_key, check_key_policy, check_key_state
from redshift_backup.checks.quotas import (
    check_accounts_per_snapshot,
    check_shares_per_key,
    check_snapshot_quota,
)
from redshift_backup.checks.shares import check_shares, check_strangers

CHECKS = (
    check_cluster,
    check_age,
    check_floor,
    check_shares,
    check_strangers,
    check_encryption_key,
    check_key_state,
    check_key_policy,
    check_lost,
    check_creating,
    check_strays,
    check_expired,
    check_automated_snapshots,
    check_snapshot_quota,
    check_accounts_per_snapshot,
    check_shares_per_key,
    check_permissions,
)
# The DR account's function has neither the cluster nor anybody to share with.
CHECKS_OF_COPIES = (
    check_age,
    check_floor,
    check_strangers,
    check_key_state,
    check_lost,
    check_creating,
    check_strays,
    check_expired,
    check_snapshot_quota,
    check_evidence_bucket,
    check_permissions,
)


def check_all(facts: Facts) -> list[Check]:
    """Judge the facts, always in the same order."""
    checks = CHECKS_OF_COPIES if facts.chain.is_of_copies else CHECKS
    return [check(facts) for check in checks]
