"""Two accounts whose policies are enforced, and short ways to make roles in them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
import pytest
from botocore.config import Config

SOURCE, TARGET = "164543933824", "058264155998"
REGION = "us-east-1"


class Accounts:
    """The accounts, with the guard on."""

    def __init__(self, sandbox: Any) -> None:
        self.sandbox = sandbox
        self.enforce(True)

    def enforce(self, value: bool) -> None:
        self.sandbox.control("POST", "iam", {"enforce": value})

    def client(self, service: str, account: str = "source") -> Any:
        return self.sandbox.client(service, account)

    def role(
        self,
        name: str,
        *statements: Mapping[str, Any],
        account: str = "source",
        trust: Mapping[str, Any] | None = None,
    ) -> str:
        """Make a role that everybody of the source account may assume, unless told otherwise."""
        trusted = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{SOURCE}:root"},
            "Action": "sts:AssumeRole",
        }
        iam = self.client("iam", account)
        made = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Statement": [trusted | dict(trust or {})]}),
        )
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)
        return str(made["Role"]["Arn"])

    def assume(self, role_arn: str, **arguments: Any) -> "Session":
        sts = self.client("sts")
        keys = sts.assume_role(RoleArn=role_arn, RoleSessionName="test", **arguments)
        return Session(self.sandbox.url, keys["Credentials"])

    def as_role(self, name: str, *statements: Mapping[str, Any], **more: Any) -> "Session":
        return self.assume(self.role(name, *statements, **more))

    def log(self) -> list[dict[str, Any]]:
        return list(self.sandbox.control("GET", "iam-log"))


class Session:
    """Clients with the keys of one session."""

    def __init__(self, url: str, keys: Mapping[str, str]) -> None:
        self._url = url
        self.keys = keys

    def client(self, service: str, **changes: str) -> Any:
        keys = {**self.keys, **changes}
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self._url,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            # boto3 presigns S3 addresses by an older version of the algorithm unless told.
            config=Config(
                retries={"total_max_attempts": 1},
                signature_version="s3v4" if service == "s3" else None,
            ),
        )


def allow(actions: str | Sequence[str], resource: str | Sequence[str] = "*", **more: Any) -> Any:
    return {"Effect": "Allow", "Action": actions, "Resource": resource} | more


@pytest.fixture
def accounts(sandbox: Any) -> Accounts:
    """A bare sandbox that enforces its policies."""
    return Accounts(sandbox)
