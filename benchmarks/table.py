"""The rows of a run as text."""

from collections.abc import Sequence

from benchmarks.row import Row

HEADINGS = ("benchmark", "subject", "ours", "floor", "unit", "ratio", "limit", "")


def amount(value: float, unit: str) -> str:
    """Write a number as precisely as its unit deserves."""
    if unit == "calls":
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 100 else f"{value:.3g}" if value < 1 else f"{value:.2f}"


def cells(row: Row) -> tuple[str, ...]:
    """Return a row's texts, in the order of the headings."""
    verdict = {True: "ok", False: "OVER", None: ""}[row.is_within_limit]
    return (
        row.name,
        row.subject,
        amount(row.ours, row.unit),
        amount(row.floor, row.unit),
        row.unit,
        f"{row.ratio:.3f}",
        "" if row.limit is None else f"{row.limit:.3f}",
        verdict,
    )


def as_text(rows: Sequence[Row]) -> str:
    """Return a table for the terminal; names to the left, numbers to the right."""
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if column in (0, 1, 4) else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
