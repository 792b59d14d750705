"""Quotas and durations of the sandbox's Redshift that a test may change."""

from dataclasses import dataclass, field


def _cluster_seconds() -> dict[str, float]:
    return {
        "create": 0.0,
        "pause": 0.0,
        "resume": 0.0,
        "modify": 0.0,
        "rename": 0.0,
        "rotate_key": 3.0,
        "resize": 3.0,
        "reboot": 3.0,
    }


@dataclass
class Settings:
    """What an account may have in a region, and how long a cluster is busy with each change.

    Defaults are the quotas of the management guide (snapshots adjustable, the two for sharing
    fixed). A cluster is created at once, because a client's waiter asks again only after a minute.
    """

    manual_snapshots: int = 20
    accounts_per_snapshot: int = 20
    accounts_per_key: int = 100
    clusters: int = 100
    nodes: int = 200
    tags_per_resource: int = 50
    automated_snapshot_hours: float = 8.0
    block_deletion_of_restored_snapshots: bool = False
    cluster_seconds: dict[str, float] = field(default_factory=_cluster_seconds)

    def reset(self) -> None:
        """Return to the defaults, in place."""
        self.__init__()  # type: ignore[misc]


SETTINGS = Settings()
