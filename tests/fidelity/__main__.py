"""``python -m tests.fidelity``: run moto's own suites against a server, and keep what came out."""

import argparse
import sys

from tests.fidelity import differences, seams, suites


def main() -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    stock = commands.add_parser("stock", help="against moto's own server; rewrites stock.json")
    ours = commands.add_parser("sandbox", help="against the sandbox; shows what differs")
    for command in (stock, ours):
        command.add_argument("--workers", type=int, help="default: one for each processor")
    ours.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(suites.SUITES))
    commands.add_parser("docs", help="rewrite the tables in docs/fidelity.md")
    places = commands.add_parser("seams", help="show what the sandbox holds on to inside moto")
    places.add_argument("--write", action="store_true", help="rewrite seams.json")
    options = parser.parse_args()
    if options.command == "docs":
        differences.write_document()
        return 0
    if options.command == "seams":
        found = seams.dump(seams.collect())
        if options.write:
            seams.SEAMS_FILE.write_text(found, encoding="utf-8")
        else:
            print(found)
        return 0
    if options.command == "stock":
        suites.write_stock(suites.run("stock", workers=options.workers))
        return 0
    return _show(suites.run("sandbox", options.suites or None, options.workers), options.suites)


def _show(found: suites.Run, chosen: list[str]) -> int:
    stock = suites.read_stock()
    if chosen:
        directories = tuple(f"tests/{suites.SUITES[suite]}/" for suite in chosen)
        of_chosen = {t: o for t, o in stock.outcomes.items() if t.startswith(directories)}
        stock = suites.Run(of_chosen, {})
    print(suites.table(stock, found))
    lost = suites.losses(stock, found)
    new = {test: reason for test, reason in lost.items() if test not in differences.read_tests()}
    for test, reason in new.items():
        print(f"\n{test}\n{reason}")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
