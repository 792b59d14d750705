"""The tool itself: it finds guards, takes them out, and does not call just any failure a kill."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.mutation.anchors import AnchorError, mutate
from tests.mutation.catalogue import RULES
from tests.mutation.check import Outcome, judge, mutants_of, require_test
from tests.mutation.completeness import clauses, decisions, gaps, refusals
from tests.mutation.copies import COPIED, ROOT, copies, module_of
from tests.mutation.rules import Guard, Rule

SOURCE = '''
class Chain:
    def owns(self, one):
        """Never more."""
        return one.kind == "manual" and (
            one.tag == 1  # ours
        )

    def first(self, many, wanted):
        if many:
            wanted.append(many)
        return many[0]
'''


def without(code: str, becomes: str, inside: str = "Chain.owns") -> str:
    return mutate(SOURCE, Guard("chain.py", inside, code, becomes))


def run(source: str, method: str, *arguments: Any) -> Any:
    names: dict[str, Any] = {}
    exec(compile(source, "chain.py", "exec"), names)
    return getattr(names["Chain"](), method)(*arguments)


class One:
    kind, tag = "automated", 1


def test_an_operand_is_taken_out_whatever_the_format() -> None:
    assert run(SOURCE, "owns", One) is False
    assert run(without("one.kind == 'manual'", "True"), "owns", One) is True
    assert run(without("(one.tag) == 1", "False"), "owns", One) is False


def test_the_test_of_an_if_is_told_from_the_same_words_elsewhere() -> None:
    kept: list[Any] = []

    assert run(without("if many", "False", "Chain.first"), "first", ["x"], kept) == "x"
    assert kept == []


def test_a_statement_is_taken_out() -> None:
    assert run(without("wanted.append(many)", "None", "Chain.first"), "first", ["x"], None) == "x"
    assert run(without("return many[0]", "pass", "Chain.first"), "first", ["x"], []) is None


@pytest.mark.parametrize(
    ("guard", "words"),
    [
        (Guard("f", "Chain.owns", "one.kind", "x"), "nothing"),
        (Guard("f", "Chain.owns", "one", "x"), "there 2 times, 1 is expected"),
        (Guard("f", "Chain.owns", "one.colour", "x"), "there 0 times, 1 is expected"),
        (Guard("f", "Chain.gone", "one", "x"), "0 functions named Chain.gone"),
        (Guard("f", "Chain.owns", "a = 1; b = 2", "x"), "not one expression"),
        (Guard("f", "Chain.owns", "one.tag == 1", "if"), "does not compile"),
    ],
)
def test_a_guard_that_is_not_there_once_is_an_error(guard: Guard, words: str) -> None:
    if words == "nothing":
        mutate(SOURCE, guard)
        return
    with pytest.raises(AnchorError, match=words):
        mutate(SOURCE, guard)


RULE = Rule("rule", "", (), ("a.py::test_it",), dies_by=("AwsError",))


def answer(kinds: str, when: str = "call", test: str = "a.py::test_it[x]") -> dict[str, Any]:
    return {"errors": [], "results": [{"test": test, "when": when, "kinds": kinds, "text": "t"}]}


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (answer("AssertionError,Exception"), Outcome.KILLED),
        (answer("Failed,Exception"), Outcome.KILLED),
        (answer("ThrottledError,AwsError,Exception"), Outcome.KILLED),
        (answer(""), Outcome.SURVIVED),
        (answer("Skipped", when="setup"), Outcome.SURVIVED),
        (answer("KeyError,Exception"), Outcome.ERROR),
        (answer("AssertionError,Exception", when="setup"), Outcome.ERROR),
        (answer("AssertionError,Exception", test="a.py::test_another"), Outcome.ERROR),
        ({"errors": ["ImportError"], "results": []}, Outcome.ERROR),
        ({"fault": "the mutant cannot be imported"}, Outcome.ERROR),
    ],
)
def test_only_what_a_test_asserts_kills_a_mutant(given: dict[str, Any], outcome: Outcome) -> None:
    assert judge(RULE, given).outcome is outcome


def test_no_two_rules_have_one_name_or_one_mutant() -> None:
    names = Counter(one.name for one in RULES)
    mutants = Counter((one.guards, one.tests) for one in RULES)

    assert [name for name, count in names.items() if count > 1] == []
    assert [guards for guards, count in mutants.items() if count > 1] == []


def test_guards_that_go_together_say_why_both_stay() -> None:
    assert [one.name for one in RULES if len(one.guards) > 1 and not one.redundant_because] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_guard_is_there_once_and_every_test_is_there(rule: Rule) -> None:
    assert mutants_of(rule)
    for test in rule.tests:
        require_test(test)


def test_every_clause_refusal_and_branch_has_an_entry() -> None:
    assert gaps(RULES) == []


def test_a_new_clause_a_new_refusal_and_a_new_branch_are_seen() -> None:
    contract = (
        "## 6. Behaviour\n\nHeld stays. Failed goes; see `a. b`.\n\n## 7. Other\n\nNo rule.\n"
    )
    source = "def plan(one):\n    if one.kept and one.good:\n        raise HeldError('x')\n"

    assert [text for _, text in clauses(contract)] == ["Held stays", "Failed goes", "see `a. b`"]
    assert [place.code for place in refusals("a.py", source)] == ["raise HeldError('x')"]
    found = [place.code for place in decisions("a.py", source, ["plan"])]
    assert found == ["one.kept", "one.good"]


@pytest.mark.slow
def test_a_mutant_lives_in_a_copy_and_leaves_nothing_behind() -> None:
    file = "lambda/redshift_backup/budget.py"
    before = (ROOT / file).read_bytes()
    broken = "raise RuntimeError('not in the checkout')\n"
    with copies(1) as (copy,):
        folder: Path = copy.folder
        outcome = copy.run({file: broken}, ["tests/unit/redshift_backup/test_budget.py"])
        assert (folder / file).read_bytes() == before

    assert "not in the checkout" in outcome["fault"]
    assert (ROOT / file).read_bytes() == before
    assert not folder.exists()
    assert "tests" in COPIED
    assert module_of(file) == "redshift_backup.budget"
