"""The two weeks before: what is put on the shelf, and what must become of it."""

from datetime import UTC, datetime, timedelta

import pytest

from demo.history import older_snapshots

NOW = datetime(2026, 3, 15, 12, 34, 56, tzinfo=UTC)


def history(now: datetime = NOW, retention_days: int = 7):
    return older_snapshots(
        now,
        source_account_id="164543933824",
        target_account_id="058264155998",
        retention_days=retention_days,
    )


def test_there_are_fourteen_daily_backups_of_ours():
    daily = [older.row for older in history() if older.snapshot_id.startswith("aca-lambda-")]
    times = [datetime.fromisoformat(row["create_time"]) for row in daily[:14]]
    assert {earlier - later for later, earlier in zip(times[1:], times, strict=False)} == {
        timedelta(days=1)
    }
    assert daily[0]["snapshot_identifier"] == "aca-lambda-snapshot-20260314-100000"
    assert daily[0]["tags"]["redshift-backup:managed-by"] == "redshift-backup"
    assert daily[0]["tags"]["redshift-backup:slot"] == "2026-03-14T10:00:00Z"


@pytest.mark.parametrize(
    ("retention_days", "expired"), [(1, 14), (7, 8), (13, 2), (14, 1), (15, 0)]
)
def test_what_is_as_old_as_the_retention_expires(retention_days: int, expired: int):
    rows = history(retention_days=retention_days)
    assert sum(older.expires for older in rows) == expired
    for older in rows[:14]:
        age = NOW - datetime.fromisoformat(older.row["create_time"])
        assert older.expires == (age >= timedelta(days=retention_days))


@pytest.mark.parametrize("minute", [0, 59])
def test_no_snapshot_changes_its_side_while_the_demonstration_runs(minute: int):
    now = NOW.replace(minute=minute, second=59)
    for older in history(now)[:14]:
        into_its_day = (now - datetime.fromisoformat(older.row["create_time"])) % timedelta(days=1)
        assert timedelta(hours=1) < into_its_day < timedelta(hours=23)


def test_held_and_foreign_snapshots_never_expire():
    held, foreign = history()[14:]
    assert held.row["tags"]["redshift-backup:hold"]
    assert not held.expires
    assert "redshift-backup:managed-by" not in foreign.row["tags"]
    assert not foreign.expires
