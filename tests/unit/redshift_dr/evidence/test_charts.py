"""The charts, as the elements that they are made of."""

import xml.etree.ElementTree as ET

import pytest

from redshift_dr.evidence.charts import Bar, bar_chart, in_words, scale_for

SVG = "{http://www.w3.org/2000/svg}"
BARS = [
    Bar("2026-11-08", 1200.0, True),
    Bar("2026-11-15", None, False),
    Bar("2026-11-22", 1800.0, True),
]


def drawn(bars: list[Bar], limit: float | None = None) -> ET.Element:
    return ET.fromstring(bar_chart("rto", "Time to <recover>", bars, limit_seconds=limit))


@pytest.mark.parametrize(
    ("seconds", "unit", "labels"),
    [
        (0, "s", [0, 1]),
        (4.2, "s", [0, 1, 2, 3, 4, 5]),
        (95, "s", [0, 20, 40, 60, 80, 100]),
        (1399, "min", [0, 5, 10, 15, 20, 25]),
        (26 * 3600, "h", [0, 10, 20, 30]),
        (9 * 86_400, "d", [0, 2, 4, 6, 8, 10]),
    ],
)
def test_axis_has_few_round_ticks_and_holds_the_value(
    seconds: float, unit: str, labels: list[int]
) -> None:
    scale = scale_for(seconds)

    assert scale.unit == unit
    assert [tick * scale.step for tick in range(scale.ticks + 1)] == labels
    assert scale.top >= seconds


def test_one_bar_for_each_value_and_a_cross_for_each_failure() -> None:
    root = drawn(BARS)

    bars = root.findall("rect")
    assert [bar.get("class") for bar in bars] == ["passed", "passed newest"]
    assert float(bars[1].get("height", 0)) > float(bars[0].get("height", 0)) > 0
    assert [text.text for text in root.findall("text[@class='cross']")] == ["×"]


def test_bars_stay_within_the_drawing() -> None:
    year = [Bar("2026-01-01", float(place), True) for place in range(1, 53)]
    root = drawn(year, limit=60.0)

    for bar in root.findall("rect"):
        x, y, width, height = (float(bar.get(name, 0)) for name in ("x", "y", "width", "height"))
        assert x >= 44
        assert x + width <= 352
        assert y >= 18
        assert y + height == pytest.approx(172, abs=0.11)


def test_limit_is_a_line_with_its_number() -> None:
    root = drawn(BARS, limit=26 * 3600.0)

    assert root.find("line[@class='limit']") is not None
    assert [text.text for text in root.findall("text[@class='limit']")] == ["limit 26 h"]


def test_chart_reads_out_its_title_and_figures() -> None:
    root = drawn(BARS)

    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "rto-title rto-words"
    assert (root.findtext("title"), root.findtext("desc")) == ("Time to <recover>", in_words(BARS))
    assert in_words(BARS) == (
        "3 drills from 2026-11-08 to 2026-11-22, 1 failed. "
        "Newest 30 min, least 20 min, most 30 min."
    )


def test_chart_without_a_value_says_so() -> None:
    bars = [Bar("2026-11-22", None, False)]

    assert drawn(bars).findtext("text[@class='nothing']") == "nothing was measured"
    assert in_words(bars) == "1 drill, none with a value; 1 failed."
    assert drawn([]).findall("rect") == []
