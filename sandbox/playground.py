"""A ready example: a source cluster with data, a DR account to restore into, the function."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from sandbox.accounts import SOURCE, TARGET
from sandbox.roles import (
    BACKUP_ROLE,
    CLUSTER_IDENTIFIER,
    FUNCTION_NAME,
    TOPIC_NAME,
    Role,
    copy_role,
)
from sandbox.sample_warehouse import SCHEMA, tables

DATABASE = "dev"
ADMIN_USER = "awsuser"
ADMIN_PASSWORD = "Fake-Sandbox-Password-1"
SOURCE_KEY_ALIAS = "alias/aca-redshift"
TARGET_KEY_ALIAS = "alias/redshift-dr"
DRILL_NAME = "redshift-dr-drill"
STAGING_BUCKET = "aca-redshift-staging"
RUNTIME = "python3.13"
HANDLER = "redshift_backup.handler.lambda_handler"

_BUILD_ZIP = Path(__file__).parents[1] / "lambda" / "build_zip.py"
_STATEMENT_TIMEOUT_SECONDS = 60


class PlaygroundError(Exception):
    """The example could not be built; the message says which step failed and why."""


class Playground:
    """Builds the example through real AWS calls to the sandbox itself.

    :param client: returns a boto3 client for a service and ``source`` or ``target``.
    :param directory: where the function's zip is kept between builds.
    """

    def __init__(self, client: Callable[..., Any], directory: Path) -> None:
        self._new_client = client
        self._clients: dict[tuple[str, str], Any] = {}
        self._directory = directory

    def build(self) -> None:
        """Build everything anew in two empty accounts.

        :raises PlaygroundError: the zip could not be built, or a table could not be loaded.
        """
        self._create_cluster()
        self._load_warehouse()
        self._client("sns").create_topic(Name=TOPIC_NAME)
        self._create_restore_target()
        self._deploy_function()

    def _client(self, service: str, account: str = "source") -> Any:
        key = (service, account)
        if key not in self._clients:
            self._clients[key] = self._new_client(service, account)
        return self._clients[key]

    def _create_cluster(self) -> None:
        self._client("s3").create_bucket(Bucket=STAGING_BUCKET)
        role_arn = self._create_role(copy_role(STAGING_BUCKET))
        key_arn = self._create_key("source", SOURCE_KEY_ALIAS, _shared_key_policy())
        self._client("redshift").create_cluster(
            ClusterIdentifier=CLUSTER_IDENTIFIER,
            DBName=DATABASE,
            ClusterType="multi-node",
            NodeType="ra3.large",
            NumberOfNodes=2,
            MasterUsername=ADMIN_USER,
            MasterUserPassword=ADMIN_PASSWORD,
            Encrypted=True,
            KmsKeyId=key_arn,
            IamRoles=[role_arn],
        )

    def _load_warehouse(self) -> None:
        statements = [f"CREATE SCHEMA {SCHEMA}"]
        for table in tables():
            statements += [table.definition, table.insertion]
        self._execute(statements)

    def _execute(self, statements: list[str]) -> None:
        data = self._client("redshift-data")
        statement_id = data.batch_execute_statement(
            ClusterIdentifier=CLUSTER_IDENTIFIER,
            Database=DATABASE,
            DbUser=ADMIN_USER,
            Sqls=statements,
        )["Id"]
        deadline = time.monotonic() + _STATEMENT_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            state = data.describe_statement(Id=statement_id)
            if state["Status"] == "FINISHED":
                return
            if state["Status"] in ("FAILED", "ABORTED"):
                raise PlaygroundError(f"the warehouse was not loaded: {state.get('Error')}")
            time.sleep(0.01)
        raise PlaygroundError(
            f"the warehouse was not loaded within {_STATEMENT_TIMEOUT_SECONDS} seconds"
        )

    def _create_restore_target(self) -> None:
        ec2 = self._client("ec2", "target")
        default_vpc = [{"Name": "is-default", "Values": ["true"]}]
        vpc_id = ec2.describe_vpcs(Filters=default_vpc)["Vpcs"][0]["VpcId"]
        in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
        subnets = ec2.describe_subnets(Filters=in_vpc)["Subnets"]
        self._client("redshift", "target").create_cluster_subnet_group(
            ClusterSubnetGroupName=DRILL_NAME,
            Description="Where restore drills run",
            SubnetIds=[subnet["SubnetId"] for subnet in subnets],
        )
        ec2.create_security_group(
            GroupName=DRILL_NAME, Description="Restore drills: no way in", VpcId=vpc_id
        )
        self._create_key("target", TARGET_KEY_ALIAS, _own_key_policy(TARGET.account_id))

    def _deploy_function(self) -> None:
        self._client("lambda").create_function(
            FunctionName=FUNCTION_NAME,
            Runtime=RUNTIME,
            Role=self._create_role(BACKUP_ROLE),
            Handler=HANDLER,
            Code={"ZipFile": self._zip},
            Timeout=900,
            MemorySize=512,
            Environment={
                "Variables": {
                    "CLUSTER_IDENTIFIER": CLUSTER_IDENTIFIER,
                    "TARGET_ACCOUNT_ID": TARGET.account_id,
                    "RETENTION_DAYS": "7",
                }
            },
        )

    @cached_property
    def _zip(self) -> bytes:
        path = self._directory / "function.zip"
        command = [sys.executable, str(_BUILD_ZIP), "--output", str(path)]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        if built.returncode != 0:
            raise PlaygroundError(
                f"lambda/build_zip.py ended with exit code {built.returncode}:\n{built.stderr}"
            )
        return path.read_bytes()

    def _create_role(self, role: Role) -> str:
        iam = self._client("iam")
        created = iam.create_role(
            RoleName=role.name, AssumeRolePolicyDocument=json.dumps(role.trust)
        )
        iam.put_role_policy(
            RoleName=role.name, PolicyName=role.name, PolicyDocument=json.dumps(role.policy)
        )
        return str(created["Role"]["Arn"])

    def _create_key(self, account: str, alias: str, policy: dict[str, Any]) -> str:
        kms = self._client("kms", account)
        key = kms.create_key(Description="Redshift data", Policy=json.dumps(policy))["KeyMetadata"]
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
        return str(key["Arn"])


def _own_key_policy(account_id: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [_key_statement(account_id, ["kms:*"])]}


def _shared_key_policy() -> dict[str, Any]:
    """Let the target account use the key to restore what is shared with it."""
    policy = _own_key_policy(SOURCE.account_id)
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant"]
    policy["Statement"].append(_key_statement(TARGET.account_id, actions))
    return policy


def _key_statement(account_id: str, actions: list[str]) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
        "Action": actions,
        "Resource": "*",
    }
