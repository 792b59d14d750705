"""The prune's plan as a table for the task's log."""

from collections.abc import Mapping, Sequence
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


def _days(age: Any) -> str:
    return f"{float(age):.1f} d" if isinstance(age, int | float) else "-"
