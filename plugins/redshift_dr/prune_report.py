"""The prune's plan as a table, for a task's log and for a person who approves it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

VERDICTS = ("delete", "pending", "refused", "held", "keep")


def plan_table(plan: Sequence[Mapping[str, Any]]) -> str:
    """One line per snapshot: verdict, identifier, age in days, reason; then the sums.

    :param plan: rows with ``snapshot_id`` (or ``id``), ``age_days``, ``verdict`` and ``reason``.
    """
    names = [str(row.get("snapshot_id") or row.get("id")) for row in plan]
    width = max((len(name) for name in names), default=0)
    lines = [
        f"{str(row.get('verdict')).upper():<8} {name:<{width}} {_days(row.get('age_days')):>7}"
        f"  {row.get('reason', '')}".rstrip()
        for name, row in zip(names, plan, strict=True)
    ]
    counts = {verdict: sum(row.get("verdict") == verdict for row in plan) for verdict in VERDICTS}
    sums = ", ".join(f"{verdict} {count}" for verdict, count in counts.items() if count)
    return "\n".join([*lines, f"plan: {sums or 'nothing'} of {len(plan)}"])


def plan_markdown(plan: Sequence[Mapping[str, Any]]) -> str:
    """The plan as a table in Markdown, what is deleted first.

    :param plan: as of :func:`plan_table`.
    """
    rows = sorted(plan, key=lambda row: VERDICTS.index(row["verdict"]))
    return markdown_table(
        ("verdict", "snapshot", "age", "reason"),
        [(row["verdict"], row["id"], _days(row["age_days"]), row["reason"]) for row in rows],
    )


def deletions_of(plan: Sequence[Mapping[str, Any]]) -> list[str]:
    """The snapshots that a plan deletes."""
    return [str(row["id"]) for row in plan if row["verdict"] == "delete"]


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table in Markdown, whatever its cells hold."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(value: Any) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def _days(age: Any) -> str:
    return f"{float(age):.1f} d" if isinstance(age, int | float) else "-"
