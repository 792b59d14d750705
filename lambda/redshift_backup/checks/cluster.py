"""Checks of the cluster: can it be backed up, and does Redshift itself keep enough. Pure."""

from redshift_backup.checks.facts import Check, Facts, failed, not_looked_at, ok, warning
from redshift_backup.model import AVAILABLE

# States that end by themselves: the next backup waits or is retried.
_PASSING = (
    "available, prep-for-resize",
    "available, resize-cleanup",
    "cancelling-resize",
    "creating",
    "modifying",
    "rebooting",
    "renaming",
    "resizing",
    "resuming",
    "rotating-keys",
    "updating-hsm",
)
HOURS_OF_DAY = 24


def check_cluster(facts: Facts) -> Check:
    """Tell whether a snapshot of the cluster can be made."""
    name, cluster = "cluster", facts.cluster
    identifier = facts.chain.cluster_identifier
    if "redshift:DescribeClusters" in facts.denied:
        return not_looked_at(name, "the cluster could not be read", "permissions")
    if cluster is None:
        return failed(
            name,
            f"0 clusters are named {identifier}, 1 expected",
            "correct CLUSTER_IDENTIFIER or the option --cluster-identifier; if the cluster was "
            "deleted, stop its backups and hold the snapshots that have to stay",
        )
    detail = f"{identifier} is {cluster.status}, a snapshot needs it {AVAILABLE}"
    if cluster.status == AVAILABLE:
        return ok(name, f"{identifier} is {AVAILABLE}")
    if cluster.status in _PASSING:
        return warning(name, detail, "wait until it is over, then check again")
    if cluster.status in ("paused", "pausing"):
        return failed(name, detail, "resume it (ResumeCluster), or back it up before each pause")
    return failed(name, detail, "look into the cluster's events and mend it")


def check_automated_snapshots(facts: Facts) -> Check:
    """Tell whether a missed slot can still be filled when somebody notices it."""
    name, cluster = "automated_snapshots", facts.cluster
    if cluster is None:
        return not_looked_at(name, "no cluster", "cluster")
    kept_hours = cluster.automated_retention_days * HOURS_OF_DAY
    window_hours = facts.slot_window_hours
    noticed_hours = window_hours + facts.maximum_age_hours
    wanted_days = -(-noticed_hours // HOURS_OF_DAY)
    detail = (
        f"kept for {cluster.automated_retention_days} days ({kept_hours} hours), a missed slot is "
        f"filled from them: {window_hours} hours expected for its window, {noticed_hours} with "
        "the time until it is noticed"
    )
    next_step = f"set AutomatedSnapshotRetentionPeriod of the cluster to {wanted_days}"
    if kept_hours < window_hours or kept_hours == 0:
        return failed(name, detail, next_step)
    if kept_hours < noticed_hours:
        return warning(name, detail, next_step)
    return ok(name, detail)
