"""Numbers as people read them."""

from datetime import datetime
from typing import Any

import pytest

from redshift_dr.evidence.words import day, duration, instant, number, plural


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0.0 s"),
        (4.24, "4.2 s"),
        (9.99, "10.0 s"),
        (59.6, "1 min"),
        (1312.4, "21 min 52 s"),
        (3600, "1 h"),
        (26 * 3600, "26 h"),
        (49 * 3600 + 120, "2 d 1 h"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        ("2026-11-22T06:00:12Z", "2026-11-22 06:00:12 UTC"),
        ("2026-11-22T07:00:12+01:00", "2026-11-22 06:00:12 UTC"),
        ("soon", "soon"),
    ],
)
def test_instant(value: Any, text: str) -> None:
    assert instant(value) == text


def test_day_is_that_of_utc() -> None:
    assert day(datetime.fromisoformat("2026-11-22T00:30:00+01:00")) == "2026-11-21"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (6_001_215, "6 001 215"), (0, "0"), (1.5, "1.5"), (26.0, "26"), (True, "True")],
)
def test_number(value: Any, text: str) -> None:
    assert number(value).replace("\u202f", " ") == text


def test_plural() -> None:
    assert (plural(1, "check"), plural(0, "check")) == ("1 check", "0 checks")
