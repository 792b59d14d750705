"""Finish what other runs left: share what is kept, prune what is not, measure both."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from redshift_backup import telemetry
from redshift_backup.actions import prune
from redshift_backup.actions.share import share_snapshot
from redshift_backup.errors import BackupError, PartialFailureError, StaleChainError
from redshift_backup.invocation import Invocation
from redshift_backup.model import AVAILABLE, SOURCE_CLUSTER, Chain, Snapshot
from redshift_backup.retention import Plan, Verdict, expired, refusal
from redshift_backup.telemetry import logger

_KEPT = (Verdict.KEEP, Verdict.HELD)


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``reconcile``, for every cluster the deployment allows.

    :raises BackupError: the one thing that went wrong, or PartialFailureError for several; the
        other clusters are done by then.
    """
    reports: list[dict[str, Any]] = []
    failures: list[tuple[str, BackupError]] = []
    observed = _observe(invocation)
    remaining_clusters = list(observed)
    for cluster_identifier, snapshots in observed.items():
        if invocation.budget.is_used_up:
            break
        remaining_clusters.remove(cluster_identifier)
        one = invocation.for_cluster(cluster_identifier)
        try:
            report, errors = _reconcile(one, snapshots)
        except BackupError as error:
            failures.append((cluster_identifier, error))
            continue
        reports.append(report)
        failures += [(cluster_identifier, error) for error in errors]
    # What is logged from here on is of all clusters, not of the last.
    logger.append_keys(cluster_identifier=", ".join(observed))
    _raise_if_any(failures, done=len(reports))
    return {
        "status": "completed",
        "clusters": reports,
        "remaining": sum(report["remaining"] for report in reports) + len(remaining_clusters),
        "remaining_clusters": remaining_clusters,
    }


def _observe(invocation: Invocation) -> Mapping[str, Sequence[Snapshot] | None]:
    """Name the clusters; with patterns one describe of the account tells their snapshots too."""
    settings, requested = invocation.settings, invocation.request.cluster_identifier
    if requested is not None:
        return {requested: None}
    if not any("*" in name for name in settings.allowed_clusters):
        return dict.fromkeys(settings.allowed_clusters)
    snapshots = invocation.gateway.describe_manual_snapshots()
    names = _names(invocation, snapshots)
    names |= {name for name in settings.allowed_clusters if "*" not in name}
    chains = [invocation.request.chain(name, settings) for name in sorted(names)]
    return {
        chain.cluster_identifier: [one for one in snapshots if chain.covers(one)]
        for chain in chains
        if settings.allows_cluster(chain.cluster_identifier)
    }


def _names(invocation: Invocation, snapshots: Sequence[Snapshot]) -> set[str]:
    if invocation.request.is_of_copies:
        # The clusters that the data is of are in another account.
        tagged = {one.tags.get(SOURCE_CLUSTER, "") for one in snapshots}
        chains = [Chain.of_copies(name) for name in tagged]
        return {
            chain.cluster_identifier
            for chain in chains
            if any(chain.owns(one) for one in snapshots)
        }
    # A deleted cluster keeps its manual snapshots, so both lists name clusters.
    names = {one.identifier for one in invocation.gateway.describe_clusters()}
    return names | {one.cluster_identifier for one in snapshots}


def _reconcile(
    invocation: Invocation, snapshots: Sequence[Snapshot] | None
) -> tuple[dict[str, Any], list[BackupError]]:
    cluster = invocation.cluster_identifier
    logger.append_keys(cluster_identifier=cluster)
    if snapshots is None:
        snapshots = invocation.gateway.describe_chain(invocation.chain)
    plan = prune.recall_and_plan(invocation, snapshots)
    shared, errors, unshared = _share_kept(invocation, plan)
    declined = refusal(plan)
    if declined is None:
        # The sharing before took its time, and so did the clusters before.
        pruned = prune.apply(invocation, plan, observed_after_seconds=0.0)
    else:
        pruned = prune.Pruned(plan.refused(str(declined)), 0, 0)
        # A dead chain must not turn every hourly run into a failure: the age metric alarms.
        logger.error("ERROR: %s", declined)
        if not isinstance(declined, StaleChainError):
            errors.append(declined)
    if pruned.failed:
        errors.append(PartialFailureError(done=pruned.deleted, failed=pruned.failed))
    age = _newest_shared_age(plan, shared)
    left = expired(plan) - pruned.deleted
    _measure(cluster, age, left)
    return {
        "cluster_identifier": cluster,
        "newest_shared_age_hours": None if age is None else round(age / timedelta(hours=1), 2),
        "is_stale": plan.is_stale,
        "refusal": None if declined is None else f"{type(declined).__name__}: {declined}",
        "shared": [one.identifier for one in shared],
        "expired": left,
    } | _with_unshared(prune.describe(pruned, plan), unshared), errors


def _with_unshared(described: dict[str, Any], unshared: int) -> dict[str, Any]:
    return described | {"remaining": described["remaining"] + unshared}


def _share_kept(
    invocation: Invocation, plan: Plan
) -> tuple[list[Snapshot], list[BackupError], int]:
    """Share newest first; returns what is shared, what failed, and how many time left undone."""
    shared: list[Snapshot] = []
    errors: list[BackupError] = []
    required = plan.chain.required_accounts
    wanted = [
        row.snapshot
        for row in plan.rows
        if row.verdict in _KEPT
        and row.snapshot.status == AVAILABLE
        and not required <= row.snapshot.accounts
    ]
    for number, snapshot in enumerate(wanted):
        if invocation.budget.is_used_up:
            return shared, errors, len(wanted) - number
        try:
            outcome = share_snapshot(invocation, snapshot, plan.chain)
        except BackupError as error:
            errors.append(error)
            continue
        if plan.chain.is_good(outcome.snapshot):
            shared.append(outcome.snapshot)
    return shared, errors, 0


def _newest_shared_age(plan: Plan, shared: Sequence[Snapshot]) -> timedelta | None:
    ages = [one.age(plan.now) for one in shared]
    if plan.newest_good_age is not None:
        ages.append(plan.newest_good_age)
    return min(ages, default=None)


def _measure(cluster_identifier: str, age: timedelta | None, left: int) -> None:
    telemetry.count("ExpiredSnapshotsRemaining", left, cluster_identifier)
    if age is None:
        logger.error("ERROR: no snapshot of %s is shared as required", cluster_identifier)
        return
    telemetry.newest_shared_age(age, cluster_identifier)


def _raise_if_any(failures: Sequence[tuple[str, BackupError]], *, done: int) -> None:
    if len(failures) == 1:
        raise failures[0][1]
    if failures:
        # One cluster may fail more than once: the number keeps the names apart.
        failed = {
            f"({number}) {cluster}": f"{type(one).__name__}: {one}"
            for number, (cluster, one) in enumerate(failures, start=1)
        }
        raise PartialFailureError(done=done, failed=failed)
