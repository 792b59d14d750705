"""What the catalogue does not cover, found in the contract and in the code, not by diligence.

Three things have to be named by an entry, or be listed here with the reason why not: each clause
of the contract's rules, each place that refuses, and each branch of the functions that decide.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.anchors import AnchorError, find, scopes
from tests.mutation.copies import ROOT
from tests.mutation.exceptions import NO_GUARD, NO_RULE
from tests.mutation.rules import DRILL, MODEL, REQUEST, RETENTION, SHARING, SLOTS, Guard, Rule

CONTRACT = ROOT / "docs" / "contract.md"
CORE = ROOT / "lambda" / "redshift_backup"
# The sections that rule: words, environment, request, response, behaviour.
RULING_SECTIONS = ("1", "3", "4", "5", "6")
# Here an error is AWS's own, or the command line's; the rules are elsewhere.
_NOT_REFUSING = ("aws.py", "keys.py", "handler.py", "errors.py", "cli/", "checks/", "checks.py")
DECIDING: Mapping[str, tuple[str, ...]] = {
    RETENTION: (
        "plan_prune",
        "refusal",
        "_reasons_to_keep",
        "recalled_policy",
        "tag_to_leave",
        "_row",
    ),
    MODEL: ("Chain.owns", "Chain.covers", "Chain.is_good", "Snapshot.data_time"),
    DRILL: ("judge", "_foreign_reason", "_pending_reason", "read_intent", "_fields_of"),
    SLOTS: ("plan_create", "nearest_source", "find_by_request", "_is_interrupted_promotion"),
    SHARING: ("plan_share", "key_refusal", "key_warnings", "policy_admits"),
    REQUEST: ("_Parser._check_target", "_Parser.target_account_ids", "_Parser.window"),
}

# Stands for a space that no sentence ends at.
_SPACE = "\0"
Span = tuple[int, int, int, int]


@dataclass(frozen=True)
class Place:
    """Code that needs an entry: one whose guard lies within ``span`` or a span of ``also``."""

    file: str
    inside: str
    code: str
    span: Span
    also: tuple[Span, ...] = ()


def gaps(rules: Sequence[Rule]) -> list[str]:
    """Say, one sentence each, what has no entry and what to add."""
    return [*_contract_gaps(rules), *_code_gaps(rules)]


def clauses(contract: str) -> Iterator[tuple[str, str]]:
    """Yield section and clause: a row of a table, or a part of a sentence."""
    section = ""
    for line in re.sub(r"```.*?```", "", contract, flags=re.S).splitlines():
        heading = re.match(r"## (\d+)", line)
        if heading:
            section = heading[1]
        if section not in RULING_SECTIONS or heading or not line.strip() or "|---" in line:
            continue
        if line.startswith("|"):
            yield section, line.strip("| ")
            continue
        whole = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", _SPACE), line)
        for part in re.split(r"(?<=[.;:?])\s+|\s·\s", whole):
            clause = part.replace(_SPACE, " ").strip().rstrip(".;:")
            if clause:
                yield section, clause


def refusals(file: str, source: str) -> Iterator[Place]:
    """Yield each place that makes one of our errors: raised, returned, or added to faults."""
    for name, function in scopes(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for statement, tests in _statements(function.body, ()):
            if _refuses(statement, function):
                # Within a helper that does nothing but refuse, the caller's line is the guard.
                if not tests and isinstance(statement, ast.Return):
                    continue
                also = tuple(_span(one) for one in tests[-1:])
                code = ast.unparse(statement).splitlines()[0][:90]
                yield Place(file, name, code, _span(statement), also)


def decisions(file: str, source: str, functions: Sequence[str]) -> Iterator[Place]:
    """Yield each condition of these functions; of ``and`` and ``or``, each operand."""
    found = dict(scopes(ast.parse(source)))
    for name in functions:
        function = found.get(name)
        if function is None:
            yield Place(file, name, "the function itself", (0, 0, 0, 0))
            continue
        for node in ast.walk(function):
            for condition, body in _conditions(node):
                leaves = list(_leaves(condition))
                for leaf in leaves:
                    if len(leaves) > 1 and _is_none_check(leaf):
                        continue
                    also = body if len(leaves) == 1 else ()
                    yield Place(file, name, ast.unparse(leaf), _span(leaf), also)


def _contract_gaps(rules: Sequence[Rule]) -> Iterator[str]:
    text = CONTRACT.read_text(encoding="utf-8")
    for one in rules:
        if one.says and one.says not in text:
            yield (
                f"rule {one.name!r} quotes {one.says!r}, which docs/contract.md does not say; "
                "quote it word for word"
            )
    quotes = {one.says for one in rules if one.says}
    for section, clause in clauses(text):
        is_quoted = any(quote in clause or clause in quote for quote in quotes)
        if not is_quoted and not clause.startswith(tuple(NO_RULE)):
            yield (
                f"contract, section {section}: no rule quotes {clause!r}; add an entry to "
                "tests/mutation/catalogue, or say in exceptions.py why it is no rule"
            )


def _code_gaps(rules: Sequence[Rule]) -> Iterator[str]:
    guarded: dict[str, list[tuple[Guard, Span]]] = {}
    for one in rules:
        for guard in one.guards:
            try:
                node = find((ROOT / guard.file).read_text(encoding="utf-8"), guard)
            except AnchorError as error:
                yield str(error)
                continue
            guarded.setdefault(guard.file, []).append((guard, _span(node)))
    for place in _places():
        if any(_covers(guard, span, place) for guard, span in guarded.get(place.file, ())):
            continue
        if not any(
            (place.file.rsplit("/", 1)[-1], place.inside) == (file, inside)
            and place.code.startswith(code)
            for file, inside, code in NO_GUARD
        ):
            yield (
                f"{place.file}: {place.inside}: no rule takes out {place.code!r}; add an entry to "
                "tests/mutation/catalogue with the test that fails without it, or say in "
                "exceptions.py why it is no guard"
            )


def _covers(guard: Guard, span: Span, place: Place) -> bool:
    if any(_within(span, one) for one in (place.span, *place.also)):
        return True
    # Of a whole condition the mutant keeps every operand but this one.
    if not _within(place.span, span) or guard.becomes in ("True", "False", "None", "pass"):
        return False
    rest = ast.parse(guard.becomes).body[0]
    kept = _leaves(rest.value) if isinstance(rest, ast.Expr) else iter(())
    return place.code not in {ast.unparse(leaf) for leaf in kept}


def _places() -> Iterator[Place]:
    for path in sorted(CORE.rglob("*.py")):
        if not str(path.relative_to(CORE)).startswith(_NOT_REFUSING):
            yield from refusals(_name(path), path.read_text(encoding="utf-8"))
    for file, functions in DECIDING.items():
        yield from decisions(file, (ROOT / file).read_text(encoding="utf-8"), functions)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def our_errors() -> frozenset[str]:
    """Return the names of all errors of the tree, and of a field's."""
    tree = ast.parse((CORE / "errors.py").read_text(encoding="utf-8"))
    return frozenset(one.name for one in tree.body if isinstance(one, ast.ClassDef)) | {
        "FieldError"
    }


