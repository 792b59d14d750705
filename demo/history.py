"""Two weeks that came before: what would be on the shelf if the backups had run all along. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

CLUSTER_IDENTIFIER = "aca-redshift-cluster"
DAYS = 14
HELD_DAYS = 30
TAG = "redshift-backup"


@dataclass(frozen=True)
class OlderSnapshot:
    """One snapshot to put on the shelf, and what must become of it.

    :param expires: True if the run under test must remove it.
    """

    row: dict[str, Any]
    expires: bool

    @property
    def snapshot_id(self) -> str:
        """Its identifier."""
        identifier: str = self.row["snapshot_identifier"]
        return identifier


def older_snapshots(
    now: datetime, *, source_account_id: str, target_account_id: str, retention_days: int
) -> list[OlderSnapshot]:
    """Return two weeks of daily shared backups, one on hold, and one that is not ours.

    The daily ones were taken at the full hour two to three hours before this time of day, so that
    none changes its side of the retention while the demonstration runs.

    :param now: aware UTC.
    :param retention_days: what the function is deployed with.
    """
    newest = (now - timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)

    def row(taken: datetime, identifier: str, tags: dict[str, str]) -> dict[str, Any]:
        return {
            "account_id": source_account_id,
            "cluster_identifier": CLUSTER_IDENTIFIER,
            "snapshot_identifier": identifier,
            "create_time": taken.isoformat(),
            "type": "manual",
            "status": "available",
            "tags": tags,
            "shared_with": [target_account_id],
        }

    def ours(days: int, **more: str) -> dict[str, Any]:
        taken = newest - timedelta(days=days)
        tags = {
            f"{TAG}:managed-by": TAG,
            f"{TAG}:slot": taken.strftime("%Y-%m-%dT%H:%M:%SZ"),
            f"{TAG}:origin": "created",
            f"{TAG}:request-id": f"history-{days:02d}",
            **{f"{TAG}:{name}": value for name, value in more.items()},
        }
        return row(taken, f"aca-lambda-snapshot-{taken:%Y%m%d-%H%M%S}", tags)

    daily = [
        OlderSnapshot(ours(days), expires=days >= retention_days) for days in range(1, DAYS + 1)
    ]
    held = OlderSnapshot(ours(HELD_DAYS, hold="annual audit: ask finance"), expires=False)
    foreign = OlderSnapshot(
        row(newest - timedelta(days=60), "before-the-upgrade", {"owner": "another-team"}),
        expires=False,
    )
    return [*daily, held, foreign]
