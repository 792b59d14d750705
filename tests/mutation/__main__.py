"""Remove each safety rule's guard in turn and show that its test fails.

``python -m tests.mutation [--rule NAME] [--jobs N]``; ends with 0 if every mutant was killed,
1 if one survived, 2 if the catalogue and the code do not fit together.
"""

import argparse
import sys
import time

from tests.mutation.catalogue import RULES
from tests.mutation.check import Outcome, Result, check
from tests.mutation.completeness import gaps


def main() -> int:
    """Run the check from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--rule", help="only rules whose name contains this")
    parser.add_argument("--jobs", type=int, default=2, help="copies that work at once (2)")
    arguments = parser.parse_args()
    rules = [one for one in RULES if (arguments.rule or "") in one.name]
    if not rules:
        print(f"no rule has {arguments.rule!r} in its name; the catalogue has {len(RULES)}")
        return 2
    started = time.monotonic()
    results = check(rules, jobs=max(1, arguments.jobs), tell=_tell)
    missing = [] if arguments.rule else gaps(RULES)
    for gap in missing:
        print(f"GAP       {gap}")
    counts = {kind: sum(one.outcome is kind for one in results) for kind in Outcome}
    guards = sum(len(one.rule.guards) for one in results)
    print(
        f"{len(results)} rules, {guards} guards: "
        + ", ".join(f"{count} {kind.value}" for kind, count in counts.items())
        + f", {len(missing)} gaps, in {time.monotonic() - started:.0f} seconds"
    )
    if counts[Outcome.ERROR] or missing:
        return 2
    return 1 if counts[Outcome.SURVIVED] else 0


def _tell(result: Result) -> None:
    print(f"{result.outcome.value:<9} {result.rule.name}  ({result.seconds:.1f} s)")
    for guard in result.rule.guards:
        print(f"            {guard}")
    for test in result.rule.tests:
        print(f"            {test}")
    if result.detail:
        print(f"          : {result.detail}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
