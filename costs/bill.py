"""A month's bill: quantities by prices that the user gives. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from costs.shelf import Shelf

HOURS_PER_MONTH = 730.0
WEEKS_PER_MONTH = 365.0 / 12 / 7


@dataclass(frozen=True)
class Prices:
    """What the user pays, in one currency; None where the user gave no price.

    :ivar snapshot_gb_month: of manual snapshots of Redshift.
    :ivar aws_backup_gb_month: of the same data in AWS Backup.
    :ivar node_hour: of one node of a cluster that a restore test restores.
    :ivar alarm_month: of one CloudWatch alarm.
    :ivar key_month: of one KMS key.
    """

    snapshot_gb_month: float | None = None
    aws_backup_gb_month: float | None = None
    node_hour: float | None = None
    alarm_month: float | None = None
    key_month: float | None = None


@dataclass(frozen=True)
class Habits:
    """How the snapshots are made and tested.

    :ivar kept: how many snapshots a cluster has once the retention is reached.
    :ivar test_hours: how long the cluster of one weekly restore test lives; 0 for no tests.
    :ivar alarms: of both stacks.
    :ivar keys: of both stacks.
    """

    kept: int
    test_hours: float
    alarms: int
    keys: int


@dataclass(frozen=True)
class Line:
    """One line of the bill.

    :ivar cost: None where a price is missing.
    :ivar aws_backup: what AWS Backup would take for the same, None where it cannot be told.
    """

    what: str
    quantity: float
    unit: str
    cost: float | None
    aws_backup: float | None = None


def bill(shelves: Sequence[Shelf], prices: Prices, habits: Habits) -> list[Line]:
    """Return the lines of a month, first what is there now, then what the habits lead to."""
    lines: list[Line] = []
    for shelf in shelves:
        lines += _lines_of(shelf, prices, habits)
    lines.append(_line("CloudWatch alarms", habits.alarms, "alarms", prices.alarm_month))
    lines.append(_line("KMS keys", habits.keys, "keys", prices.key_month))
    return lines


def _lines_of(shelf: Shelf, prices: Prices, habits: Habits) -> list[Line]:
    name, newest, count = shelf.cluster_identifier, shelf.newest, len(shelf.snapshots)
    node_hours = habits.test_hours * newest.nodes * WEEKS_PER_MONTH
    return [
        Line(
            f"{name}: {count} manual snapshots now, {shelf.ours} of ours",
            shelf.billed_gigabytes,
            "GB-months",
            _times(shelf.billed_gigabytes, prices.snapshot_gb_month),
            _times(shelf.total_gigabytes, prices.aws_backup_gb_month),
        ),
        Line(
            f"{name}: {habits.kept} once the retention is reached",
            shelf.billed_gigabytes_of(habits.kept),
            "GB-months",
            _times(shelf.billed_gigabytes_of(habits.kept), prices.snapshot_gb_month),
            _times(habits.kept * newest.total_gigabytes, prices.aws_backup_gb_month),
        ),
        _line(
            f"{name}: weekly restore test on {newest.nodes} {newest.node_type}",
            node_hours,
            "node-hours",
            prices.node_hour,
        ),
    ]


def _line(what: str, quantity: float, unit: str, price: float | None) -> Line:
    return Line(what, quantity, unit, _times(quantity, price))


def _times(quantity: float, price: float | None) -> float | None:
    return None if price is None else quantity * price
