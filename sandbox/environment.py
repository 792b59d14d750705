"""What a shell, an AWS client and Airflow need in order to find the sandbox."""

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from sandbox.accounts import ACCOUNTS, REGION, SOURCE, TARGET

EXTERNAL_ID = "redshift-dr-sandbox"
AIRFLOW_ROLE = "redshift-dr-airflow"
INVENTORY_ROLE = "redshift-dr-inventory"
RESTORE_ROLE = "redshift-dr-restore"


def write_profiles(directory: Path) -> None:
    """Write ``config`` and ``credentials`` with the profiles of the two accounts."""
    config, credentials = [], []
    for account in ACCOUNTS.values():
        config += [f"[profile {account.profile}]", f"region = {REGION}", "output = json", ""]
        credentials += [
            f"[{account.profile}]",
            f"aws_access_key_id = {account.access_key_id}",
            f"aws_secret_access_key = {account.secret_access_key}",
            "",
        ]
    _write(directory / "config", "\n".join(config))
    _write(directory / "credentials", "\n".join(credentials))


def exports(url: str, directory: Path) -> dict[str, str]:
    """Return the environment variables that lead every client to the sandbox.

    The Airflow connections carry no endpoint: ``AWS_ENDPOINT_URL`` covers every client, the
    AssumeRole call of a connection included.
    """
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_CONFIG_FILE": str(directory / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials"),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AIRFLOW_CONN_AWS_SOURCE": _connection(SOURCE.account_id, AIRFLOW_ROLE),
        "AIRFLOW_CONN_AWS_SOURCE_INVENTORY": _connection(SOURCE.account_id, INVENTORY_ROLE),
        "AIRFLOW_CONN_AWS_DR": _connection(TARGET.account_id, RESTORE_ROLE, EXTERNAL_ID),
    }


def write_env_file(path: Path, variables: Mapping[str, str]) -> None:
    """Write shell exports in one step, so that a reader sees all of them or no file."""
    lines = [f"export {name}={_quoted(value)}" for name, value in variables.items()]
    _write(path, "\n".join(lines) + "\n")


def _connection(account_id: str, role: str, external_id: str | None = None) -> str:
    extra: dict[str, object] = {
        "region_name": REGION,
        "role_arn": f"arn:aws:iam::{account_id}:role/{role}",
    }
    if external_id is not None:
        extra["assume_role_kwargs"] = {"ExternalId": external_id}
    return json.dumps(
        {
            "conn_type": "aws",
            "login": SOURCE.access_key_id,
            "password": SOURCE.secret_access_key,
            "extra": extra,
        }
    )


def _quoted(value: str) -> str:
    quoted = shlex.quote(value)
    return quoted if quoted.startswith("'") else f"'{quoted}'"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.chmod(0o600)
    partial.replace(path)
