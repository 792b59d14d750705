"""The roles of the two accounts, with the narrow policies that a real deployment gives them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from moto.iam.models import iam_backends

from sandbox.accounts import PARTITION, REGION, SOURCE, TARGET
from sandbox.environment import AIRFLOW_ROLE, EXTERNAL_ID, INVENTORY_ROLE, RESTORE_ROLE

FUNCTION_NAME = "aca-redshift-backup"
FUNCTION_ROLE = "aca-redshift-backup"
CLUSTER_IDENTIFIER = "aca-redshift-cluster"
TOPIC_NAME = "redshift-dr-alerts"

_SNAPSHOTS = f"arn:aws:redshift:{REGION}:{SOURCE.account_id}:snapshot:*/*"
_CLUSTERS = f"arn:aws:redshift:{REGION}:{SOURCE.account_id}:cluster:*"


@dataclass(frozen=True)
class Role:
    """A role: who may assume it, and what it may do."""

    account_id: str
    name: str
    trust: dict[str, Any]
    policy: dict[str, Any]

    @property
    def arn(self) -> str:
        """The role's ARN."""
        return f"arn:aws:iam::{self.account_id}:role/{self.name}"


def _allow(actions: Iterable[str], resources: str | list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _trusting_account(account_id: str, external_id: str | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
        "Action": "sts:AssumeRole",
    }
    if external_id is not None:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return _document(statement)


def _trusting_service(service: str) -> dict[str, Any]:
    return _document(
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    )


ACCESS_ROLES = (
    Role(
        SOURCE.account_id,
        AIRFLOW_ROLE,
        _trusting_account(SOURCE.account_id),
        _document(
            _allow(
                ["lambda:InvokeFunction"],
                f"arn:aws:lambda:{REGION}:{SOURCE.account_id}:function:{FUNCTION_NAME}",
            ),
            _allow(["redshift:DescribeClusterSnapshots", "redshift:DescribeClusters"], "*"),
            _allow(["sns:Publish"], f"arn:aws:sns:{REGION}:{SOURCE.account_id}:{TOPIC_NAME}"),
        ),
    ),
    Role(
        SOURCE.account_id,
        INVENTORY_ROLE,
        _trusting_account(SOURCE.account_id),
        _document(
            _allow(
                [
                    "redshift:DescribeClusterSnapshots",
                    "redshift:DescribeClusters",
                    "redshift:DescribeTags",
                ],
                "*",
            )
        ),
    ),
    Role(
        TARGET.account_id,
        RESTORE_ROLE,
        _trusting_account(SOURCE.account_id, EXTERNAL_ID),
        _document(
            _allow(["redshift:DescribeClusterSnapshots", "redshift:DescribeClusters"], "*"),
            _allow(
                [
                    "redshift:RestoreFromClusterSnapshot",
                    "redshift:DeleteCluster",
                    "redshift:CreateTags",
                    "redshift:CreateClusterSnapshot",
                    "redshift:GetClusterCredentials",
                ],
                [
                    f"arn:aws:redshift:{REGION}:{TARGET.account_id}:*",
                    _SNAPSHOTS,
                ],
            ),
            _allow(
                [
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:GenerateDataKey",
                    "kms:CreateGrant",
                    "kms:RetireGrant",
                ],
                [
                    f"arn:aws:kms:{REGION}:{SOURCE.account_id}:key/*",
                    f"arn:aws:kms:{REGION}:{TARGET.account_id}:key/*",
                ],
            ),
            _allow(
                [
                    "redshift-data:ExecuteStatement",
                    "redshift-data:BatchExecuteStatement",
                    "redshift-data:DescribeStatement",
                    "redshift-data:GetStatementResult",
                ],
                "*",
            ),
        ),
    ),
)

BACKUP_ROLE = Role(
    SOURCE.account_id,
    FUNCTION_ROLE,
    _trusting_service("lambda.amazonaws.com"),
    _document(
        _allow(["redshift:DescribeClusterSnapshots", "redshift:DescribeClusters"], "*"),
        _allow(
            [
                "redshift:CreateClusterSnapshot",
                "redshift:CopyClusterSnapshot",
                "redshift:DeleteClusterSnapshot",
                "redshift:BatchDeleteClusterSnapshots",
                "redshift:AuthorizeSnapshotAccess",
                "redshift:RevokeSnapshotAccess",
                "redshift:CreateTags",
                "redshift:DeleteTags",
            ],
            [_SNAPSHOTS, _CLUSTERS],
        ),
        _allow(
            ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListGrants"],
            f"arn:aws:kms:{REGION}:{SOURCE.account_id}:key/*",
        ),
        _allow(
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            f"arn:aws:logs:{REGION}:{SOURCE.account_id}:log-group:/aws/lambda/{FUNCTION_NAME}*",
        ),
    ),
)

COPY_ROLE_NAME = "aca-redshift-copy"


def copy_role(bucket: str) -> Role:
    """Return the role with which the cluster reads its staging bucket (``COPY ... IAM_ROLE``)."""
    return Role(
        SOURCE.account_id,
        COPY_ROLE_NAME,
        _trusting_service("redshift.amazonaws.com"),
        _document(
            _allow(
                ["s3:GetObject", "s3:ListBucket"],
                [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            )
        ),
    )


def create_access_roles() -> None:
    """Create the roles that the exported connections assume, which a bare sandbox has too."""
    for role in ACCESS_ROLES:
        iam = iam_backends[role.account_id][PARTITION]
        created = iam.create_role(
            role_name=role.name,
            assume_role_policy_document=json.dumps(role.trust),
            path="/",
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration="3600",
        )
        iam.put_role_policy(created.name, role.name, json.dumps(role.policy))
