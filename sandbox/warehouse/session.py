"""A user's connection to one database."""

from copy import deepcopy
from typing import Any

import duckdb
from sqlglot import exp

from sandbox.clock import CLOCK
from sandbox.warehouse import commands, statements
from sandbox.warehouse.access import User
from sandbox.warehouse.catalog import Catalog
from sandbox.warehouse.cluster import Warehouse
from sandbox.warehouse.dialect import parse, split_statements, tokenize
from sandbox.warehouse.errors import SqlError, StatementCancelledError
from sandbox.warehouse.messages import translate
from sandbox.warehouse.relations import Scope
from sandbox.warehouse.results import Result
from sandbox.warehouse.rewrite import NOW, Facts, rewrite
from sandbox.warehouse.types import result_column


class Session:
    """Runs the statements of one user in one database, and ends without a trace of open work.

    Its owner holds the warehouse's lock for as long as it lives.

    :param admin_name: the cluster's ``MasterUsername``.
    :param pid: what ``pg_backend_pid()`` says.
    """

    def __init__(
        self, warehouse: Warehouse, database: str, user: User, *, admin_name: str = "", pid: int = 1
    ) -> None:
        self.warehouse = warehouse
        self.database = database
        self.user = user
        self.admin_name = admin_name or user.name
        self.pid = pid
        self.copied_rows = 0
        self.search_path: tuple[str, ...] = ("public",)
        self.in_transaction = False
        self.connection = warehouse.engine.connect(database)
        self._access_before: Any = None
        self._scope: Scope | None = None

    @property
    def scope(self) -> Scope:
        """Relations and privileges as of the statement that runs."""
        if self._scope is None:
            catalog = Catalog.read(self.connection, self.database, self.search_path)
            self._scope = Scope(catalog, self.warehouse.access, self.user)
        return self._scope

    def execute(self, sql: str) -> Result:
        """Run one statement.

        Outside of a transaction it is one of its own: it changes everything or nothing.

        :raises SqlError: it failed; a transaction that was open is rolled back.
        :raises StatementCancelledError: :meth:`cancel` was called.
        """
        self._scope = None
        texts = split_statements(sql)
        if len(texts) > 1:
            raise SqlError("cannot insert multiple commands into a prepared statement")
        if not texts:
            raise SqlError("the statement is empty")
        alone = not self.in_transaction
        try:
            if commands.controls_transaction(tokenize(texts[0])):
                return commands.run(texts[0], self)
            return self._execute_in_transaction(texts[0], alone)
        except duckdb.InterruptException as error:
            self.rollback()
            raise StatementCancelledError("the statement was cancelled") from error
        except duckdb.Error as error:
            self.rollback()
            raise translate(str(error)) from error
        except SqlError:
            self.rollback()
            raise

    def _execute_in_transaction(self, sql: str, alone: bool) -> Result:
        if alone and not commands.runs_alone(tokenize(sql)):
            self.begin()
        self._set_time()
        result = commands.run(sql, self) if commands.knows(tokenize(sql)) else None
        if result is None:
            result = statements.run(parse(sql), self)
        if alone:
            self.commit()
        return result

    def begin(self) -> None:
        """Open a transaction."""
        if not self.in_transaction:
            self.connection.execute("BEGIN")
            self._access_before = deepcopy(self.warehouse.access)
            self.in_transaction = True

    def commit(self) -> None:
        """End a transaction; without one it does nothing."""
        if self.in_transaction:
            self.connection.execute("COMMIT")
            self.in_transaction = False

    def rollback(self) -> None:
        """Undo a transaction, users and grants included; without one it does nothing."""
        if not self.in_transaction:
            return
        self.in_transaction = False
        self.warehouse.access = self._access_before
        # DuckDB may have ended it by itself after an error.
        try:
            self.connection.execute("ROLLBACK")
        except duckdb.TransactionException:
            return

    def commit_truncate(self) -> None:
        """TRUNCATE commits the transaction in which it runs."""
        if self.in_transaction:
            self.commit()
            self.begin()

    def cancel(self) -> None:
        """Interrupt the statement that runs; callable from another thread."""
        self.connection.interrupt()

    def close(self) -> None:
        """Undo open work and disconnect."""
        self.rollback()
        self.connection.close()

    def query(self, sql: str) -> Result:
        """Run a query that is DuckDB's already and return its rows."""
        cursor = self.connection.execute(sql)
        columns = tuple(result_column(item[0], str(item[1])) for item in cursor.description)
        rows = cursor.fetchall()
        return Result(len(rows), True, columns, rows)

    def change(self, sql: str) -> Result:
        """Run a change that is DuckDB's already and return the number of rows it touched."""
        self.warehouse.changed()
        rows = self.connection.execute(sql).fetchall()
        return Result(int(rows[0][0]) if rows and isinstance(rows[0][0], int) else 0)

    def prepare(self, statement: exp.Expr) -> None:
        """Rewrite the expressions of a definition."""
        rewrite(statement, self._facts(statement))

    def to_duckdb(self, statement: exp.Expr) -> str:
        """Turn a statement whose relations are bound into DuckDB's SQL."""
        return rewrite(statement, self._facts(statement)).sql("duckdb")

    def bind_query(self, statement: exp.Expr) -> str:
        """Turn the query of an UNLOAD into DuckDB's SQL.

        :raises SqlError: it is not a query.
        """
        return statements.bind_query(statement, self)

    def _facts(self, statement: exp.Expr) -> Facts:
        kinds: dict[str, set[str]] = {}
        if statement.find(exp.Sum, exp.Avg, exp.Trunc, exp.TimestampTrunc):
            for table in statement.find_all(exp.Table):
                relation = (table.catalog, table.db, table.name)
                for column in self.scope.catalog.columns(relation):
                    kinds.setdefault(column.name, set()).add(column.data_type)
        return Facts(
            user_name=self.user.name,
            database=self.database,
            schema=self.search_path[0],
            pid=self.pid,
            copied_rows=self.copied_rows,
            column_types={name: found.pop() for name, found in kinds.items() if len(found) == 1},
        )

    def _set_time(self) -> None:
        now = CLOCK.now().replace(microsecond=0, tzinfo=None)
        self.connection.execute(f"SET VARIABLE {NOW} = TIMESTAMP '{now.isoformat(sep=' ')}'")
