"""Every safety rule of the catalogue has a test that fails without its guard."""

import os

import pytest

from tests.mutation.catalogue import RULES
from tests.mutation.check import Outcome, Result, check
from tests.mutation.rules import Rule
from tests.turns import on_turn

ON_TURN = on_turn(RULES)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """The check of the rules that have their turn, once: one warm process a processor."""
    jobs = min(4, len(os.sched_getaffinity(0)))
    return {one.rule.name: one for one in check(ON_TURN, jobs=jobs)}


@pytest.mark.parametrize("rule", ON_TURN, ids=lambda rule: rule.name)
def test_the_rules_test_fails_without_its_guard(rule: Rule, results: dict[str, Result]) -> None:
    result = results[rule.name]

    guards = "; ".join(str(guard) for guard in rule.guards)
    assert result.outcome is Outcome.KILLED, f"{result.detail}; the guard: {guards}"
