"""Runs all checks of a restored cluster; one that fails stops no other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from redshift_dr.config.drill import DrillConfig, FreshnessCheck
from redshift_dr.validation.check_files import SqlCheck
from redshift_dr.validation.checks import Check, Result
from redshift_dr.validation.comparison import Baseline, compare, fault_of
from redshift_dr.validation.data_api import DataApi, QueryError
from redshift_dr.validation.freshness import freshness_sql, judge_freshness
from redshift_dr.validation.inventory import Name, Table, chunks
from redshift_dr.validation.taking import (
    Patience,
    count_rows,
    look_at_tables,
    side_by_side,
    with_counts,
)

INVENTORY = "inventory"
Counts = dict[Name, Table]


@dataclass(frozen=True)
class Suite:
    """What is checked.

    :param baseline: or the sentence why there is none.
    """

    drill: DrillConfig
    snapshot_create_time: datetime
    baseline: Baseline | str
    sql_checks: Sequence[SqlCheck]


def run_suite(suite: Suite, api: DataApi) -> list[Check]:
    """Run everything; the inventory's checks first, then SQL, then freshness."""
    patience = Patience(suite.drill.check_timeout_seconds)
    started = api.clock()
    tables: Counts | QueryError
    try:
        _, tables = look_at_tables(api, patience, suite.drill.concurrency)
    except QueryError as error:
        tables = error
    baseline = _usable(suite)
    known = _compared_tables(baseline, tables)
    jobs: list[Callable[[], Counts | Check]] = [
        *(_counting(api, names, patience) for names in chunks(known)),
        *(_sql_check(api, check, suite, tables) for check in suite.sql_checks),
        *(_freshness(api, one, suite) for one in suite.drill.freshness),
    ]
    done = side_by_side(jobs, suite.drill.concurrency)
    checks = [one for one in done if isinstance(one, Check)]
    counts = [one for one in done if not isinstance(one, Check)]
    statements = api.statements - sum(check.statements for check in checks)
    inventory = _inventory(suite, baseline, tables, counts)
    head = _summary(inventory, baseline, tables, api.clock() - started, statements)
    return [head, *inventory, *checks]


def _usable(suite: Suite) -> Baseline | str:
    if isinstance(suite.baseline, str):
        return suite.baseline
    return fault_of(suite.baseline, suite.snapshot_create_time) or suite.baseline


def _compared_tables(baseline: Baseline | str, tables: Counts | QueryError) -> list[Name]:
    """Tables whose rows are compared; the others need not be counted."""
    if isinstance(baseline, str) or isinstance(tables, QueryError):
        return []
    both = baseline.before.tables.keys() & baseline.after.tables.keys()
    return [name for name in tables if name in both]


def _inventory(
    suite: Suite, baseline: Baseline | str, tables: Counts | QueryError, counts: list[Counts]
) -> list[Check]:
    if isinstance(baseline, str) or isinstance(tables, QueryError):
        return []
    restored = with_counts(tables, counts)
    return compare(baseline, restored, tolerance_percent=suite.drill.tolerance_percent)


def _summary(
    checks: Sequence[Check],
    baseline: Baseline | str,
    tables: Counts | QueryError,
    seconds: float,
    statements: int,
) -> Check:
    """The inventory as a whole; each table has its own check beside it."""
    result: Result = "passed"
    numbers: dict[str, float] = {}
    if isinstance(tables, QueryError):
        result, message = "error", f"the restored tables cannot be listed: {tables}"
    elif isinstance(baseline, str):
        result, message = "not comparable", baseline
        numbers = {"tables_restored": len(tables)}
    elif not tables and not checks:
        result, message = "not comparable", "the reader sees no table, before, after or restored"
    else:
        good = sum(check.result == "passed" for check in checks)
        rows = sum(int(check.numbers.get("rows_restored", 0)) for check in checks)
        numbers = {"tables": len(checks), "tables_passed": good, "rows_restored": rows}
        message = f"{good} of {len(checks)} tables as they were, {rows:,} rows counted"
        # A failed table fails the drill by its own check and is counted once.
        if good < len(checks):
            result = "warned"
    return Check(INVENTORY, "inventory", "error", result, message, numbers, seconds, statements)


def _counting(api: DataApi, names: list[Name], patience: Patience) -> Callable[[], Counts]:
    return lambda: count_rows(api, names, patience)


def _sql_check(
    api: DataApi, check: SqlCheck, suite: Suite, tables: Counts | QueryError
) -> Callable[[], Check]:
    timeout = check.timeout_seconds or suite.drill.check_timeout_seconds

    def run() -> Check:
        schemas = set() if isinstance(tables, QueryError) else {schema for schema, _ in tables}
        lacking = [name for name in check.requires if name not in schemas]
        if lacking and not isinstance(tables, QueryError):
            message = f"the restored database has no table in the schema {', '.join(lacking)}"
            return Check(check.name, "sql", check.severity, "not comparable", message)
        started = api.clock()
        try:
            ((count,),) = api.query(check.sql, timeout_seconds=timeout).rows
        except QueryError as error:
            spent = api.clock() - started
            return Check(check.name, "sql", check.severity, "error", str(error), {}, spent, 1)
        bad: Result = "failed" if check.severity == "error" else "warned"
        message = f"{int(count):,} offending rows" if count else "no offending row"
        return Check(
            check.name,
            "sql",
            check.severity,
            bad if count else "passed",
            message,
            {"offending_rows": int(count)},
            api.clock() - started,
            1,
        )

    return run


def _freshness(api: DataApi, freshness: FreshnessCheck, suite: Suite) -> Callable[[], Check]:
    def run() -> Check:
        started = api.clock()
        sql = freshness_sql(freshness, suite.snapshot_create_time)
        try:
            ((age,),) = api.query(sql, timeout_seconds=suite.drill.check_timeout_seconds).rows
        except QueryError as error:
            spent = api.clock() - started
            return Check(freshness.column, "freshness", "error", "error", str(error), {}, spent, 1)
        return judge_freshness(
            freshness,
            None if age is None else float(age),
            seconds=api.clock() - started,
            statements=1,
        )

    return run
