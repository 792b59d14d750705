"""The database of an Airflow under test."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleet.postgres import Postgres
from fleet.programs import MissingProgramError


@contextmanager
def database(folder: Path) -> Iterator[str | None]:
    """A fresh PostgreSQL, as in production, where it is installed; else None, which is SQLite.

    :param folder: where the server's log goes.
    """
    try:
        server = Postgres(folder / "postgres.log")
    except MissingProgramError as missing:
        warnings.warn(f"tried on SQLite: {missing}", stacklevel=2)
        yield None
        return
    with server:
        yield server.url
