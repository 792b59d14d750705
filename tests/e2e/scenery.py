"""What the tests of a real Airflow begin with: two accounts, clusters in them, and settings."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from demo.accounts import Accounts
from demo.sandbox import SandboxProcess
from tests.drills import SOURCE, TARGET
from tests.pages import TOPIC

START_SECONDS = 400
"""Bound of what takes a minute on an idle machine."""
STACK = "aca-lambda-backup"
KEY = "alias/aca-redshift"
CLUSTER_SETTINGS = {
    "region_name": "us-east-1",
    "source_account_id": SOURCE,
    "target_account_id": TARGET,
    "schedule": None,
    "owner": "data-platform",
    "contact": "data-platform@example.com",
    "alert_topic_arn": TOPIC,
}
"""What ``clusters.yaml`` has to say of a cluster, for runs by hand."""


@contextmanager
def running_accounts(folder: Path) -> Iterator[Accounts]:
    """The two accounts of a sandbox in a process of its own.

    :param folder: the sandbox's log and exports go there.
    """
    sandbox = SandboxProcess(folder / "sandbox")
    try:
        sandbox.start(timeout_seconds=START_SECONDS)
        accounts = Accounts(sandbox.environment)
        try:
            yield accounts
        finally:
            accounts.close()
    finally:
        sandbox.stop()


def admit_clusters(
    accounts: Accounts, clusters: Sequence[str], *, allowed: str, release: str
) -> None:
    """Make clusters with the key of the example's, and let the deployed function back them up.

    :param allowed: what the stack's ``AllowedClusters`` is to be.
    :param release: the name of the deployment.
    """
    redshift = accounts.client("redshift", "source")
    for cluster in clusters:
        redshift.create_cluster(
            ClusterIdentifier=cluster,
            NodeType="ra3.large",
            NumberOfNodes=2,
            MasterUsername="awsuser",
            MasterUserPassword="Fake-Sandbox-Password-1",
            KmsKeyId=KEY,
        )
    stacks = accounts.client("cloudformation", "source")
    (stack,) = stacks.describe_stacks(StackName=STACK)["Stacks"]
    kept = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    changed = kept | {"AllowedClusters": allowed, "Release": release}
    stacks.update_stack(
        StackName=STACK,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in changed.items()
        ],
    )


def wait_until(found: Callable[[], Any], what: str, *, seconds: float = 180.0) -> Any:
    """Ask again until there is an answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        time.sleep(0.5)
    pytest.fail(f"no {what} within {seconds:.0f} s")
