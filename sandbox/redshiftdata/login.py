"""Who connects to which database of which cluster, and whether they are let in."""

import json
import re
from dataclasses import dataclass
from typing import Any

from moto.redshift.models import redshift_backends
from moto.secretsmanager.exceptions import SecretsManagerClientError
from moto.secretsmanager.models import secretsmanager_backends

from sandbox.redshiftdata.errors import LoginError, ValidationError
from sandbox.warehouse import WAREHOUSES
from sandbox.warehouse.access import Access, User
from sandbox.warehouse.cluster import Warehouse

CONNECTABLE = ("available", "modifying")
"""Starts of the cluster statuses in which queries run."""
SECRET_ARN = re.compile(r"arn:aws[\w-]*:secretsmanager:([\w-]+):(\d{12}):secret:.+")
CLUSTER_TAGS = ("aws:redshift:primaryClusterIdentifier", "aws:redshift-cluster:primaryClusterArn")


@dataclass(frozen=True)
class Target:
    """A validated request to connect; whether the database agrees is seen when connecting.

    :param password: None unless a secret brought one.
    """

    account_id: str
    region: str
    cluster_identifier: str
    database: str
    user_name: str
    db_user: str | None = None
    secret_arn: str | None = None
    password: str | None = None

    def find_warehouse(self) -> Warehouse:
        """Find the cluster's data.

        :raises LoginError: the cluster is gone or not available.
        """
        cluster = self._cluster()
        if not cluster.status.startswith(CONNECTABLE):
            raise LoginError(
                f"could not connect to cluster {self.cluster_identifier}: it is"
                f" {cluster.status}, not available"
            )
        return WAREHOUSES.find(self.account_id, self.region, self.cluster_identifier)

    def log_in(self, warehouse: Warehouse) -> tuple[User, str]:
        """Let the user into the database; the caller holds the warehouse's lock.

        :return: the user and the name of the cluster's admin.
        :raises LoginError: no such database or user, or the password is wrong.
        """
        if self.database not in warehouse.engine.databases:
            raise LoginError(f'FATAL: database "{self.database}" does not exist')
        cluster = self._cluster()
        return self._check_user(warehouse.access, cluster), str(cluster.master_username).lower()

    def _cluster(self) -> Any:
        # Without settling: that would wait for Redshift's lock under a warehouse's, and Redshift
        # waits for warehouses under its own.
        backend = redshift_backends[self.account_id][self.region]
        cluster = backend.clusters.get(self.cluster_identifier)
        if cluster is None:
            raise LoginError(f"cluster {self.cluster_identifier} no longer exists")
        return cluster

    def _check_user(self, access: Access, cluster: Any) -> User:
        name = self.user_name
        admin = str(cluster.master_username).lower()
        if name.startswith(("IAM:", "IAMR:")):
            # GetClusterCredentialsWithIAM makes the user when it first connects.
            access.users.setdefault(name, False)
        elif name != admin and name not in access.users:
            raise LoginError(f'FATAL: user "{name}" does not exist')
        known = cluster.master_user_password if name == admin else access.passwords.get(name)
        if self.password is not None and known and self.password != known:
            raise LoginError(f'FATAL: password authentication failed for user "{name}"')
        return User(name, is_superuser=name == admin or access.users.get(name, False))


def resolve_target(
    parameters: dict[str, Any], account_id: str, region: str, caller_arn: str
) -> Target:
    """Read cluster, database and the one way to authenticate from a request.

    :raises ValidationError: a parameter is missing, contradicts another, or names nothing.
    :raises NotImplementedError: Serverless.
    """
    if parameters.get("WorkgroupName"):
        raise NotImplementedError("WorkgroupName: Redshift Serverless is not modelled")
    identifier = parameters.get("ClusterIdentifier")
    if not identifier:
        raise ValidationError("ClusterIdentifier is required to connect to a cluster")
    if not parameters.get("Database"):
        raise ValidationError("Database is required to connect to a cluster")
    if parameters.get("SecretArn") and parameters.get("DbUser"):
        raise ValidationError(
            "SecretArn and DbUser are two ways to authenticate: specify at most one of them"
        )
    if find_cluster(account_id, region, identifier) is None:
        raise ValidationError("Redshift endpoint doesn't exist in this region.")
    database = str(parameters.get("ConnectedDatabase") or parameters["Database"]).lower()
    if parameters.get("SecretArn"):
        secret_arn = parameters["SecretArn"]
        user_name, password = _open_secret(secret_arn, identifier, account_id, region)
        return Target(
            account_id,
            region,
            identifier,
            database,
            user_name,
            secret_arn=secret_arn,
            password=password,
        )
    if parameters.get("DbUser"):
        name = str(parameters["DbUser"]).lower()
        return Target(account_id, region, identifier, database, name, db_user=name)
    return Target(account_id, region, identifier, database, iam_user(caller_arn))


def find_cluster(account_id: str, region: str, identifier: str) -> Any:
    """Return moto's cluster as of now, or None."""
    backend = redshift_backends[account_id][region]
    if hasattr(backend, "settle"):
        backend.settle()
    return backend.clusters.get(identifier)


def iam_user(caller_arn: str) -> str:
    """Return the database user of an IAM identity: ``IAM:user`` or ``IAMR:role``."""
    resource = caller_arn.rpartition(":")[2]
    kind, _, rest = resource.partition("/")
    if kind == "assumed-role":
        return f"IAMR:{rest.split('/')[0]}"
    return f"IAM:{rest.rpartition('/')[2] or resource}"


def _open_secret(
    secret_id: str, cluster_identifier: str, account_id: str, region: str
) -> tuple[str, str | None]:
    arn = SECRET_ARN.fullmatch(secret_id)
    if arn and arn.groups() != (region, account_id):
        raise ValidationError(
            f"secret {secret_id} is not in account {account_id} and region {region}"
        )
    backend = secretsmanager_backends[account_id][region]
    try:
        value = backend.get_secret_value(secret_id, "", "")
        tags = backend.describe_secret(secret_id).tags or []
    except SecretsManagerClientError as error:
        raise ValidationError(
            f"Secrets Manager can't read the secret {secret_id}: {error}"
        ) from error
    secret = _parse_secret(value.get("SecretString"), secret_id)
    named = secret.get("dbClusterIdentifier") or next(
        (tag["Value"].rpartition(":")[2] for tag in tags if tag["Key"] in CLUSTER_TAGS), None
    )
    if named is not None and named != cluster_identifier:
        raise ValidationError(
            f"secret {secret_id} is for cluster {named}, not for {cluster_identifier}"
        )
    password = secret.get("password")
    return str(secret["username"]).lower(), None if password is None else str(password)


def _parse_secret(text: str | None, secret_id: str) -> dict[str, Any]:
    try:
        secret = json.loads(text or "")
    except json.JSONDecodeError:
        secret = None
    if not isinstance(secret, dict) or not secret.get("username"):
        raise ValidationError(f"secret {secret_id} is not a JSON object with username and password")
    return secret
