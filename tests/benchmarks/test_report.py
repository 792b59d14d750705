"""Table, JSON and page of made-up rows."""

import json
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import charts
from benchmarks.report import write_report
from benchmarks.results_file import Results, machine_facts, write_json
from benchmarks.row import Row
from benchmarks.table import amount, as_text

KEPT = Row("prune", "time, 1,000", 1.2, 1.0, "seconds", 1.3, "a <floor>", (1.2, 1.4), (1.0, 1.1))
BROKEN = Row("cold_start", "time", 3.0, 2.0, "seconds", 1.15)
WITHOUT = Row("status", "calls", 12.0, 10.0, "calls")


def results(*rows: Row) -> Results:
    return Results("2026-01-02T03:04:05Z", machine_facts(), rows)


def test_a_ratio_equal_to_its_limit_keeps_it() -> None:
    row = Row("backup", "calls", 6, 3, "calls", limit=2.0)

    assert row.ratio == 2.0
    assert row.is_within_limit is True


def test_only_a_row_with_a_limit_can_break_it() -> None:
    assert [row.is_within_limit for row in (KEPT, BROKEN, WITHOUT)] == [True, False, None]
    assert results(KEPT, BROKEN, WITHOUT).over_limit == [BROKEN]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (5151.0, "calls", "5,151"),
        (0.01234, "seconds", "0.0123"),
        (2.345, "seconds", "2.35"),
        (1234.56, "ms", "1,234.6"),
    ],
)
def test_numbers_are_as_precise_as_their_unit(value: float, unit: str, text: str) -> None:
    assert amount(value, unit) == text


def test_the_table_names_the_row_that_is_over() -> None:
    lines = as_text([KEPT, BROKEN, WITHOUT]).splitlines()

    assert lines[0].split() == ["benchmark", "subject", "ours", "floor", "unit", "ratio", "limit"]
    assert lines[1].endswith("1.200  1.300    ok")
    assert lines[2].endswith("1.500  1.150  OVER")
    assert lines[3].endswith("1.200")


def test_the_json_holds_rows_ratios_and_the_machine_but_not_its_name(tmp_path: Path) -> None:
    write_json(results(KEPT, WITHOUT), tmp_path / "results.json")

    written = json.loads((tmp_path / "results.json").read_text())
    assert [row["ratio"] for row in written["rows"]] == [1.2, 1.2]
    assert [row["is_within_limit"] for row in written["rows"]] == [True, None]
    assert written["rows"][0]["ours_samples"] == [1.2, 1.4]
    assert set(written["machine"]) == {"cores", "system", "architecture", "python", "libraries"}


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("img", "script", "link"):
            self.sources += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_needs_nothing_beside_it_and_shows_the_pictures_left(tmp_path: Path) -> None:
    (tmp_path / "dag_waterfall.png").write_bytes(b"\x89PNG picture")
    write_report(results(KEPT, BROKEN), tmp_path)

    page = (tmp_path / "report.html").read_text()
    links = _Links()
    links.feed(page)
    assert [one.partition(",")[0] for one in links.sources] == ["data:image/png;base64"]
    assert "Dag waterfall" in page
    assert "a &lt;floor&gt;" in page
    assert "1 of 2 promised limits are not kept: cold_start, time: 1.500." in page


def test_charts_are_well_formed_and_the_same_each_time() -> None:
    first, second = (charts.ratios([KEPT, BROKEN]) for _ in range(2))

    assert first == second
    texts = " ".join(ElementTree.fromstring(first).itertext())
    assert "prune: time, 1,000" in texts
    assert "1.500" in texts
    assert "prune: time, 1,000" in charts.repetitions([KEPT, WITHOUT])


def test_charts_of_nothing_say_so() -> None:
    assert charts.ratios([WITHOUT]) == "<p>No row of this run has a limit.</p>"
    assert charts.repetitions([WITHOUT]) == "<p>Nothing was repeated in this run.</p>"
