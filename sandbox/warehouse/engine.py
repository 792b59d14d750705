"""One DuckDB instance per cluster, with one file per database."""

import shutil
from pathlib import Path
from typing import Any

import duckdb

SUFFIX = ".duckdb"
CONFIG: dict[str, str | int | bool | float] = {
    "threads": 2,
    # DuckDB would take four fifths of the machine's memory before it fails a statement.
    "memory_limit": "1GB",
    "max_temp_directory_size": "4GB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # Without this `select * from rows` would read Python variables of the server.
    "python_enable_replacements": False,
}


class Engine:
    """The open databases of one cluster. Not thread safe: its owner holds a lock.

    :param directory: holds the database files; SQL reaches no file outside of it.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # What does not fit the memory is spilled beside the data, not into the working directory.
        spill = str(directory / "spill")
        self._connection = duckdb.connect(config=CONFIG | {"temp_directory": spill})
        quoted = str(directory).replace("'", "''")
        self._connection.execute(f"SET allowed_directories = ['{quoted}/']")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET integer_division = true")
        for file in sorted(directory.glob(f"*{SUFFIX}")):
            self._attach(file.stem)

    @property
    def databases(self) -> list[str]:
        """Names of the databases, sorted."""
        return sorted(file.stem for file in self._directory.glob(f"*{SUFFIX}"))

    def connect(self, database: str) -> duckdb.DuckDBPyConnection:
        """Open a connection whose catalog is the database and whose schema is ``public``."""
        connection = self._connection.cursor()
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET integer_division = true")
        connection.execute(f"USE {quote(database)}.public")
        return connection

    def create_database(self, name: str) -> None:
        """Add an empty database with the schema ``public``."""
        self._attach(name)
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(name)}.public")

    def drop_database(self, name: str) -> None:
        """Remove a database and its file."""
        self._connection.execute(f"DETACH {quote(name)}")
        (self._directory / f"{name}{SUFFIX}").unlink()

    def copy_to(self, directory: Path) -> None:
        """Write everything to disk and copy the files into a directory that exists."""
        for name in self.databases:
            self._connection.execute(f"CHECKPOINT {quote(name)}")
            shutil.copyfile(self._directory / f"{name}{SUFFIX}", directory / f"{name}{SUFFIX}")

    def close(self) -> None:
        """Close every database; the files stay."""
        self._connection.close()

    def _attach(self, name: str) -> None:
        path = str(self._directory / f"{name}{SUFFIX}").replace("'", "''")
        self._connection.execute(f"ATTACH '{path}' AS {quote(name)}")


def quote(identifier: str) -> str:
    """Quote a name for DuckDB."""
    return '"' + identifier.replace('"', '""') + '"'


def fetch(
    connection: Any, sql: str, parameters: list[object] | None = None
) -> list[tuple[Any, ...]]:
    """Run a query of the sandbox's own and return its rows."""
    rows: list[tuple[Any, ...]] = connection.execute(sql, parameters or []).fetchall()
    return rows
