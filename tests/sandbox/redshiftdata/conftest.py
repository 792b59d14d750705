"""A cluster in the source account, and short ways to run SQL in it over HTTP."""

import json
from typing import Any

import pytest

CLUSTER = {
    "NodeType": "ra3.large",
    "NumberOfNodes": 2,
    "MasterUsername": "awsuser",
    "MasterUserPassword": "Sandbox-Passw0rd",
    "DBName": "dev",
    "Encrypted": True,
}


_CLIENTS: dict[tuple[str, str, str], Any] = {}


def cached_client(sandbox: Any, service: str, account: str = "source") -> Any:
    """Return one client for all tests: making it takes longer than most of them."""
    key = (sandbox.url, service, account)
    if key not in _CLIENTS:
        _CLIENTS[key] = sandbox.client(service, account)
    return _CLIENTS[key]


class Database:
    """Runs SQL in one cluster as one caller; ``defaults`` are sent with every statement."""

    def __init__(self, sandbox: Any, cluster: str, account: str = "source", **defaults: Any):
        self.client = cached_client(sandbox, "redshift-data", account)
        self.defaults = {"ClusterIdentifier": cluster, "Database": "dev", "DbUser": "awsuser"}
        self.defaults.update(defaults)
        for name in [name for name, value in self.defaults.items() if value is None]:
            del self.defaults[name]

    def submit(self, sql: str | list[str], **arguments: Any) -> str:
        """Start a statement (a batch for a list), wait, and return its id."""
        arguments = {"WaitTimeSeconds": 30, **self.defaults, **arguments}
        if isinstance(sql, list):
            return self.client.batch_execute_statement(Sqls=sql, **arguments)["Id"]
        return self.client.execute_statement(Sql=sql, **arguments)["Id"]

    def describe(self, sql: str | list[str], **arguments: Any) -> dict[str, Any]:
        """Run a statement and return its description."""
        return self.client.describe_statement(Id=self.submit(sql, **arguments))

    def run(self, *sqls: str, **arguments: Any) -> None:
        """Run statements that must succeed."""
        for sql in sqls:
            described = self.describe(sql, **arguments)
            assert described["Status"] == "FINISHED", (sql, described.get("Error"))

    def error(self, sql: str, **arguments: Any) -> str:
        """Run a statement that must fail, and return its error."""
        described = self.describe(sql, **arguments)
        assert described["Status"] == "FAILED", sql
        return described["Error"]

    def records(self, sql: str, **arguments: Any) -> list[list[dict[str, Any]]]:
        """Run a query and return all its fields."""
        described = self.describe(sql, **arguments)
        assert described["Status"] == "FINISHED", (sql, described.get("Error"))
        pages = self.client.get_paginator("get_statement_result").paginate(Id=described["Id"])
        return [record for page in pages for record in page["Records"]]

    def rows(self, sql: str, **arguments: Any) -> list[tuple[Any, ...]]:
        """Run a query and return plain values, NULL as None."""
        return [tuple(map(_plain, record)) for record in self.records(sql, **arguments)]


def _plain(field: dict[str, Any]) -> Any:
    return None if field.get("isNull") else next(iter(field.values()))


@pytest.fixture
def cluster(sandbox: Any) -> str:
    """An empty, available cluster of the source account, with a key that the target may use."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::164543933824:root", "arn:aws:iam::058264155998:root"]},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    key = cached_client(sandbox, "kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    cached_client(sandbox, "redshift").create_cluster(
        ClusterIdentifier="warehouse", KmsKeyId=key, **CLUSTER
    )
    return "warehouse"


@pytest.fixture
def database(sandbox: Any, cluster: str) -> Database:
    """The cluster's database as its admin sees it."""
    return Database(sandbox, cluster)


@pytest.fixture
def as_user(sandbox: Any, cluster: str) -> Any:
    """Make the database as somebody else sees it."""
    return lambda name, **options: Database(sandbox, cluster, DbUser=name, **options)
