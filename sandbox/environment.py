"""What a shell, an AWS client and Airflow need in order to find the sandbox."""

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from sandbox.accounts import ACCOUNTS, REGION, SOURCE, TARGET
from sandbox.deployment import (
    AIRFLOW_ROLE,
    DR,
    EXTERNAL_ID,
    INVENTORY_ROLE,
    RESTORE_ROLE,
)

_SOURCE_ROLE, _SOURCE_INVENTORY_ROLE, _DR_ROLE = (
    f"arn:aws:iam::{SOURCE.account_id}:role/{AIRFLOW_ROLE}",
    f"arn:aws:iam::{SOURCE.account_id}:role/{INVENTORY_ROLE}",
    f"arn:aws:iam::{TARGET.account_id}:role/{RESTORE_ROLE}",
)
CONNECTION_ROLES = frozenset({_SOURCE_ROLE, _SOURCE_INVENTORY_ROLE, _DR_ROLE})
"""What the connections assume; where no policy counts they need not exist for that."""


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


def exports(url: str, directory: Path, outputs: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the environment variables that lead every client to the sandbox.

    The Airflow connections carry no endpoint: ``AWS_ENDPOINT_URL`` covers every client, the
    AssumeRole call of a connection included.

    :param outputs: of the stacks, by name. Without any the connections name the roles all the same,
        and a sandbox whose guard is off lets them be assumed.
    """
    facts = outputs.get(DR.name)
    return {
        **client_variables(url, directory),
        "AIRFLOW_CONN_AWS_SOURCE": _connection(_SOURCE_ROLE),
        "AIRFLOW_CONN_AWS_SOURCE_INVENTORY": _connection(
            _SOURCE_INVENTORY_ROLE, service_config=facts and _bucket(facts)
        ),
        "AIRFLOW_CONN_AWS_DR": _connection(
            _DR_ROLE,
            assume_role_kwargs={"ExternalId": EXTERNAL_ID},
            service_config=facts and _bucket(facts) | _place(facts),
        ),
    }


def client_variables(url: str, directory: Path) -> dict[str, str]:
    """Return what AWS clients need of it."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_CONFIG_FILE": str(directory / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials"),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def write_env_file(path: Path, variables: Mapping[str, str]) -> None:
    """Write shell exports in one step, so that a reader sees all of them or no file."""
    lines = [f"export {name}={_quoted(value)}" for name, value in variables.items()]
    _write(path, "\n".join(lines) + "\n")


def _connection(role_arn: str, **more: object) -> str:
    extra = {"region_name": REGION, "role_arn": role_arn}
    return json.dumps(
        {
            "conn_type": "aws",
            "login": SOURCE.access_key_id,
            "password": SOURCE.secret_access_key,
            "extra": extra | {name: value for name, value in more.items() if value},
        }
    )


def _bucket(outputs: Mapping[str, str]) -> dict[str, object]:
    return {"s3": {"bucket_name": outputs["EvidenceBucketName"]}}


def _place(outputs: Mapping[str, str]) -> dict[str, object]:
    """Say where clusters are restored to."""
    return {
        "redshift": {
            "cluster_subnet_group_name": outputs["SubnetGroupName"],
            "vpc_security_group_ids": [outputs["SecurityGroupId"]],
            "kms_key_id": outputs["RestoreKeyArn"],
        }
    }


def _quoted(value: str) -> str:
    quoted = shlex.quote(value)
    return quoted if quoted.startswith("'") else f"'{quoted}'"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.chmod(0o600)
    partial.replace(path)
