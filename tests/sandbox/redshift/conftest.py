"""Two accounts' Redshift clients, a frozen clock, and clusters to work with."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.accounts import SOURCE, TARGET
from sandbox.clock import CLOCK

SUBNET_GROUP = "drill"


@pytest.fixture(scope="session")
def clients(sandbox_server: Any) -> Callable[[str, str], Any]:
    """One client per service and account for the whole session: making one takes long."""
    made: dict[tuple[str, str], Any] = {}

    def client(service: str, account: str) -> Any:
        if (service, account) not in made:
            made[service, account] = sandbox_server.client(service, account)
        return made[service, account]

    return client


@pytest.fixture
def source(sandbox: Any, clients: Callable[[str, str], Any]) -> Any:
    """Redshift of the source account."""
    return clients("redshift", "source")


@pytest.fixture
def target(sandbox: Any, clients: Callable[[str, str], Any]) -> Any:
    """Redshift of the target account, with a subnet group to restore into."""
    redshift = clients("redshift", "target")
    subnets = clients("ec2", "target").describe_subnets()["Subnets"]
    redshift.create_cluster_subnet_group(
        ClusterSubnetGroupName=SUBNET_GROUP,
        Description="for restores",
        SubnetIds=[subnets[0]["SubnetId"]],
    )
    return redshift


@pytest.fixture
def frozen(sandbox: Any) -> Iterator[Any]:
    """A clock that stands still until a test moves it."""
    CLOCK.freeze()
    yield CLOCK
    CLOCK.reset()


@pytest.fixture
def shared_key(sandbox: Any, clients: Callable[[str, str], Any]) -> str:
    """A customer key of the source account that the target account may decrypt with."""
    kms = clients("kms", "source")
    key = kms.create_key()["KeyMetadata"]
    policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    policy["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{TARGET.account_id}:root"},
            "Action": "kms:Decrypt",
            "Resource": "*",
        }
    )
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(policy))
    return str(key["Arn"])


@pytest.fixture
def create_cluster(source: Any) -> Callable[..., dict[str, Any]]:
    """Create a cluster in the source account."""

    def create(name: str = "orders", **settings: Any) -> dict[str, Any]:
        arguments = {
            "NodeType": "ra3.large",
            "ClusterType": "multi-node",
            "NumberOfNodes": 2,
            "MasterUsername": "awsuser",
            "MasterUserPassword": "Passw0rd1",
        }
        response = source.create_cluster(ClusterIdentifier=name, **arguments | settings)
        return dict(response["Cluster"])

    return create


@pytest.fixture
def shared_snapshot(
    frozen: Any, source: Any, create_cluster: Callable[..., Any], shared_key: str
) -> str:
    """An available snapshot under the shared key that the target account is authorized for."""
    create_cluster(KmsKeyId=shared_key)
    source.create_cluster_snapshot(
        SnapshotIdentifier="nightly",
        ClusterIdentifier="orders",
        Tags=[{"Key": "team", "Value": "data"}],
    )
    frozen.advance(3)
    source.authorize_snapshot_access(
        SnapshotIdentifier="nightly", AccountWithRestoreAccess=TARGET.account_id
    )
    return "nightly"


@pytest.fixture
def restore(target: Any) -> Callable[..., dict[str, Any]]:
    """Restore the shared snapshot in the target account."""

    def restore(name: str = "drill", **settings: Any) -> dict[str, Any]:
        arguments = {
            "SnapshotIdentifier": "nightly",
            "OwnerAccount": SOURCE.account_id,
            "ClusterSubnetGroupName": SUBNET_GROUP,
        } | settings
        given = {key: value for key, value in arguments.items() if value is not None}
        return dict(
            target.restore_from_cluster_snapshot(ClusterIdentifier=name, **given)["Cluster"]
        )

    return restore


@pytest.fixture
def refusal() -> Callable[..., tuple[str, int]]:
    """Call, expect an error, and return its code and HTTP status."""

    def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, int]:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        response: Any = caught.value.response
        return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]

    return refusal
