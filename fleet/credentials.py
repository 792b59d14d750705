"""The secrets of a fleet, made once and never committed: ``make secrets``.

Needs nothing but Python, because who runs containers may have nothing else.
"""

import base64
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENV_FILE = ROOT / ".env"


@dataclass(frozen=True)
class Addresses:
    """Where the two servers are: ``host:port``."""

    postgres: str
    redis: str


COMPOSE = Addresses(postgres="postgres:5432", redis="redis:6379")


def new_credentials(addresses: Addresses) -> dict[str, str]:
    """Return new secrets by name: what the files in ``/run/secrets`` are called.

    :param addresses: those with a password in them name the server as well.
    """
    postgres_password, redis_password = _token(), _token()
    database = f"airflow:{postgres_password}@{addresses.postgres}/airflow"
    return {
        "postgres_password": postgres_password,
        "redis_password": redis_password,
        "sql_alchemy_conn": f"postgresql+psycopg2://{database}",
        # SQLAlchemy would take another driver where none is named.
        "result_backend": f"db+postgresql+psycopg2://{database}",
        "broker_url": f"redis://:{redis_password}@{addresses.redis}/0",
        # Fernet takes 32 bytes in this alphabet, and nothing else.
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        # HS512 warns below 64 bytes.
        "jwt_secret": secrets.token_urlsafe(64),
        "api_secret_key": _token(),
        "admin_password": secrets.token_urlsafe(12),
    }


def write_files(folder: Path, credentials: Mapping[str, str]) -> None:
    """Write one file a secret, as containers find them in ``/run/secrets``."""
    folder.mkdir(parents=True, mode=0o700)
    for name, value in credentials.items():
        _write_private(folder / name, value)


def write_env_file(path: Path, credentials: Mapping[str, str]) -> bool:
    """Write what Compose reads, unless it is there: the database keeps its first password.

    :return: whether it was written.
    """
    if path.exists():
        return False
    lines = ["# Made by `make secrets`. Never commit it."]
    lines += [f"{name.upper()}={value}" for name, value in credentials.items()]
    _write_private(path, "\n".join([*lines, ""]))
    return True


def main() -> int:
    """Write ``.env``; say where the administrator's password is."""
    if write_env_file(ENV_FILE, new_credentials(COMPOSE)):
        text = f"wrote {ENV_FILE.name}; the password of the user admin is its ADMIN_PASSWORD"
    else:
        text = (
            f"{ENV_FILE.name} is there and stays; for new secrets delete it and the volume with "
            "the database, which knows only the old ones: docker compose down --volumes"
        )
    sys.stdout.write(text + "\n")
    return 0


def _token() -> str:
    return secrets.token_urlsafe(32)


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
