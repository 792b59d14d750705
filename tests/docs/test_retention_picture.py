"""The picture of what is kept is the planner's word, and it is the one that is committed."""

import runpy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "images" / "draw_retention.py"


@pytest.fixture(scope="module")
def drawing() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def test_the_picture_is_current(drawing: dict[str, Any]) -> None:
    written = drawing["PICTURE"].read_text(encoding="utf-8")
    assert written == drawing["draw"](), "run: python docs/images/draw_retention.py"
    ElementTree.fromstring(written)


def test_every_snapshot_has_its_verdict_in_the_picture(drawing: dict[str, Any]) -> None:
    text = drawing["draw"]()
    verdicts = [
        row.verdict for scene in drawing["SCENES"] for row in drawing["plan_of"](scene).rows
    ]
    assert set(verdicts) == {"keep", "held", "delete", "refused"}
    for verdict in set(verdicts):
        assert text.count(f"days: {verdict}, ") == verdicts.count(verdict)


def test_the_page_shows_the_picture() -> None:
    page = (ROOT / "docs" / "retention.md").read_text(encoding="utf-8")
    assert "](images/retention.svg)" in page
