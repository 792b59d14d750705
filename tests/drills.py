"""What the drill's tests need of the DR account, and how they look at what is left there."""

import json
from collections.abc import Callable, Mapping
from typing import Any

SOURCE, TARGET = "164543933824", "058264155998"
CLUSTER = "aca-redshift-cluster"
BUCKET = "aca-redshift-dr-evidence"
NETWORK = "aca-redshift-dr"
TARGET_KEY_ALIAS = "alias/aca-redshift-dr"
TASKS = (
    "select_snapshot",
    "restore_cluster",
    "wait_for_cluster",
    "validate",
    "keep_dr_copy",
    "delete_cluster",
    "record_evidence",
    "verdict",
)

Client = Callable[[str, str], Any]
"""A boto3 client of a service and of ``source`` or ``target``."""


def prepare_drills(client: Client, environment: Mapping[str, str]) -> dict[str, str]:
    """Make the evidence bucket, and a connection that names what a deployment has made.

    :param environment: what the sandbox exports.
    :return: what to change of it.
    """
    client("s3", "target").create_bucket(Bucket=BUCKET)
    groups = client("ec2", "target").describe_security_groups(
        Filters=[{"Name": "group-name", "Values": [NETWORK]}]
    )["SecurityGroups"]
    connection = json.loads(environment["AIRFLOW_CONN_AWS_DR"])
    connection["extra"]["service_config"] = {
        "s3": {"bucket_name": BUCKET},
        "redshift": {
            "cluster_subnet_group_name": NETWORK,
            "vpc_security_group_ids": [group["GroupId"] for group in groups],
            "kms_key_id": target_key(client),
        },
    }
    return {"AIRFLOW_CONN_AWS_DR": json.dumps(connection)}


def build_network(client: Client) -> None:
    """What the playground makes in the DR account, for a sandbox without the playground."""
    ec2, redshift, kms = (client(name, "target") for name in ("ec2", "redshift", "kms"))
    vpc_id = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0][
        "VpcId"
    ]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["Subnets"]
    redshift.create_cluster_subnet_group(
        ClusterSubnetGroupName=NETWORK,
        Description="Where drills restore",
        SubnetIds=[subnet["SubnetId"] for subnet in subnets],
    )
    ec2.create_security_group(GroupName=NETWORK, Description="No way in", VpcId=vpc_id)
    key = kms.create_key(Description="Restored clusters")["KeyMetadata"]
    kms.create_alias(AliasName=TARGET_KEY_ALIAS, TargetKeyId=key["KeyId"])


def target_key(client: Client) -> str:
    """The key that encrypts restored clusters."""
    key = client("kms", "target").describe_key(KeyId=TARGET_KEY_ALIAS)["KeyMetadata"]
    return str(key["Arn"])


def drill_clusters(client: Client) -> list[dict[str, Any]]:
    """The clusters of the DR account; a drill leaves none."""
    return list(client("redshift", "target").describe_clusters()["Clusters"])


def dr_copies(client: Client) -> list[dict[str, Any]]:
    """The manual snapshots that the DR account owns."""
    found = client("redshift", "target").describe_cluster_snapshots(SnapshotType="manual")
    return list(found["Snapshots"])
