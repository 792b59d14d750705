"""``python -m redshift_dr.config check [FILE]``: prints the effective configuration.

Exit codes: 0 good, 3 bad input (every fault on standard error).
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from redshift_dr.config.fleet import Fleet, load_fleet

COLUMNS = (
    "cluster_identifier",
    "source_account_id",
    "target_account_id",
    "region_name",
    "schedule",
    "timezone",
    "retention_days",
    "function_name",
    "owner",
)
EXIT_BAD_INPUT = 3


def table_of(fleet: Fleet) -> str:
    """The effective settings of every usable cluster, one row each."""
    rows = [COLUMNS] + [
        tuple(_cell(getattr(cluster, column)) for column in COLUMNS)
        for cluster in fleet.clusters.values()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _cell(value: object) -> str:
    """A setting as text; only the schedule may be absent, and then runs are started by hand."""
    return "by hand" if value is None else str(value)


def notifier_faults(fleet: Fleet) -> list[str]:
    """What is wrong with further notifiers; only a check has the time to import them."""
    return [
        f"{fleet.path}: cluster {cluster.cluster_identifier}: notifiers.{position}: {fault}"
        for cluster in fleet.clusters.values()
        for position, notifier in enumerate(cluster.notifiers)
        if (fault := notifier.fault())
    ]


def verdict_of(fleet: Fleet, faults: int) -> str:
    """The last line: how many clusters are backed up, and how many faults are left."""
    usable = len(fleet.clusters)
    clusters = f"{usable} cluster{'' if usable == 1 else 's'}"
    if not faults:
        return f"good: {clusters} will be backed up"
    return (
        f"{faults} fault{'' if faults == 1 else 's'}: {clusters if usable else 'no cluster'} usable"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :param arguments: without the program's name; the process's own where absent.
    :return: the exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m redshift_dr.config", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="read the file and report everything wrong with it")
    check.add_argument("file", nargs="?", type=Path, help="default: REDSHIFT_DR_CONFIG, include/")
    options = parser.parse_args(arguments)
    fleet = load_fleet(options.file, dags_folder=Path.cwd() / "dags")
    if fleet.clusters:
        print(f"{fleet.path}\n{table_of(fleet)}")
    faults = (*fleet.faults, *notifier_faults(fleet))
    for fault in faults:
        print(fault, file=sys.stderr)
    print(verdict_of(fleet, len(faults)), file=sys.stderr if faults else sys.stdout)
    return EXIT_BAD_INPUT if faults else 0


if __name__ == "__main__":
    sys.exit(main())
