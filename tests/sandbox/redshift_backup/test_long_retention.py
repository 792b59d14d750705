"""Weekly and monthly retention, through every action that prunes or judges."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_backup import handler
from tests.sandbox.redshift_backup.conftest import Shelf, name_of, ours

RULES = {"keep_weekly": 5, "keep_monthly": 3}
# A Wednesday, so that weeks and months end on days that are not today.
NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)


class _Clock(datetime):
    """The function's clock stands still at NOW."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return NOW


@pytest.fixture
def shelf_of_100(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A backup on each of the last 100 days, at noon."""
    monkeypatch.setattr(handler, "datetime", _Clock)
    shelf.configure(MAX_DELETIONS="100")
    shelf.plant([_of_day(day) for day in range(100)])
    return shelf


def _of_day(day: int) -> dict[str, Any]:
    created = NOW - timedelta(days=day)
    row = ours(timedelta(0))
    return row | {"snapshot_identifier": name_of(created), "create_time": created.isoformat()}


def _kept(shelf: Shelf) -> list[str]:
    return sorted(one["SnapshotCreateTime"].strftime("%m-%d") for one in shelf.snapshots().values())


# The last 7 days, the Sundays of the 4 weeks before this one, the ends of the 2 months before.
EXPECTED = sorted(
    {f"03-{day}" for day in range(12, 19)}
    | {"03-15", "03-08", "03-01", "02-22"}
    | {"02-28", "01-31"}
)


def test_prune_keeps_the_newest_of_each_week_and_month(shelf_of_100: Shelf) -> None:
    response = shelf_of_100.invoke({"action": "prune"} | RULES)

    assert _kept(shelf_of_100) == EXPECTED
    assert response["deleted"] == 100 - len(EXPECTED)
    reasons = {row["id"]: row["reason"] for row in response["plan"]}
    assert reasons[name_of(datetime(2026, 1, 31, 12, tzinfo=UTC))] == "newest good of month 2026-01"
    assert reasons[name_of(datetime(2026, 2, 22, 12, tzinfo=UTC))] == "newest good of week 2026-W08"


def test_reconcile_and_status_keep_weeks_and_months_after_it(shelf_of_100: Shelf) -> None:
    shelf_of_100.invoke({"action": "prune"} | RULES)

    (report,) = shelf_of_100.invoke({"action": "reconcile"})["clusters"]

    assert (report["deleted"], report["expired"]) == (0, 0)
    assert shelf_of_100.invoke({"action": "status"})["expired"] == 0
    assert _kept(shelf_of_100) == EXPECTED


def test_backup_keeps_weeks_and_months_and_leaves_them_to_reconcile(
    shelf_of_100: Shelf,
) -> None:
    shelf_of_100.create_cluster()
    shelf_of_100.lifecycle("snapshot", 0)
    slot = NOW.isoformat()

    # The slot's snapshot is there already, so that the backup adopts it, shares and prunes.
    response = shelf_of_100.invoke({"action": "backup", "slot": slot} | RULES)

    assert (response["origin"], response["cleaned_up_snapshots"]) == (
        "adopted",
        100 - len(EXPECTED),
    )
    assert _kept(shelf_of_100) == EXPECTED
    (report,) = shelf_of_100.invoke({"action": "reconcile"})["clusters"]
    assert (report["deleted"], _kept(shelf_of_100)) == (0, EXPECTED)


def test_a_week_has_only_what_is_shared(shelf_of_100: Shelf) -> None:
    sunday = name_of(datetime(2026, 2, 22, 12, tzinfo=UTC))
    shelf_of_100.redshift.revoke_snapshot_access(
        SnapshotIdentifier=sunday, AccountWithRestoreAccess="058264155998"
    )

    shelf_of_100.invoke({"action": "prune"} | RULES)

    # An unshared snapshot is no backup: the newest shared one of that week stands for it.
    assert _kept(shelf_of_100) == sorted({*EXPECTED, "02-21"} - {"02-22"})


def test_an_adopted_snapshot_stands_for_its_month(shelf_of_100: Shelf) -> None:
    row = _of_day(100 + 10) | {"snapshot_identifier": "by-hand-november", "tags": {}}
    shelf_of_100.plant([row])
    shelf_of_100.invoke({"action": "prune", "keep_monthly": 5})

    response = shelf_of_100.invoke(
        {"action": "adopt", "snapshot_ids": ["by-hand-november"], "dry_run": False}
    )

    (shown,) = response["plan"]
    assert (shown["prune_verdict"], shown["prune_reason"]) == (
        "keep",
        "newest good of month 2025-11",
    )
    shelf_of_100.invoke({"action": "reconcile"})
    assert "by-hand-november" in shelf_of_100.snapshots()
