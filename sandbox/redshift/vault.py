"""Admin passwords that Redshift manages in Secrets Manager."""

import json

from moto.secretsmanager.models import secretsmanager_backends


def create_secret(
    account_id: str,
    region: str,
    cluster_identifier: str,
    username: str,
    password: str,
    *,
    kms_key_id: str | None = None,
) -> str:
    """Store a cluster's admin credentials in its account and return the secret's ARN.

    The value is JSON with ``username`` and ``password``.

    :param kms_key_id: the key that encrypts it; the account's default one where absent.
    """
    backend = secretsmanager_backends[account_id][region]
    secret = backend.create_managed_secret(
        service_name="redshift",
        secret_id=f"redshift!{cluster_identifier}-{username}",
        secret_string=json.dumps({"username": username, "password": password}),
        tags=[{"Key": "aws:redshift:primaryClusterIdentifier", "Value": cluster_identifier}],
        kms_key_id=kms_key_id,
    )
    return str(secret.arn)


def delete_secret(account_id: str, region: str, arn: str) -> None:
    """Delete a managed secret together with its cluster."""
    secretsmanager_backends[account_id][region].delete_secret(
        arn, recovery_window_in_days=None, force_delete_without_recovery=True
    )
