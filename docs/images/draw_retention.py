"""Draws ``docs/images/retention.svg``: what the planner keeps of a year of daily snapshots.

The planner is the function's own, so the picture cannot say anything else than it does. Written
anew by ``python docs/images/draw_retention.py``; a test compares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from redshift_backup.model import HOLD, MANAGED_BY, MANAGED_BY_US, Chain, Snapshot
from redshift_backup.retention import Plan, Policy, Row, Verdict, plan_prune

PICTURE = Path(__file__).with_name("retention.svg")
NOW = datetime(2025, 9, 18, 3, 0, tzinfo=UTC)
DAYS = 105
TARGET = "058264155998"
CHAIN = Chain("aca-redshift-cluster", "aca-lambda-snapshot", frozenset({TARGET}))

CELL, GAP, LEFT, TOP, ROW_HEIGHT = 17, 3, 12, 56, 178
DAYS_OF_WEEK = 7
WEEKS = DAYS // DAYS_OF_WEEK
WIDTH = 620
LEGEND_ROW_HEIGHT, LEGEND_COLUMN_WIDTH = CELL + 9, 300


@dataclass(frozen=True)
class Scene:
    """One row of the picture."""

    title: str
    retention_days: int
    keep_weekly: int
    keep_monthly: int
    lost_days: int = 0
    held_day: int | None = None


SCENES = (
    Scene("retention_days 7", 7, 0, 0),
    Scene("retention_days 7, one snapshot on hold", 7, 0, 0, held_day=40),
    Scene("retention_days 7, keep_weekly 6, keep_monthly 4", 7, 6, 4),
    Scene("retention_days 7, no backup for the last 30 days", 7, 0, 0, lost_days=30),
)
# The first words of a reason that has a color; what else is kept is younger than the retention.
COLORS = {
    "newest good": ("#0b6e4f", "newest good, and the floor of 2 good"),
    "floor": ("#0b6e4f", ""),
    "younger": ("#3fae7c", "younger than retention_days"),
    "newest good of week": ("#3b7dd8", "newest good of a week"),
    "newest good of month": ("#8a4fbe", "newest good of a month"),
    "hold": ("#e0a100", "on hold"),
    "delete": ("#f3d4d1", "deleted by this prune"),
    "refused": ("#c9b8b6", "expired, and not deleted: the chain is stale"),
}


LEGEND_TOP = TOP + ROW_HEIGHT * len(SCENES) + 6


def plan_of(scene: Scene) -> Plan:
    """Return the function's plan for a scene of daily snapshots."""
    policy = Policy(
        retention_days=scene.retention_days,
        keep_weekly=scene.keep_weekly,
        keep_monthly=scene.keep_monthly,
        minimum_snapshots=2,
        maximum_age_hours=26,
        max_deletions=200,
        max_deletions_approved=200,
    )
    shelf = [_snapshot(day, day == scene.held_day) for day in range(scene.lost_days, DAYS)]
    plan = plan_prune(shelf, CHAIN, policy, now=NOW)
    return plan.refused("no good snapshot is fresh") if plan.is_stale else plan


def _snapshot(days_ago: int, is_held: bool) -> Snapshot:
    made = NOW - timedelta(days=days_ago, hours=1)
    tags = {MANAGED_BY: MANAGED_BY_US} | ({HOLD: "audit"} if is_held else {})
    return Snapshot(
        identifier=f"{CHAIN.prefix}-{made:%Y%m%d-%H%M%S}",
        cluster_identifier=CHAIN.cluster_identifier,
        create_time=made,
        status="available",
        tags=tags,
        accounts=CHAIN.required_accounts,
    )


def color_of(row: Row) -> str:
    """Return the color for a snapshot: that of the strongest rule that keeps it."""
    if row.verdict is Verdict.HELD:
        return COLORS["hold"][0]
    if row.verdict in (Verdict.DELETE, Verdict.REFUSED):
        return COLORS[row.verdict.value][0]
    reasons = row.reason.split(", ")
    if "newest good" in reasons or any(reason.startswith("floor") for reason in reasons):
        return COLORS["newest good"][0]
    for word in ("younger", "newest good of week", "newest good of month"):
        if any(reason.startswith(word) for reason in reasons):
            return COLORS[word][0]
    raise ValueError(f"no color for {row.reason!r}; add one to COLORS")


def draw() -> str:
    """Return the picture as SVG: a column a week, the newest at the right, a cell a day."""
    height = LEGEND_TOP + LEGEND_ROW_HEIGHT * 4 + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
        "<title>Which daily snapshots a prune keeps</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="bold">'
        f"Daily snapshots of {WEEKS} weeks, and what a prune of {NOW:%Y-%m-%d} does</text>",
        f'<text x="{LEFT}" y="43" fill="#555555">'
        "one cell a day, one column a week, today at the bottom right</text>",
    ]
    for number, scene in enumerate(SCENES):
        parts += _draw_scene(scene, TOP + number * ROW_HEIGHT)
    parts += _draw_legend()
    return "\n".join([*parts, "</svg>"]) + "\n"


def _draw_scene(scene: Scene, top: int) -> list[str]:
    plan = plan_of(scene)
    rows = {round((NOW - row.snapshot.create_time) / timedelta(days=1)): row for row in plan.rows}
    kept = sum(row.verdict in (Verdict.KEEP, Verdict.HELD) for row in plan.rows)
    parts = [
        f'<text x="{LEFT}" y="{top + 18}" font-weight="bold">{scene.title}: '
        f"{kept} of {len(plan.rows)} kept by a rule</text>"
    ]
    for days_ago in range(DAYS):
        cell = DAYS - 1 - days_ago
        x = LEFT + cell // DAYS_OF_WEEK * (CELL + GAP)
        y = top + 28 + cell % DAYS_OF_WEEK * (CELL + GAP)
        box = f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" rx="3"'
        if days_ago not in rows:
            parts.append(f'{box} fill="none" stroke="#dddddd"/>')
            continue
        row = rows[days_ago]
        parts.append(
            f'{box} fill="{color_of(row)}"><title>{days_ago} days: {row.verdict}, {row.reason}'
            "</title></rect>"
        )
    return parts


def _draw_legend() -> list[str]:
    parts: list[str] = []
    entries: Sequence[tuple[str, str]] = [(color, text) for color, text in COLORS.values() if text]
    for number, (color, text) in enumerate(entries):
        x = LEFT + number // 4 * LEGEND_COLUMN_WIDTH
        y = LEGEND_TOP + number % 4 * LEGEND_ROW_HEIGHT
        parts += [
            f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" rx="3" fill="{color}"/>',
            f'<text x="{x + CELL + 8}" y="{y + 13}">{text}</text>',
        ]
    return parts


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
