"""Running a statement in its own thread, from SUBMITTED to its end."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from sandbox.redshiftdata.errors import LoginError
from sandbox.redshiftdata.fields import result_bytes
from sandbox.redshiftdata.parameters import bind_parameters
from sandbox.redshiftdata.statement import Part, Statement
from sandbox.warehouse.cluster import Warehouse
from sandbox.warehouse.errors import (
    NoSuchWarehouseError,
    SqlError,
    StatementCancelledError,
    WarehouseError,
)
from sandbox.warehouse.results import Result
from sandbox.warehouse.session import Session

LARGEST_RESULT_BYTES = 500 * 1024 * 1024
LARGEST_ROW_BYTES = 64 * 1024
RESULTS_KEPT = timedelta(hours=24)


_ACTIVE: set["Run"] = set()
_ACTIVE_LOCK = threading.Lock()


def stop_all() -> None:
    """Cancel every statement of every account and wait for the ends.

    moto's own reset empties the backends first, so they cannot be asked what runs.
    """
    with _ACTIVE_LOCK:
        runs = list(_ACTIVE)
    for run in runs:
        run.statement.cancel_requested = True
    deadline = time.monotonic() + 10
    while runs and time.monotonic() < deadline:
        for run in runs:
            run.interrupt()
        runs[0].statement.ended.wait(0.02)
        runs = [run for run in runs if not run.statement.ended.is_set()]


class Run:
    """One statement on its way; :meth:`cancel` may come at any time from another thread.

    :param on_end: called once, after the last state was set and before waiters wake up.
    """

    def __init__(self, statement: Statement, on_end: Callable[[Statement], None]) -> None:
        self.statement = statement
        self._on_end = on_end
        self._session: Session | None = None
        self._thread = threading.Thread(
            target=self._run, name=f"statement-{statement.statement_id}", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        with _ACTIVE_LOCK:
            _ACTIVE.add(self)
        self._thread.start()

    def cancel(self, patience_seconds: float = 2.0) -> None:
        """Ask the statement to stop; it ends as ABORTED unless it was faster.

        DuckDB forgets an interruption that comes between two of a statement's queries, so it is
        repeated until the end or until patience is over.
        """
        self.statement.cancel_requested = True
        deadline = time.monotonic() + patience_seconds
        while not self.statement.ended.is_set() and time.monotonic() < deadline:
            self.interrupt()
            self.statement.ended.wait(0.02)

    def interrupt(self) -> None:
        """Interrupt what DuckDB does for the statement now, if anything."""
        with self.statement.lock:
            if self._session is not None:
                self._session.cancel()

    def _run(self) -> None:
        statement = self.statement
        started = time.monotonic_ns()
        status, error = "FAILED", None
        try:
            statement.move("PICKED")
            self._run_in(statement.target.find_warehouse())
            status = "FINISHED"
        except StatementCancelledError:
            status = "ABORTED"
        except (WarehouseError, NoSuchWarehouseError, LoginError) as reason:
            error = str(reason)
        except BaseException:
            error = "ERROR: the sandbox crashed while it ran the statement"
            raise
        finally:
            self._end(status, error, time.monotonic_ns() - started)
            with _ACTIVE_LOCK:
                _ACTIVE.discard(self)

    def _run_in(self, warehouse: Warehouse) -> None:
        statement = self.statement
        while not warehouse.lock.acquire(timeout=0.05):
            if statement.cancel_requested:
                raise StatementCancelledError("cancelled while another statement ran")
        try:
            user, admin_name = statement.target.log_in(warehouse)
            database = statement.target.database
            session = Session(warehouse, database, user, admin_name=admin_name, pid=statement.pid)
            try:
                with statement.lock:
                    self._session = session
                    statement.move("STARTED")
                self._run_parts(session)
            finally:
                with statement.lock:
                    self._session = None
                session.close()
        finally:
            warehouse.lock.release()

    def _run_parts(self, session: Session) -> None:
        statement = self.statement
        together = statement.is_batch and statement.execution_mode == "TRANSACTION"
        if together:
            session.begin()
        failures = []
        for part in statement.parts:
            try:
                self._run_part(part, session)
            except SqlError as reason:
                if together or not statement.is_batch:
                    raise
                failures.append(str(reason))
        if together:
            session.commit()
        if failures:
            raise SqlError(failures[0])

    def _run_part(self, part: Part, session: Session) -> None:
        started = time.monotonic_ns()
        try:
            part.move("STARTED")
            if self.statement.cancel_requested:
                raise StatementCancelledError("cancelled before it began")
            sql = bind_parameters(part.sql, self.statement.parameters)
            result = session.execute(sql)
            part.result_size = check_size(result) if result.has_rows else 0
            part.result = result
            part.move("FINISHED")
        except StatementCancelledError:
            part.move("ABORTED")
            raise
        except SqlError as reason:
            part.error = str(reason)
            part.move("FAILED")
            raise
        finally:
            part.duration_nanoseconds = time.monotonic_ns() - started

    def _end(self, status: str, error: str | None, duration_nanoseconds: int) -> None:
        statement = self.statement
        with statement.lock:
            statement.error = error
            statement.duration_nanoseconds = duration_nanoseconds
            for part in statement.parts:
                if part.status not in ("FINISHED", "FAILED"):
                    part.move("ABORTED")
            if status != "FINISHED" and statement.execution_mode == "TRANSACTION":
                _forget_results(statement.parts)
            statement.move(status)
        self._on_end(statement)
        statement.ended.set()


def check_size(result: Result) -> int:
    """Measure a result in bytes.

    :raises SqlError: a row or the whole is larger than the Data API returns.
    """
    total = 0
    for row in result.rows:
        size = result_bytes(row)
        if size > LARGEST_ROW_BYTES:
            raise SqlError(f"a row of the result has {size} bytes, more than {LARGEST_ROW_BYTES}")
        total += size
    if total > LARGEST_RESULT_BYTES:
        raise SqlError(f"the result has {total} bytes, more than {LARGEST_RESULT_BYTES}")
    return total


def _forget_results(parts: list[Part]) -> None:
    """Rows of a transaction that was rolled back are not to be had."""
    for part in parts:
        part.result, part.result_size = None, -1
