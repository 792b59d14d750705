"""Each rule on the copies that the DR account owns, by its name."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from redshift_backup.checks.quotas import DEFAULT_SNAPSHOT_QUOTA
from redshift_backup.errors import StaleChainError
from redshift_backup.model import (
    MANAGED_BY,
    MANAGED_BY_US,
    SLOT,
    SOURCE_CLUSTER,
    Chain,
    Snapshot,
    iso_utc,
)
from redshift_backup.retention import Verdict, plan_prune, refusal
from redshift_backup.slots import identifier_for
from tests.unit.redshift_backup.builders import CLUSTER, NOW, policy

COPIES = Chain.of_copies(CLUSTER)
# As the DR stack deploys it: a copy a week.
WEEKLY = policy(retention_days=90, maximum_age_hours=170)


def copy(created: datetime, source: str = CLUSTER) -> Snapshot:
    """One copy, which a restore test of that instant left."""
    return Snapshot(
        identifier=identifier_for(f"{source}-dr", created),
        cluster_identifier=f"drill-{source}-{int(created.timestamp()) % 16**8:08x}",
        create_time=created,
        status="available",
        tags={MANAGED_BY: MANAGED_BY_US, SOURCE_CLUSTER: source, SLOT: iso_utc(created)},
    )


def weeks(count: int) -> list[Snapshot]:
    return [copy(NOW - timedelta(weeks=back, hours=2)) for back in range(count)]


def retagged(one: Snapshot, **tags: str) -> Snapshot:
    changed = {f"redshift-backup:{key.replace('_', '-')}": value for key, value in tags.items()}
    return replace(one, tags={**one.tags, **changed})


def verdicts(snapshots: Sequence[Snapshot]) -> dict[str, Verdict]:
    plan = plan_prune(snapshots, COPIES, WEEKLY, now=NOW)
    assert refusal(plan) is None
    return {row.snapshot.identifier: row.verdict for row in plan.rows}


def test_copies_are_grouped_by_the_cluster_that_their_tag_names() -> None:
    of_orders, of_stock = copy(NOW), copy(NOW, "stock")

    assert COPIES.owns(of_orders)
    assert not COPIES.owns(of_stock)
    assert not COPIES.owns(retagged(of_orders, source_cluster="stock"))


def test_a_copy_is_one_of_a_restore_test_only() -> None:
    assert not COPIES.owns(replace(copy(NOW), cluster_identifier=CLUSTER))
    assert not COPIES.owns(replace(copy(NOW), cluster_identifier="drill-1"))


def test_a_shared_snapshot_of_the_source_is_never_a_copy() -> None:
    # AWS does not show its tags to the DR account; if it ever does, it is none all the same.
    shared = Snapshot(
        identifier=identifier_for(f"{CLUSTER}-dr", NOW),
        cluster_identifier=CLUSTER,
        create_time=NOW,
        status="available",
        tags={MANAGED_BY: MANAGED_BY_US, SOURCE_CLUSTER: CLUSTER},
    )

    assert not COPIES.owns(shared)


@pytest.mark.parametrize("name", ["orders-dr-20260101", "my-orders-dr-20260101-000000", "orders"])
def test_a_copy_has_the_whole_name_of_one(name: str) -> None:
    assert not COPIES.owns(replace(copy(NOW), identifier=name))


def test_a_copy_of_another_maker_is_none_of_ours() -> None:
    assert not COPIES.owns(retagged(copy(NOW), managed_by="another"))


def test_the_source_accounts_chain_goes_by_the_cluster_and_not_by_the_tag() -> None:
    assert not Chain(CLUSTER, f"{CLUSTER}-dr").owns(copy(NOW))


def test_floor_newest_and_retention_are_of_the_source_cluster() -> None:
    old = [copy(NOW - timedelta(days=100 + day)) for day in range(3)]
    fresh = copy(NOW - timedelta(days=6))

    found = verdicts([fresh, *old, copy(NOW, "stock")])

    assert found == {
        fresh.identifier: Verdict.KEEP,
        old[0].identifier: Verdict.KEEP,
        old[1].identifier: Verdict.DELETE,
        old[2].identifier: Verdict.DELETE,
    }


def test_the_copies_are_stale_by_the_cadence_of_restore_tests() -> None:
    plan = plan_prune([copy(NOW - timedelta(hours=171))], COPIES, WEEKLY, now=NOW)

    assert isinstance(refusal(plan), StaleChainError)
    assert set(verdicts(weeks(3)).values()) == {Verdict.KEEP}


def test_a_year_of_weekly_copies_never_reaches_the_quota() -> None:
    held: list[Snapshot] = []
    most = 0
    for week in range(53):
        now = NOW + timedelta(weeks=week)
        held.append(copy(now - timedelta(hours=2)))
        most = max(most, len(held))
        plan = plan_prune(held, COPIES, WEEKLY, now=now)
        assert refusal(plan) is None
        held = [one for one in held if one not in plan.deletions]
        assert all(now - one.create_time < timedelta(days=90) for one in held)
        assert len(held) == min(week + 1, 13)

    assert most == 14
    assert most < DEFAULT_SNAPSHOT_QUOTA
