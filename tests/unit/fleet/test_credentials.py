"""Secrets are made new, are private, and are not made twice."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from fleet.credentials import COMPOSE, new_credentials, write_env_file, write_files


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_no_two_fleets_share_a_secret() -> None:
    one, other = new_credentials(COMPOSE), new_credentials(COMPOSE)

    assert not set(one.values()) & set(other.values())


def test_secrets_are_what_their_readers_take() -> None:
    made = new_credentials(COMPOSE)

    assert Fernet(made["fernet_key"])
    assert len(made["jwt_secret"]) >= 64
    assert made["postgres_password"] in made["sql_alchemy_conn"]
    assert made["result_backend"].startswith("db+postgresql+psycopg2://")
    assert made["broker_url"] == f"redis://:{made['redis_password']}@redis:6379/0"


def test_files_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    made = new_credentials(COMPOSE)

    write_files(tmp_path / "secrets", made)

    assert mode(tmp_path / "secrets") == 0o700
    for name, value in made.items():
        assert mode(tmp_path / "secrets" / name) == 0o600
        assert (tmp_path / "secrets" / name).read_text() == value


def test_env_file_is_private_and_a_second_one_never_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / ".env"

    assert write_env_file(path, new_credentials(COMPOSE))
    first = path.read_text()
    assert mode(path) == 0o600
    assert not write_env_file(path, new_credentials(COMPOSE))
    assert path.read_text() == first


@pytest.mark.parametrize("name", sorted(new_credentials(COMPOSE)))
def test_value_needs_no_quotes_in_a_file_that_compose_reads(name: str) -> None:
    assert not set(new_credentials(COMPOSE)[name]) & set("\"'$# \\")
