"""``python -m tests.sweep``: break every call of every action, and see that all of it converges."""

import argparse
import os
import sys
import time

from redshift_backup.settings import CONTRACT_ACTIONS
from tests.sweep import report, work
from tests.sweep.cases import Result
from tests.sweep.scenarios import missing_actions


def main() -> int:
    """Run the sweep that the arguments choose; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.sweep", description=__doc__)
    parser.add_argument("--action", action="append", default=[], choices=CONTRACT_ACTIONS)
    parser.add_argument("--kind", action="append", default=[], choices=work.KINDS)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    arguments = parser.parse_args()
    wanted = work.tasks(arguments.action, arguments.kind)
    results: list[Result] = []
    started = time.monotonic()
    for number, (task, found) in enumerate(work.run_all(wanted, arguments.jobs), start=1):
        results += found
        failed = sum(bool(one.broken) for one in found)
        verdict = f"{failed} of {len(found)} FAILED" if failed else f"{len(found)} ok"
        print(f"[{number}/{len(wanted)}] {task.name}: {task.kind}: {verdict}", flush=True)
    print(f"\n{report.table(results)}\n")
    for paragraph in report.violations(results):
        print(paragraph)
    for action in missing_actions():
        print(f"action {action} has no scenario: describe one in tests/sweep/scenarios.py")
    failed = sum(bool(one.broken) for one in results)
    seconds = time.monotonic() - started
    print(f"{len(results)} cases, {failed} failed, {seconds:.0f} seconds")
    return 1 if failed or missing_actions() or not results else 0


if __name__ == "__main__":
    sys.exit(main())
