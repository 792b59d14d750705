"""The table of settings, made of a schema."""

from typing import Any

import pytest

from redshift_dr.config.fields import fields_table

GROUP: dict[str, Any] = {
    "type": "object",
    "properties": {"minutes": {"type": "integer", "description": "how long.", "default": 5}},
}


def row_of(field: dict[str, Any]) -> list[list[str]]:
    """The cells of the rows of one setting."""
    settings = {"properties": {"setting": {"description": "what it is.", **field}}}
    table = fields_table({"definitions": {"Settings": settings, "Group": GROUP}})
    _, _, *rows = table.splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize(
    ("field", "words", "absent"),
    [
        ({"type": "string"}, "text", "must be given"),
        ({"type": "string", "default": "a"}, "text", '`"a"`'),
        ({"type": "integer", "minimum": 1, "maximum": 9}, "whole number, 1 to 9", "must be given"),
        ({"type": "boolean", "default": True}, "`true` or `false`", "`true`"),
        ({"enum": ["a", "b"], "type": "string"}, "`a` or `b`", "must be given"),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            "text or `null`",
            "`null`",
        ),
        ({"anyOf": [{"type": "string"}, {"type": "array"}]}, "text or list", "must be given"),
        ({"type": ["array", "null"], "default": []}, "list or `null`", "`[]`"),
        ({}, "anything", "must be given"),
    ],
)
def test_row_tells_meaning_type_and_default(field: dict[str, Any], words: str, absent: str) -> None:
    assert row_of(field) == [["`setting`", "what it is", words, absent]]


@pytest.mark.parametrize(
    ("field", "inner"),
    [
        ({"$ref": "#/definitions/Group", "default": {"minutes": 5}}, "`setting.minutes`"),
        ({"type": "array", "items": {"$ref": "#/definitions/Group"}}, "`setting[].minutes`"),
        (
            {"type": ["array", "null"], "items": {"$ref": "#/definitions/Group"}},
            "`setting[].minutes`",
        ),
    ],
)
def test_settings_of_a_group_have_their_own_rows(field: dict[str, Any], inner: str) -> None:
    _, row = row_of(field)

    assert row == [inner, "how long", "whole number", "`5`"]
