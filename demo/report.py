"""The tables at the end of the demonstration."""

from collections.abc import Mapping
from typing import Any

from demo.accounts import SOURCE_ACCOUNT_ID, TARGET_ACCOUNT_ID
from demo.drill_verdict import DrillSeen
from demo.progress import seconds_of
from demo.screen import Screen
from demo.shelf import Shelf
from demo.verdict import Evidence

GONE = ("delete",)


def show_rows(screen: Screen, rows: Mapping[str, int]) -> None:
    """Rows per table in the source cluster."""
    body: list[list[object]] = [[table, f"{count:,}"] for table, count in rows.items()]
    total = f"{sum(rows.values()):,}"
    screen.table(
        "The warehouse in the source account", ["table", "rows #"], [*body, ["all", total]]
    )


def show_tasks(screen: Screen, tasks: list[dict[str, Any]]) -> None:
    """The run's tasks with durations."""
    rows: list[list[object]] = [
        [task["task_id"], task["state"], task["try_number"], f"{seconds_of(task):.1f}"]
        for task in tasks
    ]
    screen.table("The tasks of the run", ["task", "state", "tries #", "seconds #"], rows)


def show_shelf(screen: Screen, shelf: Shelf) -> None:
    """All snapshots of the cluster, as each account sees them by its own call."""
    rows: list[list[object]] = [
        [
            snapshot.identifier,
            snapshot.status,
            ", ".join(snapshot.shared_with) or "-",
            "yes" if snapshot.identifier in shelf.target else "no",
        ]
        for snapshot in shelf.source.values()
    ]
    title = f"Snapshots in {SOURCE_ACCOUNT_ID}, and what {TARGET_ACCOUNT_ID} sees"
    screen.table(title, ["snapshot", "status", "shared with", "seen by DR"], rows)


def show_plan(screen: Screen, plan: list[dict[str, Any]]) -> None:
    """What was pruned, what was kept, and why: the plan that the function made and applied."""
    gone = [row for row in plan if row["verdict"] in GONE]
    kept = [row for row in plan if row["verdict"] not in GONE]
    screen.table("Pruned, and why", ["snapshot", "age in days #", "why"], _rows(gone))
    screen.table("Kept, and why", ["snapshot", "age in days #", "why"], _rows(kept))


def show_proof(screen: Screen, evidence: Evidence, *, now: Mapping[str, int]) -> None:
    """Rows per table: loaded, in the source now, and in the snapshot restored in the DR account."""
    rows: list[list[object]] = []
    for table, loaded in evidence.loaded_rows.items():
        restored = evidence.restored_rows.get(table, 0)
        complete = "yes" if loaded == restored else "NO"
        rows.append([table, f"{loaded:,}", f"{now[table]:,}", f"{restored:,}", complete])
    title = f"{evidence.snapshot_id} restored in {TARGET_ACCOUNT_ID}: rows"
    columns = ["table", "backed up #", "source now #", "restored #", "complete"]
    screen.table(title, columns, rows)


def show_drill(screen: Screen, seen: DrillSeen) -> None:
    """The drill's checks, and its verdict with what it took and left."""
    checks: list[list[object]] = [
        [check["name"], check["kind"], check["result"], check["message"]] for check in seen.checks
    ]
    screen.table("What the drill checked", ["check", "kind", "result", "what was found"], checks)
    recorded = seen.recorded
    facts: list[list[object]] = [
        ["verdict", recorded.get("verdict")],
        ["checks passed", recorded.get("checks_passed")],
        ["checks failed", recorded.get("checks_failed")],
        ["restored in", _seconds(recorded.get("restore_seconds"))],
        ["validated in", _seconds(recorded.get("validation_seconds"))],
        ["whole drill", _seconds(recorded.get("total_seconds"))],
        ["copy owned by DR", seen.dr_copy],
        ["clusters left", ", ".join(seen.clusters_left) or "none"],
        ["evidence", recorded.get("evidence_uri")],
        ["report", recorded.get("report_uri")],
    ]
    screen.table("The verdict", ["of the drill", "is"], facts)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _rows(plan: list[dict[str, Any]]) -> list[list[object]]:
    return [[row["id"], f"{row['age_days']:.1f}", row["reason"]] for row in plan]
