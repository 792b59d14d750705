"""Takes a database's inventory with few statements, side by side."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from redshift_dr.validation.data_api import DataApi, QueryDeadlineError, QueryError
from redshift_dr.validation.inventory import (
    COLUMNS_SQL,
    TABLES_SQL,
    Inventory,
    Name,
    Table,
    chunks,
    count_sql,
    tables_of,
)

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Patience:
    """How long queries may take.

    :param query_seconds: each.
    :param until: all of them, by the API's clock; ``None`` for no such end.
    """

    query_seconds: float
    until: float | None = None

    def left(self, now: float) -> float:
        """What the next query may take.

        :raises QueryDeadlineError: nothing is left.
        """
        if self.until is None:
            return self.query_seconds
        if now >= self.until:
            raise QueryDeadlineError("no time was left for it")
        return min(self.query_seconds, self.until - now)


def side_by_side(jobs: Iterable[Callable[[], ResultT]], concurrency: int) -> list[ResultT]:
    """Run jobs in threads; results in the order of the jobs."""
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        return list(pool.map(lambda job: job(), jobs))


def look_at_tables(
    api: DataApi, patience: Patience, concurrency: int
) -> tuple[datetime, dict[Name, Table]]:
    """Tables and columns, not counted; and when AWS took the first statement.

    :raises QueryError: a query failed.
    """
    where = {"database": api.database}

    def ask(sql: str) -> Callable[[], tuple[datetime, list[tuple[object, ...]]]]:
        def job() -> tuple[datetime, list[tuple[object, ...]]]:
            timeout = patience.left(api.clock())
            answer = api.query(sql, timeout_seconds=timeout, parameters=where)
            return answer.created_at, answer.rows

        return job

    names, columns = side_by_side([ask(TABLES_SQL), ask(COLUMNS_SQL)], concurrency)
    return min(names[0], columns[0]), tables_of(names[1], columns[1])


def count_rows(api: DataApi, names: Sequence[Name], patience: Patience) -> dict[Name, Table]:
    """Count tables in one statement; halve it where it fails, so that only the cause is uncounted.

    :return: for each name a table without columns, that has ``rows`` or a ``reason``.
    """
    try:
        timeout = patience.left(api.clock())
        rows = api.query(count_sql(names), timeout_seconds=timeout).rows
        return {names[int(position)]: Table({}, int(counted)) for position, counted in rows}
    except QueryDeadlineError as error:
        # Each half would be as late, and the table that is slow would be asked for again and again.
        return {name: Table({}, None, str(error)) for name in names}
    except QueryError as error:
        if len(names) == 1:
            return {names[0]: Table({}, None, str(error))}
        middle = len(names) // 2
        return {
            **count_rows(api, names[:middle], patience),
            **count_rows(api, names[middle:], patience),
        }


def with_counts(
    tables: dict[Name, Table], counted: Iterable[dict[Name, Table]]
) -> dict[Name, Table]:
    """Put counts to the tables."""
    found = {name: table for part in counted for name, table in part.items()}
    return {
        name: replace(table, rows=found[name].rows, reason=found[name].reason)
        if name in found
        else table
        for name, table in tables.items()
    }


def take_inventory(api: DataApi, patience: Patience, concurrency: int) -> Inventory:
    """Everything that the reader sees, as far as there is time; a table that could not be counted
    says why.

    :raises QueryError: not even the tables could be listed.
    """
    started_at, tables = look_at_tables(api, patience, concurrency)
    jobs = [_count(api, names, patience) for names in chunks(list(tables))]
    return Inventory(started_at, with_counts(tables, side_by_side(jobs, concurrency)))


def _count(
    api: DataApi, names: Sequence[Name], patience: Patience
) -> Callable[[], dict[Name, Table]]:
    return lambda: count_rows(api, names, patience)
