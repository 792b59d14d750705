"""The prune's plan as a table, for a task's log and for a person who approves it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from redshift_dr.markdown import markdown_table

REFUSED = "refused"
VERDICTS = ("delete", "pending", REFUSED, "held", "keep")


def plan_table(plan: Sequence[Mapping[str, Any]]) -> str:
    """One line per snapshot: verdict, identifier, age in days, reason; then the sums.

    A plan that is refused as a whole has the same long sentence in every row that would be deleted;
    it is told once, below the table.

    :param plan: rows with ``id``, ``age_days``, ``verdict`` and ``reason``.
    """
    width = max((len(str(row["id"])) for row in plan), default=0)
    lines = [f"{'VERDICT':<8} {'SNAPSHOT':<{width}} {'AGE':>7}  REASON"] if plan else []
    lines += [
        f"{row['verdict'].upper():<8} {row['id']:<{width}} {_days(row['age_days']):>7}"
        f"  {_own_reason(row)}".rstrip()
        for row in plan
    ]
    counts = {verdict: sum(row["verdict"] == verdict for row in plan) for verdict in VERDICTS}
    sums = ", ".join(f"{verdict} {count}" for verdict, count in counts.items() if count)
    lines.append(f"plan: {sums or 'nothing'} of {len(plan)}")
    refusals = {row["reason"]: None for row in plan if row["verdict"] == REFUSED}
    return "\n".join([*lines, *(f"refused: {reason}" for reason in refusals)])


def _own_reason(row: Mapping[str, Any]) -> str:
    return "see below" if row["verdict"] == REFUSED else str(row["reason"])


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


def _days(age: Any) -> str:
    return f"{float(age):.1f} d" if isinstance(age, int | float) else "-"
