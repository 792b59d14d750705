"""SQL in a cluster through the Redshift Data API."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

POLL_SECONDS = 0.1


class SqlError(Exception):
    """A statement failed, was aborted, or did not end in time."""


class Warehouse:
    """One database of one cluster, in the account of the client.

    :param client: boto3 ``redshift-data`` client.
    """

    def __init__(
        self, client: Any, cluster_identifier: str, *, database: str = "dev", user: str = "awsuser"
    ) -> None:
        self._client = client
        self._where = {
            "ClusterIdentifier": cluster_identifier,
            "Database": database,
            "DbUser": user,
        }

    def execute(self, sql: str, *, timeout_seconds: float = 120.0) -> str:
        """Run one statement to its end; return its id.

        :raises SqlError: with the statement and the database's own words.
        """
        statement_id: str = self._client.execute_statement(**self._where, Sql=sql)["Id"]
        self._wait(statement_id, sql, timeout_seconds)
        return statement_id

    def execute_all(self, statements: Sequence[str], *, timeout_seconds: float = 180.0) -> None:
        """Run statements in one transaction.

        :raises SqlError: none of them had an effect.
        """
        answer = self._client.batch_execute_statement(**self._where, Sqls=list(statements))
        self._wait(answer["Id"], "; ".join(statements), timeout_seconds)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query, all pages."""
        statement_id = self.execute(sql)
        pages = self._client.get_paginator("get_statement_result").paginate(Id=statement_id)
        return [
            tuple(_value(field) for field in record) for page in pages for record in page["Records"]
        ]

    def count_rows(self, tables: Iterable[str]) -> dict[str, int]:
        """Return the number of rows of each table, in the given order."""
        names = list(tables)
        counts = ", ".join(f"(select count(*) from {name})" for name in names)
        (row,) = self.query(f"select {counts}")
        return dict(zip(names, (int(count) for count in row), strict=True))

    def _wait(self, statement_id: str, sql: str, timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while True:
            statement = self._client.describe_statement(Id=statement_id)
            if statement["Status"] == "FINISHED":
                return
            if statement["Status"] in ("FAILED", "ABORTED"):
                reason = statement.get("Error", "no reason given")
                raise SqlError(f"{statement['Status']}: {reason}\n{sql}")
            if time.monotonic() > deadline:
                raise SqlError(f"{statement['Status']} after {timeout_seconds:.0f} s:\n{sql}")
            time.sleep(POLL_SECONDS)


def _value(field: dict[str, Any]) -> Any:
    ((kind, value),) = field.items()
    return None if kind == "isNull" else value
