"""Find a guard in a file's syntax tree, and take it out. Pure."""

import ast
from collections.abc import Iterator

from tests.mutation.rules import Guard


class AnchorError(Exception):
    """A guard of the catalogue is not where the catalogue says, or its mutant is no Python."""


def mutate(source: str, guard: Guard) -> str:
    """Return the source without the guard.

    :raises AnchorError: the guard is not found exactly once, or what is left does not compile.
    """
    node = find(source, guard)
    start, end = _span(source, node)
    becomes = guard.becomes if isinstance(node, ast.stmt) else f"({guard.becomes})"
    mutant = (source.encode()[:start] + becomes.encode() + source.encode()[end:]).decode()
    try:
        compile(mutant, guard.file, "exec")
    except SyntaxError as error:
        raise AnchorError(f"the mutant does not compile: {guard}: {error.msg}") from error
    return mutant


def find(source: str, guard: Guard) -> ast.expr | ast.stmt:
    """Return the one node that the guard names.

    :raises AnchorError: there is none, or more than one.
    """
    scope = _scope(ast.parse(source), guard)
    wanted, is_test = _parse(guard)
    text = ast.dump(wanted)
    candidates = _tests(scope) if is_test else _nodes(scope)
    found = [one for one in candidates if type(one) is type(wanted) and ast.dump(one) == text]
    if len(found) != 1:
        raise AnchorError(
            f"the guard is there {len(found)} times, 1 is expected: {guard}. If the code moved or "
            "was written anew, correct the catalogue; name a larger expression if it is there twice"
        )
    return found[0]


def scopes(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield every function and class with its dotted name."""

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{prefix}{child.name}"
                yield name, child
                yield from walk(child, f"{name}.")
            else:
                yield from walk(child, prefix)

    yield from walk(tree, "")


def _scope(tree: ast.Module, guard: Guard) -> ast.AST:
    if not guard.inside:
        return tree
    found = [node for name, node in scopes(tree) if name == guard.inside]
    if len(found) != 1:
        raise AnchorError(f"{guard.file} has {len(found)} functions named {guard.inside}: {guard}")
    return found[0]


def _parse(guard: Guard) -> tuple[ast.expr | ast.stmt, bool]:
    """Return what to look for, and whether it is the test of an ``if``."""
    is_test = guard.code.startswith("if ")
    try:
        (statement,) = ast.parse(guard.code.removeprefix("if ")).body
    except (SyntaxError, ValueError) as error:
        raise AnchorError(f"the guard is not one expression or statement: {guard}") from error
    return (statement.value if isinstance(statement, ast.Expr) else statement), is_test


def _tests(scope: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    yield from (one.test for one in ast.walk(scope) if isinstance(one, ast.If | ast.IfExp))


def _nodes(scope: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Walk without what is inside an f-string: before Python 3.12 it has no true position."""
    if isinstance(scope, ast.expr | ast.stmt):
        yield scope
    if not isinstance(scope, ast.JoinedStr):
        for child in ast.iter_child_nodes(scope):
            yield from _nodes(child)


def _span(source: str, node: ast.expr | ast.stmt) -> tuple[int, int]:
    """Return the node's first byte and the byte after its last."""
    starts = [0]
    for line in source.encode().split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (
        starts[node.lineno - 1] + node.col_offset,
        starts[node.end_lineno - 1] + node.end_col_offset,
    )
