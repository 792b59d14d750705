"""``python -m redshift_dr.config``: checks ``clusters.yaml``, and describes what it may say.

Exit codes: 0 good, 3 bad input (every fault on standard error).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from redshift_dr.config.beside import read_beside
from redshift_dr.config.effective import (
    differences_from_defaults,
    effective_settings,
    overview,
)
from redshift_dr.config.fields import fields_table
from redshift_dr.config.fleet import load_fleet
from redshift_dr.config.schema import schema_of_clusters_file

EXIT_BAD_INPUT = 3


def verdict_of(clusters: int, faults: int) -> str:
    """The last line: how many clusters are backed up, and how many faults are left."""
    named = f"{clusters} cluster{'' if clusters == 1 else 's'}"
    if not faults:
        return f"good: {named} will be backed up"
    return (
        f"{faults} fault{'' if faults == 1 else 's'}: {named if clusters else 'no cluster'} usable"
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
    check = commands.add_parser(
        "check", help="print what holds for each cluster, and everything that is wrong"
    )
    check.add_argument("file", nargs="?", type=Path, help="default: REDSHIFT_DR_CONFIG, include/")
    check.add_argument(
        "--cluster", action="append", metavar="NAME", help="all settings of this one alone"
    )
    commands.add_parser("schema", help="print the JSON Schema, include/clusters.schema.json")
    commands.add_parser("fields", help="print the table of docs/configuration.md")
    return parser


def _check(options: argparse.Namespace) -> int:
    fleet = load_fleet(options.file, dags_folder=Path.cwd() / "dags")
    beside = read_beside(fleet)
    wanted: list[str] = options.cluster or []
    faults = [
        *fleet.faults,
        *beside.faults,
        *(
            f"{fleet.path}: has no usable cluster {name}"
            for name in wanted
            if name not in fleet.clusters
        ),
    ]
    print(fleet.path)
    if wanted:
        known = [name for name in wanted if name in fleet.clusters]
        print("", *(effective_settings(fleet, name) for name in known), sep="\n")
    elif fleet.clusters:
        print(overview(fleet, beside.checks), differences_from_defaults(fleet), sep="\n\n")
    for fault in faults:
        print(fault, file=sys.stderr)
    verdict = verdict_of(len(fleet.clusters), len(faults))
    print(verdict, file=sys.stderr if faults else sys.stdout)
    return EXIT_BAD_INPUT if faults else 0


if __name__ == "__main__":
    sys.exit(main())
