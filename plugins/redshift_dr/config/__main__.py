"""``python -m redshift_dr.config``: checks ``clusters.yaml``, and describes what it may say.

Exit codes: 0 good, 3 bad input (every fault on standard error).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from redshift_dr.config.fields import fields_table
from redshift_dr.config.fleet import Fleet, load_fleet
from redshift_dr.config.schema import schema_of_clusters_file

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


def verdict_of(fleet: Fleet) -> str:
    """The last line: how many clusters are backed up, and how many faults are left."""
    usable, faults = len(fleet.clusters), len(fleet.faults)
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
    options = _parser().parse_args(arguments)
    if options.command == "schema":
        print(json.dumps(schema_of_clusters_file(), indent=2))
        return 0
    if options.command == "fields":
        print(fields_table(schema_of_clusters_file()), end="")
        return 0
    return _check(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m redshift_dr.config", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="read the file and report everything wrong with it")
    check.add_argument("file", nargs="?", type=Path, help="default: REDSHIFT_DR_CONFIG, include/")
    commands.add_parser("schema", help="print the JSON Schema, include/clusters.schema.json")
    commands.add_parser("fields", help="print the table of docs/configuration.md")
    return parser


def _check(options: argparse.Namespace) -> int:
    fleet = load_fleet(options.file, dags_folder=Path.cwd() / "dags")
    if fleet.clusters:
        print(f"{fleet.path}\n{table_of(fleet)}")
    for fault in fleet.faults:
        print(fault, file=sys.stderr)
    print(verdict_of(fleet), file=sys.stderr if fleet.faults else sys.stdout)
    return EXIT_BAD_INPUT if fleet.faults else 0


if __name__ == "__main__":
    sys.exit(main())
