"""Take every rule's guard out, one rule at a time, and see whether its tests notice."""

import queue
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.mutation.anchors import AnchorError, mutate
from tests.mutation.copies import ROOT, Copy, copies
from tests.mutation.rules import Rule

# What a test fails by when the guard is gone: its own assertion, or an error that did not come.
_ASSERTION, _NOT_RAISED = "AssertionError", "Failed"
_ROWS_SHOWN = 3


class Outcome(StrEnum):
    """What became of one mutant."""

    KILLED = "killed"
    SURVIVED = "SURVIVED"
    ERROR = "ERROR"


@dataclass(frozen=True)
class Result:
    """One rule's mutant; ``detail`` says why it was not killed."""

    rule: Rule
    outcome: Outcome
    detail: str = ""
    seconds: float = 0.0


def mutants_of(rule: Rule) -> dict[str, str]:
    """Return the files without the rule's guards, by path.

    :raises AnchorError: a guard is not found exactly once, or the mutant does not compile.
    """
    files: dict[str, str] = {}
    for guard in rule.guards:
        source = files.get(guard.file) or (ROOT / guard.file).read_text(encoding="utf-8")
        files[guard.file] = mutate(source, guard)
    return files


def require_test(test: str) -> None:
    """Make sure that a named test is there.

    :raises AnchorError: it is not.
    """
    path, _, name = test.partition("::")
    file = ROOT / path
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    if not re.search(rf"^(async )?def {re.escape(name)}\(", text, re.M):
        raise AnchorError(f"{path} has no test {name}; write it, or correct the catalogue")


def _mutants_or_fault(rule: Rule) -> dict[str, str] | AnchorError:
    try:
        for test in rule.tests:
            require_test(test)
        return mutants_of(rule)
    except AnchorError as error:
        return error


def check(
    rules: Sequence[Rule], *, jobs: int, tell: Callable[[Result], None] = lambda _: None
) -> list[Result]:
    """Check the rules in copies of the repository, which itself is not touched.

    :param jobs: how many copies work at once.
    :param tell: called with each result when it is there.
    :return: one result a rule, in the order of the rules.
    """
    mutants = [_mutants_or_fault(one) for one in rules]
    sound = [one for one, files in zip(rules, mutants, strict=True) if isinstance(files, Mapping)]
    with copies(jobs) as opened, ThreadPoolExecutor(jobs) as pool:
        free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for copy in opened:
            free.put(copy)

        def borrow(
            files: Mapping[str, str], tests: Sequence[str], most_seconds: int
        ) -> dict[str, Any]:
            copy = free.get()
            try:
                return copy.run(files, tests, most_seconds=most_seconds)
            finally:
                free.put(copy)

        unsound = _unsound_tests(sound, lambda tests: borrow({}, tests, 600), pool.map, jobs)

        def judged(one: Rule, files: Mapping[str, str] | AnchorError) -> Result:
            result = _judge_baseline(one, unsound)
            if isinstance(files, AnchorError):
                result = Result(one, Outcome.ERROR, str(files))
            elif result is None:
                result = judge(one, borrow(files, one.tests, 180))
            tell(result)
            return result

        return list(pool.map(judged, rules, mutants))


def judge(rule: Rule, answer: Mapping[str, Any]) -> Result:
    """Tell from what the tests did whether they noticed.

    Killed is only a mutant that every named test fails for, by assertion, by an error that did
    not come, or by a kind that the rule names; not one that breaks imports or fixtures.
    """
    seconds = answer.get("seconds", 0.0)
    if "fault" in answer or answer["errors"]:
        fault = answer.get("fault") or answer["errors"][0]
        return Result(rule, Outcome.ERROR, str(fault), seconds)
    expected = {_ASSERTION, _NOT_RAISED, *rule.dies_by}
    for test in rule.tests:
        rows = [row for row in answer["results"] if _is_of(row["test"], test)]
        failed = [row for row in rows if row["kinds"] and row["kinds"] != "Skipped"]
        if not rows:
            return Result(rule, Outcome.ERROR, f"{test} is no test", seconds)
        if not failed:
            return Result(rule, Outcome.SURVIVED, f"{test} passes without the guard", seconds)
        if not any(row["when"] == "call" and _by(row) & expected for row in failed):
            how = "; ".join(
                f"{row['kinds'].split(',')[0]} in {row['when']}: {row['text']}"
                for row in failed[:_ROWS_SHOWN]
            )
            return Result(
                rule, Outcome.ERROR, f"{test} fails, but not by what it asserts: {how}", seconds
            )
    return Result(rule, Outcome.KILLED, "", seconds)


def _by(row: Mapping[str, str]) -> set[str]:
    return set(row["kinds"].split(","))


def _is_of(node: str, test: str) -> bool:
    return node == test or node.startswith(f"{test}[")


def _unsound_tests(
    rules: Sequence[Rule],
    run: Callable[[Sequence[str]], dict[str, Any]],
    in_parallel: Callable[..., Any],
    jobs: int,
) -> dict[str, str]:
    """Run every named test once without mutation; return those that do not pass, and why."""
    tests = sorted({test for one in rules for test in one.tests})
    if not tests:
        return {}
    files = sorted({test.split("::")[0] for test in tests})
    shares = [files[number::jobs] for number in range(jobs)]
    portions = [[one for one in tests if one.split("::")[0] in share] for share in shares if share]
    unsound: dict[str, str] = {}
    for portion, answer in zip(portions, in_parallel(run, portions), strict=True):
        for test in portion:
            rows = [row for row in answer.get("results", ()) if _is_of(row["test"], test)]
            bad = [row for row in rows if row["kinds"]]
            if bad:
                unsound[test] = f"{bad[0]['kinds'].split(',')[0]}: {bad[0]['text']}"
            elif not rows:
                why = answer.get("fault") or "; ".join(answer.get("errors", ())) or "it is no test"
                unsound[test] = str(why)
    return unsound


def _judge_baseline(rule: Rule, unsound: Mapping[str, str]) -> Result | None:
    for test in rule.tests:
        if test in unsound:
            return Result(
                rule, Outcome.ERROR, f"{test} does not pass without mutation: {unsound[test]}"
            )
    return None
