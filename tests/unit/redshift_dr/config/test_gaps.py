"""The longest time that a schedule leaves between two backups."""

import pytest

from redshift_dr.config.gaps import longest_gap


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("0 2 * * *", 24),
        ("@daily", 24),
        ("@hourly", 1),
        ("*/20 * * * *", 1),
        ("0 2,14 * * *", 12),
        ("0 2,3 * * *", 23),
        ("0 2 * * MON-FRI", 72),
        ("0 2 * * FRI,SAT,SUN,MON", 96),
        ("0 2,14 * * MON-FRI", 60),
        ("0 2 * * SUN", 168),
        ("@weekly", 168),
        ("0 2 1 * *", 31 * 24),
        ("0 2 L * *", 31 * 24),
        ("0 2 * * 1#1", 35 * 24),
        ("0 2 29 2 *", 1461 * 24),
        ("0 2 13 * FRI", 168),
    ],
)
def test_longest_gap_of_a_schedule(schedule: str, hours: int) -> None:
    gap = longest_gap(schedule)

    assert gap is not None
    assert gap.hours == hours


def test_gap_tells_when_it_is() -> None:
    gap = longest_gap("0 2 * * MON-FRI")

    assert gap is not None
    assert (f"{gap.begins:%a %H:%M}", f"{gap.ends:%a %H:%M}") == ("Fri 02:00", "Mon 02:00")


def test_schedule_that_never_comes_has_no_gap() -> None:
    assert longest_gap("0 2 30 2 *") is None
