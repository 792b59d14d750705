"""Snapshots, chains and policies for tests of the pure rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from redshift_backup.model import MANAGED_BY, MANAGED_BY_US, SLOT, Chain, Snapshot, iso_utc
from redshift_backup.retention import Policy
from redshift_backup.slots import identifier_for

NOW = datetime(2026, 3, 18, 14, 30, 22, tzinfo=UTC)
SOURCE = "164543933824"
TARGET = "058264155998"
CLUSTER = "orders"
PREFIX = "orders-lambda-snapshot"
CHAIN = Chain(CLUSTER, PREFIX, frozenset({TARGET}))
POLICY = Policy(
    retention_days=7,
    keep_weekly=0,
    keep_monthly=0,
    minimum_snapshots=2,
    maximum_age_hours=26,
    max_deletions=20,
    max_deletions_approved=200,
)


def policy(**changes: Any) -> Policy:
    return replace(POLICY, **changes)


def snapshot(
    *,
    days: float = 0.0,
    hours: float = 0.0,
    status: str = "available",
    accounts: tuple[str, ...] = (TARGET,),
    tags: dict[str, str] | None = None,
    identifier: str | None = None,
    cluster: str = CLUSTER,
    snapshot_type: str = "manual",
    now: datetime = NOW,
) -> Snapshot:
    """One of our snapshots, this old at ``now``."""
    created = now - timedelta(days=days, hours=hours)
    own = {MANAGED_BY: MANAGED_BY_US, SLOT: iso_utc(created)}
    return Snapshot(
        identifier=identifier or identifier_for(PREFIX, created),
        cluster_identifier=cluster,
        create_time=created,
        status=status,
        snapshot_type=snapshot_type,
        tags=own | (tags or {}),
        accounts=frozenset(accounts),
    )
