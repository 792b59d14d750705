"""The table of every setting, for ``docs/configuration.md``; made of the schema. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

HEAD = ("setting", "meaning", "type", "if absent")
TYPES = {
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "string": "text",
    "array": "list",
    "object": "group",
}
NOTHING = object()


def fields_table(schema: Mapping[str, Any]) -> str:
    """Every setting of a cluster as a Markdown table.

    :param schema: of the whole file.
    """
    definitions = schema["definitions"]
    rows = [HEAD, ("---",) * len(HEAD), *_rows(definitions["Settings"], definitions, "")]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _rows(
    model: Mapping[str, Any], definitions: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, ...]]:
    for name, field in model["properties"].items():
        path = f"{prefix}{name}"
        shape, may_be_null = _shape(field, definitions)
        words = _type(shape) + (" or `null`" if may_be_null else "")
        yield f"`{path}`", field["description"].rstrip("."), words, _default(field)
        if "properties" in shape:
            yield from _rows(shape, definitions, f"{path}.")
        item, _ = _shape(shape.get("items", {}), definitions)
        if "properties" in item:
            yield from _rows(item, definitions, f"{path}[].")


def _shape(
    field: Mapping[str, Any], definitions: Mapping[str, Any]
) -> tuple[Mapping[str, Any], bool]:
    """What the field is apart from ``null``, and whether it may be that."""
    options = field.get("anyOf", [field])
    (shape,) = [option for option in options if option.get("type") != "null"]
    if "$ref" in shape:
        shape = definitions[shape["$ref"].rpartition("/")[2]]
    kinds = shape.get("type")
    if isinstance(kinds, list):
        return {**shape, "type": kinds[0]}, True
    return shape, len(options) > 1


def _type(shape: Mapping[str, Any]) -> str:
    if "enum" in shape:
        return " or ".join(f"`{value}`" for value in shape["enum"])
    low, above = shape.get("minimum"), shape.get("exclusiveMinimum")
    high = shape.get("maximum")
    words = TYPES[shape["type"]]
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