def _refuses(statement: ast.stmt, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    caught = {
        one.name for one in ast.walk(function) if isinstance(one, ast.ExceptHandler) and one.name
    }
    if isinstance(statement, ast.Raise):
        raised = statement.exc
        # Raised again, or for what cannot be.
        again = raised is None or (isinstance(raised, ast.Name) and raised.id in caught)
        return not again and not ast.unparse(statement).startswith(
            ("raise AssertionError", "raise ValueError")
        )
    if not isinstance(statement, ast.Expr | ast.Return) or statement.value is None:
        return False
    made = statement.value
    if not isinstance(made, ast.Call):
        return False
    called = ast.unparse(made.func)
    if called.endswith("faults.append"):
        return True
    named = [made.func] if isinstance(statement, ast.Return) else made.args
    return any(isinstance(one, ast.Name) and one.id in our_errors() for one in named)


def _statements(
    body: Sequence[ast.stmt], tests: tuple[ast.expr, ...]
) -> Iterator[tuple[ast.stmt, tuple[ast.expr, ...]]]:
    """Yield statements with the tests of the ``if`` around each, the nearest last."""
    for one in body:
        yield one, tests
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        inner = (*tests, one.test) if isinstance(one, ast.If) else tests
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(one, name, ()), inner)
        for handler in getattr(one, "handlers", ()):
            yield from _statements(handler.body, tests)


def _conditions(node: ast.AST) -> Iterator[tuple[ast.expr, tuple[Span, ...]]]:
    if isinstance(node, ast.If):
        yield node.test, tuple(_span(one) for one in node.body)
    elif isinstance(node, ast.IfExp | ast.While):
        yield node.test, ()
    elif isinstance(node, ast.comprehension):
        yield from ((one, ()) for one in node.ifs)
    elif isinstance(node, ast.Return | ast.Assign) and isinstance(node.value, ast.BoolOp):
        yield node.value, ()


def _leaves(condition: ast.expr) -> Iterator[ast.expr]:
    if isinstance(condition, ast.BoolOp):
        for one in condition.values:
            yield from _leaves(one)
    else:
        yield condition


def _is_none_check(leaf: ast.expr) -> bool:
    # Before an ``and`` it narrows a type; without it the next operand would not run.
    return (
        isinstance(leaf, ast.Compare)
        and isinstance(leaf.ops[0], ast.Is | ast.IsNot)
        and ast.unparse(leaf.comparators[0]) == "None"
    )


def _span(node: ast.expr | ast.stmt) -> Span:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _within(inner: Span, outer: Span) -> bool:
    return inner[:2] >= outer[:2] and inner[2:] <= outer[2:]
