"""Plans of named policies as tables that a person can read.

``python -m tests.unit.redshift_backup.golden_plans`` writes them anew; the diff of ``golden/``
then shows which snapshots a changed rule keeps or deletes, and with which words.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from redshift_backup.model import (
    HOLD,
    ORIGIN,
    SOURCE_CREATE_TIME,
    VERIFIED_RESULT,
    Snapshot,
    iso_utc,
)
from redshift_backup.retention import Plan, Policy, Verdict, plan_prune, refusal
from tests.unit.redshift_backup.builders import CHAIN, NOW, policy, snapshot

GOLDEN = Path(__file__).parent / "golden"


def _daily(days: int, *, now: datetime = NOW, hour: float = 2) -> list[Snapshot]:
    """One good snapshot for each day, each this many hours before ``now``'s time of day."""
    return [snapshot(days=day, hours=hour, now=now) for day in range(days)]


def _plan(shelf: Sequence[Snapshot], rules: Policy, now: datetime = NOW) -> Plan:
    return plan_prune(shelf, CHAIN, rules, now=now)


def _seven_days() -> Plan:
    return _plan(_daily(12), policy())


def _two_weeks_four_weekly_twelve_monthly() -> Plan:
    # Daily for a month, then each fifth day of a year.
    shelf = [one for day, one in enumerate(_daily(370)) if day < 30 or day % 5 == 0]
    rules = policy(retention_days=14, keep_weekly=4, keep_monthly=12, max_deletions=100)
    return _plan(shelf, rules)


def _floor_only() -> Plan:
    old = [snapshot(days=day) for day in (20, 30, 40, 50)]
    rules = policy(retention_days=1, minimum_snapshots=3, maximum_age_hours=24 * 21)
    return _plan(old, rules)


def _holds_verified_and_failed() -> Plan:
    return _plan(
        [
            *_daily(2),
            snapshot(days=9, tags={HOLD: "audit 2026"}),
            snapshot(days=10),
            snapshot(days=11, accounts=(), tags={VERIFIED_RESULT: "passed"}),
            snapshot(days=12, tags={VERIFIED_RESULT: "passed"}),
            snapshot(days=13, tags={VERIFIED_RESULT: "passed"}),
            snapshot(days=14, tags={VERIFIED_RESULT: "failed"}),
            snapshot(hours=3, status="creating"),
            snapshot(hours=23, status="failed"),
            snapshot(hours=25, status="failed"),
            snapshot(hours=26.5, status="cancelled"),
            snapshot(hours=27, status="failed", tags={HOLD: "for support"}),
        ],
        policy(),
    )


def _stale() -> Plan:
    unshared = [snapshot(days=day, hours=2, accounts=()) for day in range(3)]
    return _plan([*unshared, *_daily(12)[3:]], policy())


def _over_the_limit() -> Plan:
    return _plan(_daily(14), policy(max_deletions=5))


def _promoted_and_adopted() -> Plan:
    nine_days_ago = iso_utc(NOW - timedelta(days=9))
    return _plan(
        [
            *_daily(2),
            snapshot(hours=5, tags={ORIGIN: "promoted", SOURCE_CREATE_TIME: nine_days_ago}),
            snapshot(hours=6, tags={ORIGIN: "promoted", SOURCE_CREATE_TIME: "yesterday"}),
            snapshot(days=3, identifier="before-the-migration", tags={ORIGIN: "adopted"}),
            snapshot(days=30, identifier="by-the-old-script", tags={ORIGIN: "adopted"}),
            snapshot(days=31, identifier="not-ours"),
        ],
        policy(),
    )


def _year_with_53_weeks() -> Plan:
    # 3 January 2027 is a Sunday of week 53 of 2026, the 4th a Monday of week 1 of 2027.
    now = datetime(2027, 1, 5, 12, tzinfo=UTC)
    rules = policy(retention_days=2, keep_weekly=3, keep_monthly=2)
    return _plan(_daily(21, now=now), rules, now)


def _leap_year() -> Plan:
    now = datetime(2028, 3, 2, 12, tzinfo=UTC)
    return _plan(
        _daily(63, now=now), policy(retention_days=2, keep_monthly=3, max_deletions=100), now
    )


def _clocks_change() -> Plan:
    # A backup at 02:30 of New York: 07:30 UTC before 8 March 2026, 06:30 UTC after it.
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    before = [snapshot(days=day, hours=4.5, now=now) for day in range(3, 12)]
    after = [snapshot(days=day, hours=5.5, now=now) for day in range(3)]
    return _plan([*after, *before], policy(retention_days=4, keep_weekly=2), now)


def _equal_and_future() -> Plan:
    twin = snapshot(days=9)
    twins = [replace(twin, identifier=f"{CHAIN.prefix}-20260309-14302{end}") for end in (2, 3, 4)]
    return _plan([snapshot(hours=-1), *twins], policy(minimum_snapshots=3))


CASES: dict[str, Callable[[], Plan]] = {
    "7-days": _seven_days,
    "14-days-4-weekly-12-monthly": _two_weeks_four_weekly_twelve_monthly,
    "floor-only": _floor_only,
    "holds-verified-failed": _holds_verified_and_failed,
    "stale": _stale,
    "over-the-limit": _over_the_limit,
    "promoted-adopted": _promoted_and_adopted,
    "year-with-53-weeks": _year_with_53_weeks,
    "leap-year": _leap_year,
    "clocks-change": _clocks_change,
    "equal-and-future": _equal_and_future,
}


def table(plan: Plan) -> str:
    """Write a plan: its policy, its refusal if any, a line for each snapshot, and the sums."""
    rules = plan.policy
    lines = [
        f"{plan.chain.cluster_identifier} at {iso_utc(plan.now)}",
        f"policy: {rules.retention_days} days, {rules.keep_weekly} weekly, "
        f"{rules.keep_monthly} monthly; floor {rules.minimum_snapshots}; stale after "
        f"{rules.maximum_age_hours} hours; limit {rules.max_deletions}",
        "",
    ]
    declined = refusal(plan)
    width = max(len(row.snapshot.identifier) for row in plan.rows)
    for row in plan.rows:
        day = f"{row.snapshot.data_time:%a %Y-%m-%d %H:%M}"
        verdict = Verdict.REFUSED if declined and row.verdict is Verdict.DELETE else row.verdict
        name = row.snapshot.identifier.ljust(width)
        age_days = row.snapshot.age(plan.now) / timedelta(days=1)
        lines.append(f"{verdict.upper():<7}  {name}  {day}  {age_days:5.1f} d  {row.reason}")
    counts = {verdict: sum(row.verdict is verdict for row in plan.rows) for verdict in Verdict}
    lines += ["", ", ".join(f"{verdict} {count}" for verdict, count in counts.items() if count)]
    if declined is not None:
        lines.append(f"{type(declined).__name__}: {declined}")
    return "\n".join(lines) + "\n"


def write_all() -> None:
    """Write every golden file anew."""
    GOLDEN.mkdir(exist_ok=True)
    for name, plan in CASES.items():
        (GOLDEN / f"{name}.txt").write_text(table(plan()))


if __name__ == "__main__":
    write_all()
