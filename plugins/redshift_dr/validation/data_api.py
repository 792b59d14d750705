"""Runs queries through the Redshift Data API: no network path to the cluster, no password."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from redshift_dr.aws_errors import UNREACHABLE
from redshift_dr.errors import RedshiftDrError
from redshift_dr.snapshot_wait import PASSING_CODES
from redshift_dr.validation.words import reason_of

NO_ROOM_TO_WAIT = "ActiveWaitingRequestsExceededException"
BUSY_CODES = PASSING_CODES | {
    "ActiveSessionsExceededException",
    "ActiveStatementsExceededException",
    "InternalServerException",
    NO_ROOM_TO_WAIT,
}
"""Errors of a call that say nothing about the statement; they are waited out."""

ENDED = ("FINISHED", "FAILED", "ABORTED")
LONGEST_WAIT_SECONDS = 30
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0


class QueryError(RedshiftDrError):
    """A query has no result; the message holds no value of a row."""


class QueryDeadlineError(QueryError):
    """A query did not end in time, and was cancelled."""


@dataclass(frozen=True)
class Answer:
    """The rows of a query.

    :param created_at: when AWS took the statement, by AWS's clock.
    """

    rows: list[tuple[Any, ...]]
    created_at: datetime


class DataApi:
    """One database of one cluster, seen by one database user. Many threads may query at once.

    :param client: boto3 ``redshift-data`` client.
    :param db_user: logs in with temporary credentials of ``redshift:GetClusterCredentials``.
    :param clock: seconds that only ever grow; ``sleep`` passes them.
    """

    def __init__(
        self,
        client: Any,
        *,
        cluster_identifier: str,
        database: str,
        db_user: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self.database = database
        self._where = {
            "ClusterIdentifier": cluster_identifier,
            "Database": database,
            "DbUser": db_user,
        }
        self.clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._waits_there = True
        self.statements = 0

    def query(
        self, sql: str, *, timeout_seconds: float, parameters: Mapping[str, str] | None = None
    ) -> Answer:
        """Run one query to its end.

        :param timeout_seconds: until the result is here; then the statement is cancelled.
        :raises QueryError: it failed, or AWS refused it.
        :raises QueryDeadlineError: it did not end in time.
        """
        deadline = self.clock() + timeout_seconds
        try:
            statement = self._submit(sql, deadline, parameters or {})
            self._await(statement, sql, deadline, timeout_seconds)
            return Answer(self._rows(statement["Id"], deadline), statement["CreatedAt"])
        except ClientError as error:
            code, words = (error.response["Error"].get(key, "") for key in ("Code", "Message"))
            raise QueryError(f"AWS refused the query, {code}: {words.rstrip('.')}") from None
        except UNREACHABLE as error:
            raise QueryError(f"AWS did not answer: {type(error).__name__}") from None

    def _submit(self, sql: str, deadline: float, parameters: Mapping[str, str]) -> dict[str, Any]:
        with self._lock:
            self.statements += 1
        # The token is the same in every attempt: a lost reply does not run the query twice.
        request: dict[str, Any] = {**self._where, "Sql": sql, "ClientToken": str(uuid4())}
        if parameters:
            request["Parameters"] = [{"name": k, "value": v} for k, v in parameters.items()]
        return self._call(self._client.execute_statement, deadline, request, waits=True)

    def _await(
        self, statement: dict[str, Any], sql: str, deadline: float, timeout_seconds: float
    ) -> None:
        request = {"Id": statement["Id"]}
        seen, pause = statement, FIRST_PAUSE_SECONDS
        while seen.get("Status") not in ENDED:
            if self.clock() >= deadline:
                raise QueryDeadlineError(self._cancel(statement["Id"], timeout_seconds))
            if not self._waits_there:
                self._sleep(min(pause, max(0.0, deadline - self.clock())))
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            seen = self._call(self._client.describe_statement, deadline, request, waits=True)
        if seen["Status"] != "FINISHED":
            if "Error" not in seen:
                seen = self._call(self._client.describe_statement, deadline, request)
            raise QueryError(reason_of(seen.get("Error", ""), sql, statement["Id"]))

    def _rows(self, statement_id: str, deadline: float) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        request = {"Id": statement_id}
        while True:
            page = self._call(self._client.get_statement_result, deadline, request)
            found += [tuple(map(_value, record)) for record in page["Records"]]
            if not page.get("NextToken"):
                return found
            request["NextToken"] = page["NextToken"]

    def _cancel(self, statement_id: str, timeout_seconds: float) -> str:
        late = f"no result within {timeout_seconds:g} seconds"
        try:
            self._client.cancel_statement(Id=statement_id)
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            return f"{late}; statement {statement_id} was not cancelled: {code}"
        except UNREACHABLE as error:
            return f"{late}; statement {statement_id} was not cancelled: {type(error).__name__}"
        return f"{late}; it was cancelled"

    def _call(
        self,
        operation: Callable[..., dict[str, Any]],
        deadline: float,
        request: Mapping[str, Any],
        *,
        waits: bool = False,
    ) -> dict[str, Any]:
        """Call AWS, again and again while it is busy, until the deadline."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            arguments = dict(request)
            if waits and self._waits_there:
                left = int(deadline - self.clock())
                arguments["WaitTimeSeconds"] = max(1, min(LONGEST_WAIT_SECONDS, left))
            try:
                return operation(**arguments)
            except ClientError as error:
                code = error.response["Error"].get("Code", "")
                if code not in BUSY_CODES or self.clock() + pause >= deadline:
                    raise
                if code == NO_ROOM_TO_WAIT:
                    self._waits_there = False
            self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _value(field: Mapping[str, Any]) -> Any:
    ((kind, value),) = field.items()
    return None if kind == "isNull" else value
