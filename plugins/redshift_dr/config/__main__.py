"""``python -m redshift_dr.config``: checks ``clusters.yaml``, and describes what it may say.

Exit codes: 0 good, 1 what is deployed differs, 2 a function gave no answer, 3 bad input. Everything
wrong is on standard error.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from redshift_dr.config.asking import client_of_connection, client_of_profile, compare
from redshift_dr.config.beside import read_beside
from redshift_dr.config.effective import (
    differences_from_defaults,
    effective_settings,
    overview,
)
from redshift_dr.config.fields import fields_table
from redshift_dr.config.fleet import Fleet, load_fleet
from redshift_dr.config.schema import schema_of_clusters_file

EXIT_DIFFERENT, EXIT_NO_ANSWER, EXIT_BAD_INPUT = 1, 2, 3


def notifier_faults(fleet: Fleet) -> list[str]:
    """What is wrong with further notifiers; only a check has the time to import them."""
    return [
        f"{fleet.path}: cluster {cluster.cluster_identifier}: notifiers.{position}: {fault}"
        for cluster in fleet.clusters.values()
        for position, notifier in enumerate(cluster.notifiers)
        if (fault := notifier.fault())
    ]


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
    check.add_argument(
        "--deployed", action="store_true", help="compare with what the deployed functions go by"
    )
    check.add_argument(
        "--profile", help="AWS profile for --deployed; default: the Airflow connections"
    )
    commands.add_parser("schema", help="print the JSON Schema, include/clusters.schema.json")
    commands.add_parser("fields", help="print the table of docs/configuration.md")
    return parser


def _check(options: argparse.Namespace) -> int:
    fleet = load_fleet(options.file, dags_folder=Path.cwd() / "dags")
    beside = read_beside(fleet)
    wanted: list[str] = options.cluster or list(fleet.clusters)
    shown = {name: fleet.clusters[name] for name in wanted if name in fleet.clusters}
    faults = [*fleet.faults, *beside.faults, *notifier_faults(fleet)]
    faults += [
        f"{fleet.path}: has no usable cluster {name}" for name in wanted if name not in shown
    ]
    print(fleet.path)
    if options.cluster:
        print("", *(effective_settings(fleet, name) for name in shown), sep="\n")
    elif shown:
        print(overview(fleet, beside.checks), differences_from_defaults(fleet), sep="\n\n")
    different: list[str] = []
    silent: list[str] = []
    if options.deployed:
        client = client_of_profile(options.profile) if options.profile else client_of_connection
        different, silent = compare(shown, client)
    for sentence in (*faults, *different, *silent):
        print(sentence, file=sys.stderr)
    code, words = verdict_of(len(faults), len(different), len(silent))
    usable = f"{_number(len(fleet.clusters), 'cluster')} usable"
    print(f"{words}: {usable}", file=sys.stderr if code else sys.stdout)
    return code


def verdict_of(faults: int, different: int, silent: int) -> tuple[int, str]:
    """The exit code, and the words of the last line: how much of what is wrong."""
    told = [
        _number(faults, "fault"),
        _number(different, "difference from what is deployed", "differences from what is deployed"),
        _number(silent, "function without an answer", "functions without an answer"),
    ]
    words = ", ".join(text for text in told if not text.startswith("0 ")) or "good"
    if faults:
        return EXIT_BAD_INPUT, words
    if silent:
        return EXIT_NO_ANSWER, words
    return (EXIT_DIFFERENT if different else 0), words


def _number(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"


if __name__ == "__main__":
    sys.exit(main())
