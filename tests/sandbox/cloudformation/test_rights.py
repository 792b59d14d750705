"""Resources are made with the rights of the caller, or of the role of the stack."""

import json
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError

from tests.sandbox.cloudformation.test_source_types import resource

ACCOUNT = "164543933824"
BODY = yaml.safe_dump(
    {"Resources": {"Topic": resource("SNS::Topic", {}), "Queue": resource("SQS::Queue", {})}}
)


def policy(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal: dict[str, str]) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def deployer(sandbox: Any) -> Any:
    """CloudFormation for a user that may deploy, and make topics, but no queues."""
    iam = sandbox.client("iam")
    iam.create_user(UserName="deployer")
    may = ("cloudformation:*", "sns:*", "iam:PassRole")
    iam.put_user_policy(UserName="deployer", PolicyName="p", PolicyDocument=policy(*may))
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    sandbox.control("POST", "iam", {"enforce": True})
    return boto3.client(
        "cloudformation",
        endpoint_url=sandbox.url,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


def test_a_stack_cannot_do_what_its_caller_cannot(sandbox: Any, deployer: Any) -> None:
    deployer.create_stack(StackName="stack", TemplateBody=BODY)
    [stack] = deployer.describe_stacks(StackName="stack")["Stacks"]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = deployer.describe_stack_events(StackName="stack")["StackEvents"]
    [why] = [one for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    assert why["LogicalResourceId"] == "Queue"
    assert "not authorized to perform: sqs:" in why["ResourceStatusReason"]
    assert "HandlerErrorCode: AccessDenied" in why["ResourceStatusReason"]
    assert sandbox.client("sns").list_topics()["Topics"] == []


def test_the_role_of_a_stack_acts_in_its_callers_place(sandbox: Any, deployer: Any) -> None:
    iam = sandbox.client("iam")
    service = trust({"Service": "cloudformation.amazonaws.com"})
    iam.create_role(RoleName="maker", AssumeRolePolicyDocument=service)
    iam.put_role_policy(RoleName="maker", PolicyName="p", PolicyDocument=policy("sns:*", "sqs:*"))
    arn = f"arn:aws:iam::{ACCOUNT}:role/maker"
    deployer.create_stack(StackName="stack", TemplateBody=BODY, RoleARN=arn)
    [stack] = deployer.describe_stacks(StackName="stack")["Stacks"]
    assert (stack["StackStatus"], stack["RoleARN"]) == ("CREATE_COMPLETE", arn)
    deployer.delete_stack(StackName="stack")
    assert sandbox.client("sns").list_topics()["Topics"] == []
    assert "QueueUrls" not in sandbox.client("sqs").list_queues()


def test_a_role_that_does_not_trust_cloudformation_is_refused(
    sandbox: Any, cloudformation: Any
) -> None:
    document = trust({"Service": "lambda.amazonaws.com"})
    sandbox.client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=document)
    for name in ("other", "absent"):
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        with pytest.raises(ClientError, match="is invalid or cannot be assumed"):
            cloudformation.create_stack(StackName="stack", TemplateBody=BODY, RoleARN=arn)


def test_termination_protection_keeps_a_stack(cloudformation: Any, create: Any) -> None:
    create({"Topic": resource("SNS::Topic", {})}, EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        cloudformation.delete_stack(StackName="stack")
    cloudformation.update_termination_protection(
        StackName="stack", EnableTerminationProtection=False
    )
    cloudformation.delete_stack(StackName="stack")
    assert cloudformation.describe_stacks()["Stacks"] == []


def test_the_accounts_have_stacks_of_their_own(sandbox: Any, create: Any) -> None:
    create({"Topic": resource("SNS::Topic", {})})
    assert sandbox.client("cloudformation", "target").describe_stacks()["Stacks"] == []
