"""``python -m costs``: read the account's snapshot sizes, multiply by the prices given."""

import argparse
import re
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from costs.bill import Habits, Line, Prices, bill
from costs.reading import read_snapshots
from costs.shelf import shelves_of
from redshift_backup.cli.exit_codes import ExitCode, UnreachableError, UsageError
from redshift_backup.cli.session import session_of
from redshift_backup.cli.tables import Grid, new_console, print_grid, print_line

_UNKNOWN = "-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a month's bill; the exit codes are those of the command line."""
    options = _parser().parse_args(arguments)
    try:
        with session_of(options.profile, options.region) as session:
            snapshots = read_snapshots(session.client("redshift"))
    except (UnreachableError, UsageError, BotoCoreError, ClientError) as error:
        print(f"costs: error: the snapshots were not read: {error}", file=sys.stderr)
        return ExitCode.AWS_UNREACHABLE
    prices = Prices(
        snapshot_gb_month=options.snapshot_gb_month,
        aws_backup_gb_month=options.aws_backup_gb_month,
        node_hour=options.node_hour,
        alarm_month=options.alarm_month,
        key_month=options.key_month,
    )
    habits = Habits(options.kept, options.test_hours, options.alarms, options.keys)
    _print(bill(shelves_of(snapshots), prices, habits))
    return ExitCode.OK


def _print(lines: Sequence[Line]) -> None:
    console = new_console()
    print_grid(
        console,
        Grid(
            ("quantity", "unit", "a month", "AWS Backup", "what"),
            [
                (
                    f"{line.quantity:,.2f}",
                    line.unit,
                    _money(line.cost),
                    _money(line.aws_backup),
                    line.what,
                )
                for line in lines
            ],
        ),
    )
    if any(line.cost is None for line in lines):
        print_line(console, f"{_UNKNOWN}: no price is given, or it does not apply; see --help")


def _money(amount: float | None) -> str:
    return _UNKNOWN if amount is None else f"{amount:,.2f}"


def _amount(text: str) -> float:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text, re.A):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number such as 0.5")
    return float(text)


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text, re.A):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number such as 7")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m costs", description=__doc__)
    parser.add_argument("--profile", help="AWS profile of the account that owns the snapshots")
    parser.add_argument("--region", help="AWS region; else the profile's")
    prices = parser.add_argument_group("prices, in any one currency; none has a default")
    for name, meaning in (
        ("--snapshot-gb-month", "a GB of manual snapshots of Redshift for a month"),
        ("--aws-backup-gb-month", "a GB of Redshift in AWS Backup for a month"),
        ("--node-hour", "a node of a restored cluster for an hour"),
        ("--alarm-month", "a CloudWatch alarm for a month"),
        ("--key-month", "a KMS key for a month"),
    ):
        prices.add_argument(name, type=_amount, metavar="PRICE", help=meaning)
    habits = parser.add_argument_group("habits")
    habits.add_argument(
        "--kept",
        type=_count,
        default=7,
        metavar="COUNT",
        help="snapshots of a cluster once the retention is reached (default: 7, daily for a week)",
    )
    habits.add_argument(
        "--test-hours",
        type=_amount,
        default=0.0,
        metavar="HOURS",
        help="that the cluster of a weekly restore test lives (default: 0, no tests)",
    )
    habits.add_argument("--alarms", type=_count, default=0, metavar="COUNT", help="default: 0")
    habits.add_argument("--keys", type=_count, default=0, metavar="COUNT", help="default: 0")
    return parser


if __name__ == "__main__":
    sys.exit(main())
