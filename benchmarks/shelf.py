"""A shelf of snapshots in the sandbox, and the function that keeps it."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime, timedelta
from logging import StreamHandler
from typing import Any, TextIO

from benchmarks.sandbox_process import SandboxProcess
from redshift_backup import aws
from redshift_backup.handler import lambda_handler
from redshift_backup.telemetry import logger

SOURCE = "164543933824"
TARGET = "058264155998"
CLUSTER = "aca-redshift-cluster"
PREFIX = "aca-lambda-snapshot"
RETENTION_DAYS = 7
_FUNCTION = "aca-redshift-backup"


class _Context:
    """What Lambda gives to the handler."""

    aws_request_id = "00000000-0000-4000-8000-000000000000"
    function_name = _FUNCTION
    invoked_function_arn = f"arn:aws:lambda:us-east-1:{SOURCE}:function:{_FUNCTION}"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@contextmanager
def function_environment(snapshots: int) -> Iterator[None]:
    """Configure the function as a deployment does, with room to delete this many."""
    variables = {
        "CLUSTER_IDENTIFIER": CLUSTER,
        "TARGET_ACCOUNT_ID": TARGET,
        "RETENTION_DAYS": str(RETENTION_DAYS),
        "MAX_DELETIONS": str(snapshots),
    }
    before = dict(os.environ)
    os.environ.update(variables)
    aws.client.cache_clear()
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, _logging_to(nowhere):
            yield
    finally:
        aws.client.cache_clear()
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _logging_to(stream: TextIO) -> Iterator[None]:
    """Write logs and metrics elsewhere: a terminal's speed is not what is measured."""
    handler = logger.registered_handler
    assert isinstance(handler, StreamHandler)
    before = handler.setStream(stream)
    try:
        with redirect_stdout(stream):
            yield
    finally:
        handler.setStream(before or sys.stdout)


def invoke(event: dict[str, Any]) -> dict[str, Any]:
    """Invoke the function in this process, as a warm Lambda would."""
    return lambda_handler(event, _Context())


def rows(snapshots: int, *, shared: bool, now: datetime) -> list[dict[str, Any]]:
    """Return rows to plant: our snapshots, one half expired, the newest shared in any case.

    :param shared: whether the expired half may be restored by the target account.
    """
    young = snapshots - snapshots // 2
    return [
        _row(
            now - timedelta(minutes=10 + number)
            if number < young
            else now - timedelta(days=RETENTION_DAYS + 1, minutes=number),
            shared=shared or number < young,
        )
        for number in range(snapshots)
    ]


def plant(sandbox: SandboxProcess, planted: list[dict[str, Any]]) -> None:
    """Empty the accounts, put these snapshots there and forget all calls."""
    sandbox.control("POST", "reset")
    for start in range(0, len(planted), 1000):
        sandbox.control("POST", "snapshots", planted[start : start + 1000])
    sandbox.control("DELETE", "calls")


def whole_seconds_now() -> datetime:
    """Return the present time as snapshots carry it."""
    return datetime.now(UTC).replace(microsecond=0)


def _row(created: datetime, *, shared: bool) -> dict[str, Any]:
    return {
        "cluster_identifier": CLUSTER,
        "snapshot_identifier": f"{PREFIX}-{created:%Y%m%d-%H%M%S}",
        "create_time": created.isoformat(),
        "shared_with": [TARGET] if shared else [],
        "tags": {
            "redshift-backup:managed-by": "redshift-backup",
            "redshift-backup:slot": created.isoformat(),
            "redshift-backup:origin": "created",
        },
    }


def reset(sandbox: SandboxProcess) -> None:
    """Empty both accounts."""
    sandbox.control("POST", "reset")


def create_cluster(redshift: Any, kms: Any) -> None:
    """Make the cluster, under a customer key that the target account may use."""
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        for account in (SOURCE, TARGET)
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    redshift.create_cluster(
        ClusterIdentifier=CLUSTER,
        NodeType="ra3.large",
        NumberOfNodes=2,
        MasterUsername="awsuser",
        MasterUserPassword="Sandbox-1234",
        Encrypted=True,
        KmsKeyId=kms.create_key(Policy=policy)["KeyMetadata"]["Arn"],
    )
