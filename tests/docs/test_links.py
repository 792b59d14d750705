"""Links between the pages lead somewhere, and every page is led to."""

import re
from pathlib import Path

import pytest

from tests.docs.commands import PAGES, ROOT, read

DOCUMENTS = (*PAGES, "CHANGELOG.md")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)


def links_of(page: str) -> list[str]:
    found: list[str] = LINK.findall(FENCE.sub("", read(page)))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors_of(page: str) -> set[str]:
    """The anchors as GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", read(page)), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).strip().replace(" ", "-")
        for heading in headings
    }


@pytest.mark.parametrize("page", DOCUMENTS)
def test_every_relative_link_resolves(page: str) -> None:
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page} links to {link}, which is not there"
        if anchor and target.suffix == ".md":
            named = str(target.resolve().relative_to(ROOT))
            assert anchor in anchors_of(named), f"{page} links to {link}: no such heading"


def test_every_page_is_in_the_index_of_the_readme() -> None:
    index = {Path(link.partition("#")[0]).as_posix() for link in links_of("README.md")}
    missing = [page for page in PAGES if page.startswith("docs/") and page not in index]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_exists(page: str) -> None:
    text = read(page)
    for picture in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", text):
        assert ((ROOT / page).parent / picture).is_file(), f"{page} shows {picture}"
