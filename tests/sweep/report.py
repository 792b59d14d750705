"""The sweep's table and its list of what did not hold."""

from collections.abc import Iterable, Sequence

from tests.sweep.cases import Result

_MOST_SHOWN = 50


def table(results: Iterable[Result]) -> str:
    """Draw a line for each action and kind, and one for all of them."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.action, result.kind), []).append(result)
        groups.setdefault(("all", ""), []).append(result)
    total = groups.pop(("all", ""), [])
    rows = [("action", "kind", "cases", "converged", "invocations at most")]
    rows += [(*key, *_numbers(groups[key])) for key in sorted(groups)]
    rows.append(("all", "", *_numbers(total)))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _numbers(results: Sequence[Result]) -> tuple[str, str, str]:
    converged = sum(not result.broken for result in results)
    most = max((result.invocations for result in results), default=0)
    return str(len(results)), str(converged), str(most)


def violations(results: Iterable[Result]) -> list[str]:
    """Return a paragraph for each case that broke something, the first of many."""
    broken = [result for result in results if result.broken]
    shown = [
        "\n".join((result.label, *(f"    {one}" for one in result.broken)))
        for result in broken[:_MOST_SHOWN]
    ]
    if len(broken) > _MOST_SHOWN:
        shown.append(f"and {len(broken) - _MOST_SHOWN} more cases")
    return shown
