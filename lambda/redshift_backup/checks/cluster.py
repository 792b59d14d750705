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
# Of ClusterAvailabilityStatus; that of an available cluster is otherwise Available.
_UNHAPPY = ("Unavailable", "Maintenance", "Modifying", "Failed")
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
    if cluster.status == AVAILABLE and cluster.availability in _UNHAPPY:
        return warning(
            name,
            f"{identifier} is {AVAILABLE}, and its data is in state {cluster.availability}, "
            "Available expected",
            "wait until it is over, then check again; look into its events if it lasts",
        )
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
    detail = (
        f"kept for {kept_hours} hours, at least {window_hours} expected (SLOT_WINDOW_HOURS), so "
        "that a missed slot can be filled from them"
    )
    if kept_hours < window_hours:
        return failed(
            name,
            detail,
            "set AutomatedSnapshotRetentionPeriod of the cluster to "
            f"{_days(window_hours)}, better {_days(noticed_hours)} days",
        )
    if kept_hours < noticed_hours:
        detail += f"; {noticed_hours} would also leave the time until somebody notices"
    return ok(name, detail)


def _days(hours: int) -> int:
    return -(-hours // HOURS_OF_DAY)
