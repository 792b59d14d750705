"""What a form lets through, compared with what the function takes."""

import json
import re
from pathlib import Path

import pytest

from redshift_backup.fields import READERS, FieldError
from redshift_dr.run_request import REASON_PATTERN, tag_text

SCHEMAS = Path(__file__).parents[3] / "lambda" / "redshift_backup" / "schema"
REASONS = (
    "legal case 7",
    "  spaces at the ends  ",
    "Prüfung 2026: 監査 @finance +1 a/b_c-d=e.f",
    "x" * 256,
    "x" * 257,
    "",
    "   ",
    "a, b",
    "why?",
    "two\nlines",
    "a\tb",
    "100 %",
    "<b>",
    "smile \N{GRINNING FACE}",
)


@pytest.mark.parametrize("action", ["hold", "release"])
def test_reason_has_the_pattern_of_the_functions_schema(action: str) -> None:
    schema = json.loads((SCHEMAS / f"request-{action}.schema.json").read_text(encoding="utf-8"))

    assert schema["properties"]["reason"]["pattern"] == REASON_PATTERN


@pytest.mark.parametrize("reason", REASONS)
def test_reason_that_airflow_takes_is_one_that_the_function_takes(reason: str) -> None:
    try:
        expected = READERS["reason"](reason)
    except FieldError:
        with pytest.raises(ValueError, match=r"characters|cannot stand in a tag"):
            tag_text(reason)
    else:
        assert tag_text(reason) == expected
        assert re.search(REASON_PATTERN, reason)
