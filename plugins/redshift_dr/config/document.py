"""A YAML document together with the line of each of its fields."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FieldPath = tuple[str | int, ...]


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
    :raises yaml.YAMLError: the file is not YAML; the error has line and column.
    :raises UnicodeDecodeError: the file is not UTF-8.
    """
    loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
    try:
        root = loader.get_single_node()
        lines: dict[FieldPath, int] = {}
        faults: list[tuple[FieldPath, str]] = []
        if root is not None:
            _index(root, (), lines, faults)
        data = loader.construct_document(root) if root is not None else None
    finally:
        loader.dispose()
    return Document(path, data, lines, tuple(faults))


def _index(
    node: yaml.Node,
    path: FieldPath,
    lines: dict[FieldPath, int],
    faults: list[tuple[FieldPath, str]],
) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                faults.append(((*path, name), f"is given twice, in lines {seen[name]} and {line}"))
            seen[name] = line
            lines[(*path, name)] = line
            _index(value, (*path, name), lines, faults)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _index(item, (*path, position), lines, faults)
