"""When a schedule is due: AWS's cron fields, rates, time zones, daylight saving."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.scheduling.expressions import InvalidExpressionError, next_due, parse_expression

MONDAY = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


def _dues(text: str, count: int, after: datetime = MONDAY, zone: str | None = None) -> list[str]:
    expression, found = parse_expression(text, zone), []
    for _ in range(count):
        due = next_due(expression, after, MONDAY)
        if due is None:
            break
        found.append(due.strftime("%Y-%m-%d %H:%M"))
        after = due
    return found


@pytest.mark.parametrize(
    ("cron", "dues"),
    [
        ("0 2 * * ? *", ["2026-03-03 02:00", "2026-03-04 02:00"]),
        ("0 2,14 * * ? *", ["2026-03-02 14:00", "2026-03-03 02:00"]),
        ("0 2 ? * MON-FRI *", ["2026-03-03 02:00", "2026-03-04 02:00"]),
        ("0 2 ? * 2 *", ["2026-03-09 02:00", "2026-03-16 02:00"]),
        ("0 2 ? * 1,SAT *", ["2026-03-07 02:00", "2026-03-08 02:00"]),
        ("0 2 ? * mon#1 *", ["2026-04-06 02:00", "2026-05-04 02:00"]),
        ("0 2 ? * 6L *", ["2026-03-27 02:00", "2026-04-24 02:00"]),
        ("0 2 L * ? *", ["2026-03-31 02:00", "2026-04-30 02:00"]),
        ("0 2 1W * ? *", ["2026-04-01 02:00", "2026-05-01 02:00"]),
        ("0 2 15W * ? *", ["2026-03-16 02:00", "2026-04-15 02:00"]),
        ("0 2 LW * ? *", ["2026-03-31 02:00", "2026-04-30 02:00"]),
        ("0 2 31 * ? *", ["2026-03-31 02:00", "2026-05-31 02:00"]),
        ("0/20 12 * * ? *", ["2026-03-02 12:40", "2026-03-03 12:00"]),
        ("*/15 * * * ? *", ["2026-03-02 12:45", "2026-03-02 13:00"]),
        ("0 8-18/5 * JAN,6 ? *", ["2026-06-01 08:00", "2026-06-01 13:00"]),
        ("0 0 29 2 ? *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 0 1 1 ? 2027-2028", ["2027-01-01 00:00", "2028-01-01 00:00"]),
        ("0 0 1 1 ? 2020", []),
        ("0 0 30 2 ? *", []),
    ],
)
def test_cron_is_read_as_aws_does(cron: str, dues: list[str]) -> None:
    assert _dues(f"cron({cron})", 2) == dues


@pytest.mark.parametrize(
    "text",
    [
        "cron(0 2 * * *)",
        "cron(0 2 * * * *)",
        "cron(0 2 ? * ? *)",
        "cron(60 2 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 2 ? * 0 *)",
        "cron(0 2 ? * MON-FOO *)",
        "cron(0 2 ? * MON#6 *)",
        "cron(0 2 32W * ? *)",
        "cron(0 5-2 * * ? *)",
        "cron(0/0 2 * * ? *)",
        "cron(0 2 * * ? 1969)",
        "rate(0 hours)",
        "rate(-1 hours)",
        "rate(1 week)",
        "rate(1.5 hours)",
        "rate(99999999999999 days)",
        "at(2026-02-30T00:00:00)",
        "at(2026-03-02 00:00:00)",
        "every day",
        "",
    ],
)
def test_another_expression_is_refused(text: str) -> None:
    with pytest.raises(InvalidExpressionError, match="Invalid Schedule Expression"):
        parse_expression(text, None)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(InvalidExpressionError, match="Mars/Olympus"):
        parse_expression("rate(1 day)", "Mars/Olympus")


def test_a_rate_counts_from_its_anchor_which_is_due_itself() -> None:
    before = MONDAY - timedelta(microseconds=1)
    assert _dues("rate(12 hours)", 3, before) == [
        "2026-03-02 12:30",
        "2026-03-03 00:30",
        "2026-03-03 12:30",
    ]
    assert _dues("rate(1 day)", 1, MONDAY + timedelta(days=30)) == ["2026-04-02 12:30"]


def test_at_is_due_once_in_its_time_zone() -> None:
    assert _dues("at(2026-03-05T02:00:00)", 2, zone="Europe/Berlin") == ["2026-03-05 01:00"]
    assert _dues("at(2026-03-01T02:00:00)", 2) == []


def test_a_time_that_daylight_saving_skips_is_skipped() -> None:
    saturday = datetime(2026, 3, 7, 12, tzinfo=UTC)
    dues = _dues("cron(30 2 * * ? *)", 2, saturday, "America/New_York")
    assert dues == ["2026-03-09 06:30", "2026-03-10 06:30"]


def test_a_time_that_daylight_saving_repeats_counts_once() -> None:
    saturday = datetime(2026, 10, 31, 12, tzinfo=UTC)
    dues = _dues("cron(30 1 * * ? *)", 2, saturday, "America/New_York")
    assert dues == ["2026-11-01 05:30", "2026-11-02 06:30"]
    between = datetime(2026, 11, 1, 6, 15, tzinfo=UTC)
    assert _dues("cron(30 1 * * ? *)", 1, between, "America/New_York") == ["2026-11-02 06:30"]
