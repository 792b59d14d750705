"""Validate a database of many tables: statements, and time against the same SQL run directly."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.measure import interleave, seconds_of
from benchmarks.row import Context, Row
from benchmarks.sandbox_process import running_sandbox
from redshift_backup.aws import client
from redshift_dr.config.drill import DrillConfig
from redshift_dr.validation.check_files import SqlCheck
from redshift_dr.validation.checks import verdict_of
from redshift_dr.validation.comparison import Baseline
from redshift_dr.validation.data_api import DataApi
from redshift_dr.validation.suite import Suite, run_suite
from redshift_dr.validation.taking import Patience, take_inventory

NAME = "validation"
CLUSTER, DATABASE, USER = "warehouse", "dev", "awsuser"
SCHEMA = "bench"
MOST_TIME_RATIO = 1.5
CHECKS = 10
SECONDS = 300


@dataclass(frozen=True)
class Size:
    """One database to validate."""

    tables: int
    digits: int
    repetitions: int

    @property
    def title(self) -> str:
        """What the table calls it."""
        return f"{self.tables} tables x {10**self.digits:,} rows, {CHECKS} checks"


SIZE = Size(tables=100, digits=5, repetitions=5)
QUICK_SIZE = Size(tables=30, digits=1, repetitions=1)


class Recording(DataApi):
    """Keeps what it was asked."""

    def __init__(self, data: Any) -> None:
        super().__init__(data, cluster_identifier=CLUSTER, database=DATABASE, db_user=USER)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._asking = threading.Lock()

    def query(self, sql: str, **options: Any) -> Any:
        """Run one query to its end, and remember it."""
        with self._asking:
            self.asked.append((sql, options.get("parameters") or {}))
        return super().query(sql, **options)


def run(context: Context) -> list[Row]:
    """Measure one database."""
    size = QUICK_SIZE if context.quick else SIZE
    with running_sandbox(context.scratch):
        context.say(f"validation: {size.title}")
        data = client("redshift-data")
        _load(data, size)
        return _measure(data, size)


def _load(data: Any, size: Size) -> None:
    client("redshift").create_cluster(
        ClusterIdentifier=CLUSTER,
        NodeType="ra3.large",
        NumberOfNodes=2,
        DBName=DATABASE,
        MasterUsername=USER,
        MasterUserPassword="Fake-Sandbox-Password-1",
    )
    digits = ", ".join(f"({number})" for number in range(10))
    names = [f"d{position}" for position in range(size.digits)]
    number = " + ".join(f"{name}.n * {10**position}" for position, name in enumerate(names))
    source = " CROSS JOIN ".join(f"{SCHEMA}.digits {name}" for name in names)
    _execute(
        data,
        [
            f"CREATE SCHEMA {SCHEMA}",
            f"CREATE TABLE {SCHEMA}.digits (n INTEGER)",
            f"INSERT INTO {SCHEMA}.digits VALUES {digits}",
        ],
    )
    for table in range(size.tables):
        _execute(
            data,
            [
                f"CREATE TABLE {SCHEMA}.t{table} (id BIGINT, amount DECIMAL(12,2))",
                f"INSERT INTO {SCHEMA}.t{table} SELECT {number}, d0.n FROM {source}",
            ],
        )
    _execute(data, [f"DROP TABLE {SCHEMA}.digits"])


def _execute(data: Any, sqls: list[str]) -> None:
    where = {"ClusterIdentifier": CLUSTER, "Database": DATABASE, "DbUser": USER}
    done = data.batch_execute_statement(**where, Sqls=sqls, WaitTimeSeconds=30)
    if done["Status"] != "FINISHED":
        raise RuntimeError(f"{done['Status']}: {data.describe_statement(Id=done['Id'])['Error']}")


def _measure(data: Any, size: Size) -> list[Row]:
    drill = DrillConfig()
    inventory = take_inventory(Recording(data), Patience(SECONDS), drill.concurrency)
    checks = [
        SqlCheck(f"check {number}", f"SELECT id FROM {SCHEMA}.t{number} WHERE amount > 9")
        for number in range(CHECKS)
    ]
    suite = Suite(drill, inventory.started_at, Baseline(inventory, inventory), checks)
    asked: list[tuple[str, dict[str, str]]] = []

    def ours() -> float:
        api = Recording(data)

        def work() -> None:
            found = run_suite(suite, api)
            if verdict_of(found) != "passed" or len(found) != 1 + size.tables + CHECKS:
                raise RuntimeError(f"{len(found)} checks, {verdict_of(found)}")

        seconds = seconds_of(work)
        asked[:] = api.asked
        return seconds

    ours()
    pair = interleave(ours, lambda: seconds_of(lambda: _directly(data, asked)), size.repetitions)
    fastest = pair.ours.minimum
    return [
        Row(
            NAME,
            f"statements, {size.title}",
            len(asked),
            size.tables + CHECKS,
            "statements",
            1.0,
            "floor: one for each table and check",
        ),
        Row(
            NAME,
            f"time, {size.title}",
            fastest,
            pair.floor.minimum,
            "seconds",
            MOST_TIME_RATIO,
            f"floor: a script that runs the same SQL one by one; {fastest / size.tables:.3f} "
            "seconds for each table",
            pair.ours.values,
            pair.floor.values,
        ),
    ]


def _directly(data: Any, asked: Sequence[tuple[str, dict[str, str]]]) -> None:
    """The least that a person would write: run, wait, read; without deadlines or comparison."""
    where = {"ClusterIdentifier": CLUSTER, "Database": DATABASE, "DbUser": USER}
    for sql, parameters in asked:
        more = {"Parameters": [{"name": k, "value": v} for k, v in parameters.items()]}
        request = {**where, "Sql": sql, "WaitTimeSeconds": 30, **(more if parameters else {})}
        statement = data.execute_statement(**request)
        pages = data.get_paginator("get_statement_result").paginate(Id=statement["Id"])
        _ = [page["Records"] for page in pages]
