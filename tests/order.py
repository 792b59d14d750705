"""The order of the slow tests: the longest files first, so that no process waits for another."""

from collections.abc import Sequence
from typing import TypeVar

LONGEST = (
    "tests/deploy/test_each_grant.py",
    "tests/mutation/test_mutation.py",
    "tests/dags/test_drill_damages.py",
    "tests/e2e/test_demo.py",
    "tests/sweep/test_sweep_whole.py",
    "tests/dags/test_weeks_of_drills.py",
    "tests/deploy/test_dr_alarms.py",
    "tests/deploy/test_alarms.py",
    "tests/docs/test_commands.py",
    "tests/deploy/test_lifecycle.py",
    "tests/fidelity/test_moto_suites.py",
)
"""Each takes a minute or more. Without it the files with the fewest tests come last, which are just
the longest."""

_Item = TypeVar("_Item")


def longest_first(items: Sequence[_Item], files: Sequence[str]) -> list[_Item]:
    """Return the tests in the order in which their files should begin; each file's own order stays.

    :param files: the file of each test, as pytest names it.
    """
    rank = {file: number for number, file in enumerate(LONGEST)}
    places = [rank.get(file, len(LONGEST)) for file in files]
    return [items[place] for place in sorted(range(len(items)), key=places.__getitem__)]
