"""The report as a page: complete, needing nothing from outside, safe against what it quotes."""

import itertools
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from redshift_dr.evidence.history import History
from redshift_dr.evidence.report import headline, report, sorted_checks
from tests.unit.redshift_dr.evidence.samples import (
    PASSED_CHECKS,
    cases,
    check,
    document,
    failed_document,
    validated,
)

VOID = {"meta", "line", "rect", "br", "link", "img"}


class Page(HTMLParser):
    """Elements in order, and what is left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def render(evidence: dict[str, Any], history: History | None = None) -> str:
    return report(evidence, sha256="a" * 64, history=history or History())


@pytest.mark.parametrize(("name", "evidence", "history"), cases())
def test_page_is_whole_and_accessible(name: str, evidence: Any, history: History) -> None:
    page = Page(render(evidence, history))

    assert page.open == []
    assert page.named("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert len(page.named("caption")) == len(page.named("table"))
    assert all("scope" in attributes for attributes in page.named("th"))
    for chart in page.named("svg"):
        assert chart["role"] == "img"
        assert chart["aria-labelledby"]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("name", "evidence", "history"), cases())
def test_page_needs_no_script_and_nothing_from_outside(
    name: str, evidence: Any, history: History
) -> None:
    text = render(evidence, history)
    page = Page(text)

    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.elements}
    assert all((link["href"] or "").startswith("#") for link in page.named("a"))
    assert "url(" not in text
    assert "@import" not in text
    assert not re.search(r"https?://", text)


@pytest.mark.parametrize(
    "missing", ["select_snapshot", "restore_cluster", "validate", "delete_cluster"]
)
def test_page_of_a_drill_with_something_missing(missing: str) -> None:
    assert Page(render(document(**{missing: None}))).open == []
    assert Page(render(document(**{missing: {}}))).open == []


def test_what_is_quoted_cannot_become_markup() -> None:
    evil = check("<script>alert(1)</script>", "failed", message="<img src=x onerror=alert(1)>")
    evidence = document(
        validate=validated(*PASSED_CHECKS, evil, result="failed"),
        failures={"validate": "</table><script>"},
    )

    text = render(evidence, History((), ("<b>bold</b>",)))

    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_verdict_is_the_first_thing_and_names_its_reasons() -> None:
    text = render(failed_document())
    body = text[text.index("<body>") :]

    assert body.index("Restore drill failed") < body.index("Time to recover")
    assert "3 of 12 checks did not pass: tpch.lineitem, tpch.part" in body
    assert "300 061 too few" in body


def test_headline() -> None:
    assert headline(document()) == "Restore drill passed"
    assert headline(document(keep_dr_copy=None)) == "Restore drill passed, with warnings"
    assert headline(document(delete_cluster=None)) == "Restore drill failed"


def test_checks_that_need_a_person_come_first() -> None:
    order = [one["result"] for one in sorted_checks(failed_document())]

    assert order == ["failed", "failed", "error", "warned", *["passed"] * 8]
