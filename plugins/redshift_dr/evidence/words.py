"""How numbers and instants read in the report and in the summary. Pure."""

from datetime import UTC, datetime
from typing import Any

NOTHING = "–"
"""Stands where nothing is known."""

THIN_SPACE = "\u202f"
"""Between groups of three digits; no line breaks there."""


def duration(seconds: float | None) -> str:
    """Two units at most, days from two on: ``21 min 52 s``, ``26 h``, ``2 d 1 h``, ``4.2 s``."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    days, rest = divmod(whole, 86_400) if whole >= 2 * 86_400 else (0, whole)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    units = ((days, "d"), (hours, "h"), (minutes, "min"), (left, "s"))
    first = next(place for place, (amount, _) in enumerate(units) if amount)
    return " ".join(f"{amount} {unit}" for amount, unit in units[first : first + 2] if amount)


def instant(value: Any) -> str:
    """``2026-11-22 06:00:12 UTC``; what is no instant stays as it is."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return NOTHING if value is None else str(value)
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def day(moment: datetime) -> str:
    """``2026-11-22``, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def number(value: Any) -> str:
    """Digits in groups of three; at most three decimals."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NOTHING if value is None else str(value)
    text = f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return text.replace(",", THIN_SPACE)


def plural(count: int, noun: str) -> str:
    """``1 check``, ``2 checks``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
