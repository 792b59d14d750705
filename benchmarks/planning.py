"""How fast the pure rules decide on a long shelf, beside one comparison of ages."""

from datetime import datetime, timedelta

from benchmarks.measure import interleave, seconds_of
from benchmarks.row import Context, Row
from benchmarks.shelf import CLUSTER, PREFIX, RETENTION_DAYS, TARGET, whole_seconds_now
from redshift_backup.model import MANAGED_BY, MANAGED_BY_US, Chain, Snapshot
from redshift_backup.retention import Policy, plan_prune

NAME = "planning"
POLICY = Policy(
    retention_days=RETENTION_DAYS,
    keep_weekly=4,
    keep_monthly=12,
    minimum_snapshots=2,
    maximum_age_hours=26,
    max_deletions=20,
    max_deletions_approved=200,
)


def run(context: Context) -> list[Row]:
    """Measure one plan; no AWS in it."""
    snapshots, repetitions = (100, 1) if context.quick else (10_000, 9)
    context.say(f"planning: {snapshots:,} snapshots")
    now = whole_seconds_now()
    chain = Chain(CLUSTER, PREFIX, frozenset({TARGET}))
    shelf = [_snapshot(now - timedelta(hours=number)) for number in range(snapshots)]
    limit = now - timedelta(days=RETENTION_DAYS)
    pair = interleave(
        lambda: seconds_of(lambda: plan_prune(shelf, chain, POLICY, now=now)),
        lambda: seconds_of(lambda: [one for one in shelf if one.create_time < limit]),
        repetitions,
    )
    return [
        Row(
            NAME,
            f"time, {snapshots:,} snapshots",
            pair.ours.minimum,
            pair.floor.minimum,
            "seconds",
            None,
            f"{snapshots / pair.ours.minimum:,.0f} snapshots a second; floor: the script's one "
            "comparison, while a plan gives every snapshot its verdict and reason",
            pair.ours.values,
            pair.floor.values,
        )
    ]


def _snapshot(created: datetime) -> Snapshot:
    return Snapshot(
        identifier=f"{PREFIX}-{created:%Y%m%d-%H%M%S}",
        cluster_identifier=CLUSTER,
        create_time=created,
        status="available",
        tags={MANAGED_BY: MANAGED_BY_US},
        accounts=frozenset({TARGET}),
    )
