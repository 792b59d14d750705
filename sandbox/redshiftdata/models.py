"""Statements of one account and region."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from threading import RLock
from typing import Any
from uuid import uuid4

from moto.events.models import events_backends
from moto.redshiftdata.models import RedshiftDataAPIServiceBackend

from sandbox.clock import CLOCK
from sandbox.redshiftdata.errors import (
    ResourceNotFoundError,
    TooManyStatementsError,
    ValidationError,
)
from sandbox.redshiftdata.login import Target
from sandbox.redshiftdata.runner import RESULTS_KEPT, Run
from sandbox.redshiftdata.statement import ENDED, Part, Statement

MOST_ACTIVE = 200
TOKENS_KEPT = timedelta(hours=8)
NUMBERS = count(1000)
"""Process and query identifiers of the whole sandbox."""


class SandboxRedshiftDataBackend(RedshiftDataAPIServiceBackend):
    """Accepts statements, runs each in a thread, and keeps results for 24 hours."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._lock = RLock()
        self._statements: dict[str, Statement] = {}
        self._runs: dict[str, Run] = {}
        self._tokens: dict[tuple[str, str], tuple[str, datetime, str]] = {}

    def submit(
        self,
        target: Target,
        sqls: list[str],
        owner: str,
        *,
        token: str | None,
        fingerprint: str,
        **options: Any,
    ) -> Statement:
        """Start a statement, or return the one that was started with the same token.

        :raises ValidationError: the token was used for another request.
        :raises TooManyStatementsError: 200 statements are active already.
        """
        with self._lock:
            self._forget_old()
            known = self._by_token(owner, token, fingerprint)
            if known is not None:
                return known
            active = [s for s in self._statements.values() if s.status not in ENDED]
            on_cluster = [
                s for s in active if s.target.cluster_identifier == target.cluster_identifier
            ]
            if len(on_cluster) >= MOST_ACTIVE:
                raise TooManyStatementsError(
                    f"{len(on_cluster)} statements are active on cluster"
                    f" {target.cluster_identifier}; at most {MOST_ACTIVE} may be"
                )
            statement = _make_statement(target, sqls, owner, **options)
            self._statements[statement.statement_id] = statement
            if token:
                self._tokens[owner, token] = (statement.statement_id, CLOCK.now(), fingerprint)
            run = self._runs[statement.statement_id] = Run(statement, self._ended)
        run.start()
        return statement

    def find(self, statement_id: str, owner: str) -> Statement:
        """Return a caller's statement by its id or the id of one of its parts.

        :raises ResourceNotFoundError: there is none, it is too old, or somebody else's.
        """
        with self._lock:
            self._forget_old()
            statement = self._statements.get(statement_id.partition(":")[0])
        if statement is None or statement.owner != owner:
            raise ResourceNotFoundError("Query does not exist.", statement_id)
        return statement

    def statements_of(self, owner: str) -> list[Statement]:
        """Return a caller's statements, newest first."""
        with self._lock:
            self._forget_old()
            mine = [s for s in self._statements.values() if s.owner == owner]
        return list(reversed(mine))

    def cancel(self, statement_id: str, owner: str) -> None:
        """Ask a statement to stop.

        :raises ValidationError: it has ended.
        """
        statement = self.find(statement_id, owner)
        if statement.status in ENDED:
            raise ValidationError(
                f"Could not cancel a query that is already in {statement.status} state"
                f" with ID: {statement_id}"
            )
        self._runs[statement.statement_id].cancel()

    def _by_token(self, owner: str, token: str | None, fingerprint: str) -> Statement | None:
        if not token or (owner, token) not in self._tokens:
            return None
        statement_id, _, known = self._tokens[owner, token]
        if known != fingerprint:
            raise ValidationError(f"ClientToken {token} was used for another request")
        return self._statements[statement_id]

    def _forget_old(self) -> None:
        now = CLOCK.now()
        for token, (_, since, _) in list(self._tokens.items()):
            if now - since > TOKENS_KEPT:
                del self._tokens[token]
        for statement_id, statement in list(self._statements.items()):
            if statement.status in ENDED and now - statement.updated_at > RESULTS_KEPT:
                del self._statements[statement_id], self._runs[statement_id]

    def _ended(self, statement: Statement) -> None:
        if statement.with_event:
            publish_end(statement)


def publish_end(statement: Statement) -> None:
    """Send the event that EventBridge gets at a statement's end."""
    target = statement.target
    detail = {
        "principal": statement.owner,
        "statementName": statement.name or "",
        "statementId": statement.statement_id,
        "clusterId": target.cluster_identifier,
        "database": target.database,
        "state": statement.status,
        "rows": -1
        if statement.is_batch or not statement.parts[0].result
        else statement.parts[0].result.row_count,
        "expireAt": int((statement.updated_at + RESULTS_KEPT).timestamp()),
    }
    events_backends[target.account_id][target.region].put_events(
        [
            {
                "Source": "aws.redshift-data",
                "DetailType": "Redshift Data Statement Status Change",
                "Detail": json.dumps(detail),
                "Resources": [
                    f"arn:aws:redshift:{target.region}:{target.account_id}"
                    f":cluster:{target.cluster_identifier}"
                ],
            }
        ]
    )


def _make_statement(
    target: Target, sqls: list[str], owner: str, *, is_batch: bool, **options: Any
) -> Statement:
    statement_id = str(uuid4())
    number: Callable[[], int] = NUMBERS.__next__
    parts = [
        Part(f"{statement_id}:{position}" if is_batch else statement_id, sql, number())
        for position, sql in enumerate(sqls, start=1)
    ]
    return Statement(statement_id, target, owner, parts, is_batch, pid=number(), **options)
