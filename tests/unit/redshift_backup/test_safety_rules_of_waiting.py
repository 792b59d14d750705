"""Each rule that ends a wait, by its name: no wait goes on for what will not come."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from redshift_backup.budget import Budget
from redshift_backup.errors import NotFoundError, SnapshotFailedError
from redshift_backup.model import Snapshot
from redshift_backup.waiting import wait_until_available
from tests.unit.redshift_backup.builders import snapshot

CREATING = snapshot(status="creating")


@dataclass
class Waiting:
    """The part of an invocation that a wait uses: looks from a list, the last one for ever."""

    looks: list[Snapshot | None]
    slept: list[float] = field(default_factory=list)
    seconds: float = 800

    def __post_init__(self) -> None:
        self.gateway = self
        self.budget = Budget(self.seconds, sleep=self.slept.append, monotonic=lambda: 0.0)
        self._answers: Iterator[Snapshot | None] = iter(self.looks)

    def describe_snapshot(self, _identifier: str) -> Snapshot | None:
        return next(self._answers, self.looks[-1])


def wait(invocation: Any) -> Snapshot | None:
    return wait_until_available(invocation, CREATING)


@pytest.mark.parametrize("status", ["failed", "cancelled", "deleted", "deleting"])
def test_a_snapshot_that_will_never_be_available_ends_the_wait_at_once(status: str) -> None:
    waiting = Waiting([replace(CREATING, status=status)])

    with pytest.raises(SnapshotFailedError, match=status):
        wait(waiting)

    assert waiting.slept == [1]


def test_a_snapshot_that_stays_unknown_ends_the_wait_after_a_minute() -> None:
    waiting = Waiting([None])

    with pytest.raises(NotFoundError, match=r"unknown 60 seconds after|unknown 6\d seconds"):
        wait(waiting)


def test_a_snapshot_that_shows_late_is_waited_for() -> None:
    available = replace(CREATING, status="available")

    assert wait(Waiting([None, CREATING, available])) == available


def test_a_wait_ends_with_the_time_and_without_an_error() -> None:
    waiting = Waiting([CREATING], seconds=100)

    assert wait(waiting) is None
    assert sum(waiting.slept) <= 80
