"""The page on operating says of forms, settings and links what the code has."""

import re

from redshift_dr.config.approvals import Approvals
from redshift_dr.run_request import RunRequest
from tests.docs.commands import read

PAGE = read("docs/operating.md")


def section(title: str) -> str:
    """The text of one section."""
    return PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_every_field_of_the_form_has_its_line_and_no_line_is_left_over() -> None:
    named = re.findall(r"^\| `(\w+)` \|", section("Trigger with config"), re.MULTILINE)

    assert sorted(named) == sorted(RunRequest.model_fields)


def test_every_setting_of_approvals_is_shown() -> None:
    block = section("Approvals").split("```")[1]

    assert re.findall(r"^    (\w+):", block, re.MULTILINE) == list(Approvals.model_fields)
