"""Which part of a long proof runs today: a tenth each day, and all of it in ten days."""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

ALL_PROOFS = "REDSHIFT_DR_ALL_PROOFS"
DAYS = 10

_Item = TypeVar("_Item")


def on_turn(items: Sequence[_Item], days: int = DAYS, *, today: date | None = None) -> list[_Item]:
    """Return the cases whose turn it is; each has its turn once in so many days.

    Neighbours have different days, so that every day has some of each kind.

    :param today: default: the day in UTC, so that all processes of a run agree.
    """
    if all_proofs():
        return list(items)
    return list(items[_turn(days, today) :: days])


def all_proofs() -> bool:
    """Tell whether all cases were asked for."""
    return os.environ.get(ALL_PROOFS) == "1"


def told(days: int = DAYS, *, today: date | None = None) -> str:
    """Say which part ran, and how to run all of it."""
    if all_proofs():
        return "fault sweep and mutation check: all cases ran"
    return (
        f"fault sweep and mutation check: part {_turn(days, today) + 1} of {days} ran, as every "
        f"{days} days; {ALL_PROOFS}=1 make test-slow runs all of them, and so do "
        "python -m tests.sweep and python -m tests.mutation"
    )


def _turn(days: int, today: date | None) -> int:
    return (today or datetime.now(UTC).date()).toordinal() % days
