"""The private PostgreSQL cluster: it serves, and it leaves nothing."""

from collections.abc import Iterator
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
import pytest

from demo.processes import group_exists
from fleet import postgres
from fleet.postgres import Postgres, postgres_folder
from fleet.programs import MissingProgramError


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    try:
        postgres_folder()
    except MissingProgramError as missing:
        pytest.skip(str(missing))
    with Postgres(tmp_path / "postgres.log") as server:
        yield server


def connect(url: str) -> psycopg2.extensions.connection:
    return psycopg2.connect(url.replace("+psycopg2", ""))


def test_database_takes_a_write_and_only_with_the_password(server: Postgres) -> None:
    with connect(server.url) as connection, connection.cursor() as cursor:
        cursor.execute("create table kept (one integer); insert into kept values (1)")
        cursor.execute("select one from kept")

        assert cursor.fetchall() == [(1,)]
    connection.close()
    user, _, address = server.url.partition("@")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        connect(f"{user.rpartition(':')[0]}:guessed@{address}")


def test_stop_leaves_neither_process_nor_folder_while_a_client_is_connected(
    server: Postgres,
) -> None:
    connection = connect(server.url)
    group_id, data = server.group_id, server.data
    assert data is not None
    assert data.exists()

    server.stop()

    assert not group_exists(group_id)
    assert not data.exists()
    connection.close()


def test_absent_programs_are_named_with_debians_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MissingProgramError, match="apt-get install postgresql"):
        postgres_folder(tmp_path)


def test_newest_of_several_versions_is_taken(tmp_path: Path) -> None:
    for version in ("9", "15", "17"):
        programs = tmp_path / version / "bin"
        programs.mkdir(parents=True)
        (programs / "initdb").touch()

    assert postgres_folder(tmp_path) == tmp_path / "17" / "bin"


def test_root_without_an_account_for_the_server_is_told_which_package_makes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres.os, "geteuid", lambda: 0)
    monkeypatch.setattr(postgres, "ACCOUNT", "nobody-has-this-name")

    with pytest.raises(MissingProgramError, match="no account 'nobody-has-this-name'"):
        postgres._unprivileged()
