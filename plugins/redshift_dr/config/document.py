"""A YAML document together with the line of each of its fields."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FieldPath = tuple[str | int, ...]


class UnreadableDocumentError(Exception):
    """A file that cannot be understood as a whole.

    :param line: from 1; where the reader gave up.
    :param words: what is wrong, without file and line.
    """

    def __init__(self, line: int, words: str) -> None:
        self.line = line
        super().__init__(words)


@dataclass(frozen=True)
class Document:
    """A parsed YAML file.

    :param path: the file.
    :param data: plain Python data.
    :param lines: line number (from 1) by path of keys.
    :param faults: repeated keys, which YAML itself would silently accept: path and sentence.
    """

    path: Path
    data: Any
    lines: dict[FieldPath, int]
    faults: tuple[tuple[FieldPath, str], ...]

    def line_of(self, field: FieldPath) -> int:
        """Line of a field, or of the nearest enclosing one that the file mentions."""
        while field and field not in self.lines:
            field = field[:-1]
        return self.lines.get(field, 1)


def read_document(path: Path) -> Document:
    """Read a YAML file.

    :raises OSError: the file cannot be read.
    :raises UnreadableDocumentError: the file is not UTF-8, or not the YAML that is understood here.
    """
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError(1, f"is not UTF-8: {error.reason}") from error
    except yaml.YAMLError as error:
        raise UnreadableDocumentError(1, f"is not YAML: {error}") from error
    try:
        root = loader.get_single_node()
        lines: dict[FieldPath, int] = {}
        faults: list[tuple[FieldPath, str]] = []
        if root is not None:
            _index(root, (), lines, faults, enclosing=())
        data = loader.construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        raise _unreadable(error) from error
    except RecursionError as error:
        raise UnreadableDocumentError(1, "is nested too deeply") from error
    finally:
        loader.dispose()
    return Document(path, data, lines, tuple(faults))


def _unreadable(error: yaml.MarkedYAMLError) -> UnreadableDocumentError:
    """The loader's error in one line; it spreads itself over six."""
    mark = error.problem_mark or error.context_mark
    words = ", ".join(text for text in (error.context, error.problem) if text)
    return UnreadableDocumentError(mark.line + 1 if mark else 1, f"is not YAML: {words}")


def _index(
    node: yaml.Node,
    path: FieldPath,
    lines: dict[FieldPath, int],
    faults: list[tuple[FieldPath, str]],
    *,
    enclosing: tuple[yaml.Node, ...],
) -> None:
    line = node.start_mark.line + 1
    if any(node is outer for outer in enclosing):
        raise UnreadableDocumentError(line, f"{'.'.join(map(str, path))} contains itself")
    lines.setdefault(path, line)
    within = (*enclosing, node)
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                faults.append(((*path, name), f"is given twice, in lines {seen[name]} and {line}"))
            seen[name] = line
            lines[(*path, name)] = line
            _index(value, (*path, name), lines, faults, enclosing=within)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _index(item, (*path, position), lines, faults, enclosing=within)
