"""A restored database beside the inventories from just before and just after its snapshot. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from redshift_dr.validation.checks import Check, Result
from redshift_dr.validation.inventory import Inventory, Name, Table

NAMES_TOLD = 5
"""Of columns; a message stays readable, the number is in ``numbers``."""


@dataclass(frozen=True)
class Baseline:
    """The two inventories around a snapshot's beginning."""

    before: Inventory
    after: Inventory


def fault_of(baseline: Baseline, snapshot_create_time: datetime) -> str | None:
    """Why the inventories do not enclose the snapshot's time, or ``None`` if they do.

    An adopted snapshot, or one made again after it failed, is of another time than its inventories.
    Times are of AWS's clocks; the snapshot's has whole seconds.
    """
    began = snapshot_create_time.replace(microsecond=0)
    before = baseline.before.started_at.replace(microsecond=0)
    after = baseline.after.started_at.replace(microsecond=0)
    if before > began:
        return f"the inventory before it was taken at {_iso(before)}, the snapshot at {_iso(began)}"
    if after < began:
        return f"the inventory after it was taken at {_iso(after)}, the snapshot at {_iso(began)}"
    return None


def compare(
    baseline: Baseline, restored: Mapping[Name, Table], *, tolerance_percent: float
) -> list[Check]:
    """One check for each table of the three.

    :param restored: the restored tables, with counts of those that both inventories have.
    :param tolerance_percent: of the larger of the two counts; widens both ends.
    """
    before, after = baseline.before.tables, baseline.after.tables
    return [
        _compared(name, before.get(name), after.get(name), restored.get(name), tolerance_percent)
        for name in sorted({*before, *after, *restored})
    ]


def _compared(
    name: Name, before: Table | None, after: Table | None, restored: Table | None, percent: float
) -> Check:
    if before is None or after is None:
        return _unsteady(name, before or after, restored)
    numbers = _numbers(rows_before=before.rows, rows_after=after.rows)
    if restored is None:
        message = f"missing table: it had {_rows(before)} before and {_rows(after)} after"
        return _check(name, "failed", message, {**numbers, "tables_missing": 1})
    columns = _column_faults(before, after, restored)
    counts = _count_result(before, after, restored, percent)
    numbers |= {"columns": len(restored.columns), **columns.numbers, **counts.numbers}
    faults = [part for part in (columns, counts) if part.result == "failed"]
    if faults:
        return _check(name, "failed", "; ".join(part.message for part in faults), numbers)
    if counts.result != "passed":
        return _check(name, counts.result, counts.message, numbers)
    return _check(name, columns.result, "; ".join((counts.message, columns.message)), numbers)


def _unsteady(name: Name, known: Table | None, restored: Table | None) -> Check:
    """A table that came or went while the snapshot began, or that nobody knew of."""
    here = "is in the snapshot" if restored else "is not in the snapshot"
    if known is None:
        message = f"unexpected table: it {here}, and in neither inventory"
        return _check(name, "warned", message, {"tables_unexpected": 1})
    message = f"created or dropped while the snapshot began; it {here}"
    return _check(name, "warned", message, _numbers(rows_known=known.rows))


@dataclass(frozen=True)
class _Part:
    result: Result
    message: str
    numbers: Mapping[str, float]


def _column_faults(before: Table, after: Table, restored: Table) -> _Part:
    steady = [name for name in before.columns if name in after.columns]
    missing = [name for name in steady if name not in restored.columns]
    changed = [
        f"{name} is {restored.columns[name]}, not {after.columns[name]}"
        for name in steady
        if name in restored.columns
        and restored.columns[name] not in (before.columns[name], after.columns[name])
    ]
    extra = [name for name in restored.columns if name not in {*before.columns, *after.columns}]
    told = [
        f"{len(found)} {words}: {_listed(found)}"
        for words, found in (
            ("missing columns", missing),
            ("changed columns", changed),
            ("unexpected columns", extra),
        )
        if found
    ]
    numbers = {
        "columns_missing": len(missing),
        "columns_changed": len(changed),
        "columns_unexpected": len(extra),
    }
    if not told:
        return _Part("passed", f"{len(restored.columns)} columns", numbers)
    return _Part("failed" if missing or changed else "warned", "; ".join(told), numbers)


def _count_result(before: Table, after: Table, restored: Table, percent: float) -> _Part:
    if restored.rows is None:
        return _Part("error", f"the restored rows were not counted: {restored.reason}", {})
    numbers: dict[str, float] = {"rows_restored": restored.rows}
    if before.rows is None or after.rows is None:
        reason = before.reason if before.rows is None else after.reason
        message = f"{restored.rows:,} rows, and no count to compare with: {reason}"
        return _Part("not comparable", message, numbers)
    slack = max(before.rows, after.rows) * percent / 100 if percent else 0
    lowest, highest = min(before.rows, after.rows) - slack, max(before.rows, after.rows) + slack
    numbers |= {"rows_lowest": lowest, "rows_highest": highest}
    expected = f"{lowest:,.0f}" if lowest == highest else f"{lowest:,.0f} to {highest:,.0f}"
    if lowest <= restored.rows <= highest:
        return _Part("passed", f"{restored.rows:,} rows, expected {expected}", numbers)
    off = restored.rows - (lowest if restored.rows < lowest else highest)
    share = abs(off) / highest * 100 if highest else 100.0
    numbers |= {"rows_off": off, "percent_off": round(share, 3)}
    words = f"{abs(off):,.0f} too {'few' if off < 0 else 'many'} ({share:.2f} %)"
    told = f"{restored.rows:,} rows, expected {expected}: {words}; tolerance {percent:g} %"
    return _Part("failed", told, numbers)


def _check(name: Name, result: Result, message: str, numbers: Mapping[str, float]) -> Check:
    return Check(".".join(name), "inventory", "error", result, message, numbers)


def _numbers(**found: int | None) -> dict[str, float]:
    return {name: value for name, value in found.items() if value is not None}


def _rows(table: Table) -> str:
    return "uncounted rows" if table.rows is None else f"{table.rows:,} rows"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMES_TOLD
    return ", ".join(names[:NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
