"""A ready example: a cluster with data, and both stacks as the deployment script deploys them."""

import json
import time
from collections.abc import Callable
from typing import Any

from sandbox.accounts import SOURCE
from sandbox.deployment import CLUSTER_IDENTIFIER, DR, SOURCE_STACK, Deployment, PlaygroundError
from sandbox.sample_warehouse import SCHEMA, tables

DATABASE = "dev"
ADMIN_USER = "awsuser"
ADMIN_PASSWORD = "Fake-Sandbox-Password-1"
READER = "redshift_dr_reader"
CLUSTER_KEY_ALIAS = "alias/aca-redshift"
STAGING_BUCKET = "aca-redshift-staging"
COPY_ROLE = "aca-redshift-copy"

_STATEMENT_TIMEOUT_SECONDS = 60


class Playground:
    """Builds the example through real AWS calls to the sandbox itself.

    :param client: returns a boto3 client for a service and ``source`` or ``target``.
    :param deployment: runs the deployment script against the sandbox.
    """

    def __init__(self, client: Callable[..., Any], deployment: Deployment) -> None:
        self._new_client = client
        self._clients: dict[tuple[str, str], Any] = {}
        self._deployment = deployment

    def build(self) -> dict[str, dict[str, str]]:
        """Build everything anew in two empty accounts.

        :return: the outputs of both stacks, by the stack's name.
        :raises PlaygroundError: the script failed, or a table could not be loaded.
        """
        key_arn = self._create_cluster()
        self._load_warehouse()
        self._deployment.deploy(SOURCE_STACK)
        self._admit_target(key_arn)
        self._deployment.deploy(DR)
        return {
            SOURCE_STACK.name: self._outputs("source", SOURCE_STACK.name),
            DR.name: self._outputs("target", DR.name),
        }

    def _client(self, service: str, account: str = "source") -> Any:
        key = (service, account)
        if key not in self._clients:
            self._clients[key] = self._new_client(service, account)
        return self._clients[key]

    def _create_cluster(self) -> str:
        self._client("s3").create_bucket(Bucket=STAGING_BUCKET)
        key_arn = self._create_key()
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
            IamRoles=[self._create_copy_role()],
        )
        return key_arn

    def _create_key(self) -> str:
        kms = self._client("kms")
        policy = _document(_own_key_statement())
        key = kms.create_key(Description="Redshift data", Policy=policy)["KeyMetadata"]
        kms.create_alias(AliasName=CLUSTER_KEY_ALIAS, TargetKeyId=key["KeyId"])
        return str(key["Arn"])

    def _create_copy_role(self) -> str:
        """Create the role with which the cluster reads its staging bucket: ``COPY ... IAM_ROLE``.

        It belongs to the example's data; nobody of the product assumes it.
        """
        bucket = f"arn:aws:s3:::{STAGING_BUCKET}"
        trust = {"Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}
        read = {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [bucket, f"{bucket}/*"]}
        iam = self._client("iam")
        created = iam.create_role(RoleName=COPY_ROLE, AssumeRolePolicyDocument=_document(trust))
        iam.put_role_policy(RoleName=COPY_ROLE, PolicyName="read", PolicyDocument=_document(read))
        return str(created["Role"]["Arn"])

    def _load_warehouse(self) -> None:
        statements = [f"CREATE SCHEMA {SCHEMA}"]
        for table in tables():
            statements += [table.definition, table.insertion]
        statements += [
            f"CREATE USER {READER} PASSWORD DISABLE",
            f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {READER}",
        ]
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

    def _admit_target(self, key_arn: str) -> None:
        """Add to the cluster's key what the stack says that the DR account needs of it."""
        stack = self._outputs("source", SOURCE_STACK.name)
        statements = json.loads(stack["ClusterKeyStatements"])
        policy = _document(_own_key_statement(), *statements)
        self._client("kms").put_key_policy(KeyId=key_arn, PolicyName="default", Policy=policy)

    def _outputs(self, account: str, stack: str) -> dict[str, str]:
        cloudformation = self._client("cloudformation", account)
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        return {row["OutputKey"]: row["OutputValue"] for row in found["Outputs"]}


def _document(*statements: dict[str, Any]) -> str:
    allowed = [{"Effect": "Allow"} | statement for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})


def _own_key_statement() -> dict[str, Any]:
    root = f"arn:aws:iam::{SOURCE.account_id}:root"
    return {"Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
