"""The table of every setting, for ``docs/configuration.md``; made of the schema. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from redshift_dr.markdown import markdown_table

HEAD = ("setting", "meaning", "type", "if absent")
TYPES = {
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "string": "text",
    "array": "list",
    "object": "group",
    "null": "`null`",
}
NOTHING = object()


def fields_table(schema: Mapping[str, Any]) -> str:
    """Every setting of a cluster as a Markdown table.

    :param schema: of the whole file.
    """
    definitions = schema["definitions"]
    return markdown_table(HEAD, _rows(definitions["Settings"], definitions, "")) + "\n"


def _rows(
    model: Mapping[str, Any], definitions: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, ...]]:
    for name, field in model["properties"].items():
        path = f"{prefix}{name}"
        shapes = _shapes(field, definitions)
        words = " or ".join(dict.fromkeys(_type(shape) for shape in shapes))
        yield f"`{path}`", field["description"].rstrip("."), words, _default(field)
        for shape in shapes:
            if "properties" in shape:
                yield from _rows(shape, definitions, f"{path}.")
            for item in _shapes(shape.get("items", {}), definitions):
                if "properties" in item:
                    yield from _rows(item, definitions, f"{path}[].")


def _shapes(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the field may be, each with one type."""
    options = field.get("anyOf") or field.get("oneOf") or [field]
    found: list[Mapping[str, Any]] = []
    for option in options:
        shape = option
        if "$ref" in option:
            shape = definitions[option["$ref"].rpartition("/")[2]]
        kinds = shape.get("type")
        if isinstance(kinds, list):
            found += [
                {"type": kind} if kind == "null" else {**shape, "type": kind} for kind in kinds
            ]
        else:
            found.append(shape)
    return found


def _type(shape: Mapping[str, Any]) -> str:
    if "enum" in shape:
        return " or ".join(f"`{value}`" for value in shape["enum"])
    low, above = shape.get("minimum"), shape.get("exclusiveMinimum")
    high = shape.get("maximum")
    words = TYPES.get(shape.get("type", ""), "anything")
    if low is not None and high is not None:
        return f"{words}, {low} to {high}"
    return words if above is None else f"{words}, above {above} and up to {high}"


def _default(field: Mapping[str, Any]) -> str:
    default = field.get("default", NOTHING)
    if default is NOTHING:
        return "must be given"
    if isinstance(default, dict):
        return "see its settings"
    return f"`{json.dumps(default)}`"
