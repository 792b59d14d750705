"""The function against the sandbox: the real handler and a real boto3 client, over HTTP."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from botocore.retries import standard
from botocore.session import Session as BotocoreSession
from jsonschema import Draft202012Validator

from redshift_backup import aws, waiting
from redshift_backup.handler import lambda_handler

SCHEMAS = Path(aws.__file__).parent / "schema"
RESPONSE = Draft202012Validator(json.loads((SCHEMAS / "response.schema.json").read_text()))
SOURCE = "164543933824"
TARGET = "058264155998"
CLUSTER = "aca-redshift-cluster"
PREFIX = "aca-lambda-snapshot"
CHANGING = frozenset(
    {
        "CreateClusterSnapshot",
        "CopyClusterSnapshot",
        "CreateTags",
        "DeleteTags",
        "AuthorizeSnapshotAccess",
        "RevokeSnapshotAccess",
        "DeleteClusterSnapshot",
        "BatchDeleteClusterSnapshots",
        "ModifyClusterSnapshot",
    }
)


@cache
def _client(sandbox: Any, service: str, account: str) -> Any:
    # The sandbox of a test process keeps its address and its keys; making a client costs more
    # than most of the tests.
    return sandbox.client(service, account)


class Context:
    """What Lambda gives to the handler."""

    def __init__(
        self, request_id: str, seconds: float, function_name: str, account_id: str
    ) -> None:
        self.aws_request_id = request_id
        self.function_name = function_name
        self.invoked_function_arn = (
            f"arn:aws:lambda:us-east-1:{account_id}:function:{function_name}"
        )
        self._milliseconds = int(seconds * 1000)

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


class Shelf:
    """The source account's snapshots and the function that keeps them."""

    def __init__(self, sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sandbox = sandbox
        self.redshift = self.client("redshift")
        self._monkeypatch = monkeypatch
        self._requests = 0
        self.configure(CLUSTER_IDENTIFIER=CLUSTER, TARGET_ACCOUNT_ID=TARGET)

    def client(self, service: str, account: str = "source") -> Any:
        return _client(self.sandbox, service, account)

    def configure(self, **variables: str) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)

    def create_cluster(self, identifier: str = CLUSTER, **arguments: Any) -> None:
        self.redshift.create_cluster(
            ClusterIdentifier=identifier,
            NodeType="ra3.large",
            NumberOfNodes=2,
            MasterUsername="awsuser",
            MasterUserPassword="Sandbox-1234",
            DBName="dev",
            **arguments,
        )

    def customer_key(self, *admitted: str) -> str:
        """Make a customer managed key whose policy lets these accounts decrypt."""
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                    "Action": "kms:*" if account == SOURCE else ["kms:Decrypt", "kms:DescribeKey"],
                    "Resource": "*",
                }
                for account in (SOURCE, *admitted)
            ],
        }
        kms = self.client("kms")
        return str(kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"])

    def lifecycle(self, operation: str, seconds: float, outcome: str = "available") -> None:
        body = {"operation": operation, "seconds": seconds, "outcome": outcome}
        self.sandbox.control("POST", "lifecycle", body)

    def fault(self, operation: str, kind: str, *, times: int = 1, **more: float) -> None:
        body = {"service": "redshift", "operation": operation, "kind": kind, "times": times}
        self.sandbox.control("POST", "faults", body | more)

    def mend(self) -> None:
        self.sandbox.control("DELETE", "faults")

    def plant(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.sandbox.control("POST", "snapshots", list(rows))

    def invoke(
        self,
        event: object,
        *,
        request_id: str | None = None,
        seconds: float = 60,
        function_name: str = "aca-redshift-backup",
        account_id: str = SOURCE,
    ) -> dict[str, Any]:
        self._requests += 1
        context = Context(
            request_id or f"request-{self._requests}", seconds, function_name, account_id
        )
        response = lambda_handler(event, context)
        RESPONSE.validate(json.loads(json.dumps(response)))
        return response

    def forget_calls(self) -> None:
        self.sandbox.control("DELETE", "calls")

    def calls(self, service: str = "redshift") -> list[dict[str, Any]]:
        found = self.sandbox.control("GET", "calls")
        return [call for call in found if call["service"] == service]

    def changing_calls(self) -> list[str]:
        return [one["operation"] for one in self.calls() if one["operation"] in CHANGING]

    def snapshots(self, **arguments: Any) -> dict[str, dict[str, Any]]:
        pages = self.redshift.get_paginator("describe_cluster_snapshots")
        found = pages.paginate(SnapshotType="manual", **arguments)
        return {one["SnapshotIdentifier"]: one for page in found for one in page["Snapshots"]}

    def seen_by_target(self) -> set[str]:
        pages = self.client("redshift", "target").get_paginator("describe_cluster_snapshots")
        found = pages.paginate(OwnerAccount=SOURCE)
        return {one["SnapshotIdentifier"] for page in found for one in page["Snapshots"]}


def slot_now() -> datetime:
    """A slot whose window holds this instant."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)


def name_of(slot: datetime, prefix: str = PREFIX) -> str:
    return f"{prefix}-{slot:%Y%m%d-%H%M%S}"


def ours(
    age: timedelta, *, shared: Sequence[str] = (TARGET,), cluster: str = CLUSTER, **more: Any
) -> dict[str, Any]:
    """A row to plant: one of our snapshots, this old."""
    created = datetime.now(UTC).replace(microsecond=0) - age
    tags = {
        "redshift-backup:managed-by": "redshift-backup",
        "redshift-backup:slot": created.isoformat(),
        "redshift-backup:origin": "created",
    }
    prefix = PREFIX if cluster == CLUSTER else f"{cluster}-lambda-snapshot"
    return {
        "cluster_identifier": cluster,
        "snapshot_identifier": name_of(created, prefix),
        "create_time": created.isoformat(),
        "shared_with": list(shared),
        "tags": tags | more.pop("tags", {}),
    } | more


@pytest.fixture(scope="module", autouse=True)
def _own_clients() -> Iterator[None]:
    """Let the function's own clients live as long as a warm Lambda's: for many invocations."""
    aws.client.cache_clear()
    yield
    aws.client.cache_clear()


@pytest.fixture
def shelf(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A bare sandbox with the function's environment; the profile is the source account's."""
    monkeypatch.setenv("AWS_PROFILE", "source")
    # Retries stay, the pauses between them go: a fault that lasts would cost seconds each time.
    monkeypatch.setattr(standard.ExponentialBackoff, "delay_amount", lambda *_: 0.0)
    monkeypatch.setattr(waiting, "poll_delays", lambda: repeat(0.05))
    return Shelf(sandbox, monkeypatch)


@pytest.fixture
def dr_account(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The DR account, bare but for its evidence bucket, and its function as its stack sets it."""
    from tests.sandbox.redshift_backup.dr_account import BUCKET, DrAccount

    monkeypatch.delenv("TARGET_ACCOUNT_ID")
    shelf.configure(
        ALLOWED_CLUSTERS=f"{CLUSTER},*",
        RETENTION_DAYS="90",
        MAXIMUM_AGE_HOURS="170",
        EVIDENCE_BUCKET=BUCKET,
        ENABLED_ACTIONS="prune,reconcile,status,check,hold,release,sweep",
    )
    account = DrAccount(shelf)
    shelf.forget_calls()
    with aws.using(BotocoreSession(profile="target")):
        yield account


@pytest.fixture
def cluster(shelf: Shelf) -> Shelf:
    """The same with an encrypted cluster whose snapshots are available at once."""
    shelf.create_cluster(Encrypted=True, KmsKeyId=shelf.customer_key(TARGET))
    shelf.lifecycle("snapshot", 0)
    shelf.lifecycle("copy", 0)
    shelf.forget_calls()
    return shelf
