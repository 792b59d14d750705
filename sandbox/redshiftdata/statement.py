"""A submitted statement (or batch): its state, its outcome, and how both are described."""

from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, RLock
from typing import Any

from sandbox.clock import CLOCK
from sandbox.redshiftdata.login import Target
from sandbox.warehouse.results import Result

ENDED = ("FINISHED", "FAILED", "ABORTED")


@dataclass
class Part:
    """One SQL text of a statement; a batch has several, each with an id of its own.

    :param sql: as submitted.
    """

    part_id: str
    sql: str
    query_id: int
    status: str = "SUBMITTED"
    error: str | None = None
    result: Result | None = None
    result_size: int = -1
    duration_nanoseconds: int = -1
    created_at: datetime = field(default_factory=CLOCK.now)
    updated_at: datetime = field(default_factory=CLOCK.now)

    def move(self, status: str) -> None:
        """Go to a state."""
        self.status = status
        self.updated_at = CLOCK.now()

    def describe(self) -> dict[str, Any]:
        """Return the members that a statement and a sub-statement share."""
        has_rows = self.result is not None and self.result.has_rows
        row: dict[str, Any] = {
            "Id": self.part_id,
            "Status": self.status,
            "CreatedAt": self.created_at.timestamp(),
            "UpdatedAt": self.updated_at.timestamp(),
            "Duration": self.duration_nanoseconds,
            "QueryString": self.sql,
            "HasResultSet": has_rows,
            "ResultRows": -1 if self.result is None else self.result.row_count,
            "ResultSize": self.result_size,
            "RedshiftQueryId": self.query_id if self.status in ENDED else 0,
        }
        if self.error is not None:
            row["Error"] = self.error
        return row


@dataclass
class Statement:
    """What ExecuteStatement or BatchExecuteStatement made.

    :param owner: the caller's identity; nobody else may look at it.
    :param parts: one for ExecuteStatement.
    """

    statement_id: str
    target: Target
    owner: str
    parts: list[Part]
    is_batch: bool
    pid: int
    name: str | None = None
    parameters: list[dict[str, str]] = field(default_factory=list)
    result_format: str = "JSON"
    execution_mode: str = "TRANSACTION"
    with_event: bool = False
    status: str = "SUBMITTED"
    error: str | None = None
    duration_nanoseconds: int = -1
    created_at: datetime = field(default_factory=CLOCK.now)
    updated_at: datetime = field(default_factory=CLOCK.now)
    ended: Event = field(default_factory=Event)
    lock: Any = field(default_factory=RLock)
    cancel_requested: bool = False

    def move(self, status: str) -> None:
        """Go to a state."""
        self.status = status
        self.updated_at = CLOCK.now()

    @property
    def has_rows(self) -> bool:
        """Whether any part returned rows."""
        return any(part.result is not None and part.result.has_rows for part in self.parts)

    def submitted(self) -> dict[str, Any]:
        """Return the answer to the call that made it."""
        row = {
            "Id": self.statement_id,
            "CreatedAt": self.created_at.timestamp(),
            "Status": self.status,
            "HasResultSet": self.has_rows,
            "RedshiftPid": self.pid,
            **self._target(),
        }
        return row

    def describe(self) -> dict[str, Any]:
        """Return the answer to DescribeStatement."""
        with self.lock:
            row = dict(self.parts[0].describe())
            if self.is_batch:
                row["SubStatements"] = [part.describe() for part in self.parts]
                row["ResultRows"] = row["ResultSize"] = -1
                row["ExecutionMode"] = self.execution_mode
                row.pop("QueryString")
            row.update(
                Id=self.statement_id,
                Status=self.status,
                CreatedAt=self.created_at.timestamp(),
                UpdatedAt=self.updated_at.timestamp(),
                Duration=self.duration_nanoseconds,
                HasResultSet=self.has_rows,
                RedshiftPid=self.pid if self.status in ENDED else 0,
                ResultFormat=self.result_format,
                **self._target(),
            )
            row.pop("Error", None)
            if self.error is not None:
                row["Error"] = self.error
            if self.parameters:
                row["QueryParameters"] = self.parameters
            return row

    def summarize(self) -> dict[str, Any]:
        """Return its row of ListStatements."""
        row: dict[str, Any] = {
            "Id": self.statement_id,
            "Status": self.status,
            "CreatedAt": self.created_at.timestamp(),
            "UpdatedAt": self.updated_at.timestamp(),
            "IsBatchStatement": self.is_batch,
            "QueryString": self.parts[0].sql,
            "ResultFormat": self.result_format,
        }
        if self.is_batch:
            row["QueryStrings"] = [part.sql for part in self.parts]
        if self.name:
            row["StatementName"] = self.name
        if self.target.secret_arn:
            row["SecretArn"] = self.target.secret_arn
        if self.parameters:
            row["QueryParameters"] = self.parameters
        return row

    def _target(self) -> dict[str, Any]:
        row = {
            "ClusterIdentifier": self.target.cluster_identifier,
            "Database": self.target.database,
        }
        if self.target.secret_arn:
            row["SecretArn"] = self.target.secret_arn
        else:
            row["DbUser"] = self.target.user_name
        return row
