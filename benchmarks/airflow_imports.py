"""Which third-party imports a DAG file brings with it, through all of our own modules. Pure."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from sys import stdlib_module_names


def imports_of(source: str) -> list[str]:
    """Return the import statements that run when a module is imported, one line each.

    Those inside of functions and ``if TYPE_CHECKING`` do not.
    """
    return [
        ast.unparse(node)
        for node in _statements(ast.parse(source).body)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.If):
            if "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from _statements(node.body)
        else:
            yield node


def module_of(statement: str) -> str:
    """Return the module that an import statement names first."""
    node = ast.parse(statement).body[0]
    if isinstance(node, ast.ImportFrom):
        return str(node.module)
    assert isinstance(node, ast.Import)
    return node.names[0].name


def third_party_imports(source: str, own: Mapping[str, str]) -> list[str]:
    """Return every third-party import that a file's import leads to, each once, in their order.

    :param source: of the file.
    :param own: the source of our own modules by their dotted names; they are followed.
    """
    found: dict[str, None] = {}
    waiting, seen = [source], set[str]()
    while waiting:
        for statement in imports_of(waiting.pop(0)):
            module = module_of(statement)
            parts = module.split(".")
            if parts[0] in {name.split(".")[0] for name in own}:
                for length in range(1, len(parts) + 1):
                    name = ".".join(parts[:length])
                    if name in own and name not in seen:
                        seen.add(name)
                        waiting.append(own[name])
            elif parts[0] not in stdlib_module_names:
                found[statement] = None
    return list(found)


def sources_under(root: Path) -> dict[str, str]:
    """Return the source of every module under a folder by its dotted name."""
    sources = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        sources[name] = path.read_text(encoding="utf-8")
    return sources


def bare_dag_file(statements: list[str], dag_ids: list[str]) -> str:
    """Return a DAG file of nothing but imports, and trivial DAGs if any.

    :param statements: imports; what they bind is not used.
    :param dag_ids: one DAG of one task each.
    """
    dags = [
        "from airflow.sdk import DAG, BaseOperator",
        f"for dag_id in {dag_ids!r}:",
        "    with DAG(dag_id=dag_id, schedule=None):",
        "        BaseOperator(task_id='nothing')",
    ]
    return "\n".join([*statements, *(dags if dag_ids else ()), ""])
