"""In the account of moto's own tests CloudFormation is moto's."""

from typing import Any

import boto3

from sandbox.moto_account import ACCESS_KEY_ID


def test_motos_tests_meet_motos_stacks(sandbox: Any, cloudformation: Any) -> None:
    client = boto3.client(
        "cloudformation",
        endpoint_url=sandbox.url,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key="any",
    )
    body = '{"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"Unknown": 1}}}}'
    client.create_stack(StackName="stack", TemplateBody=body)
    [stack] = client.describe_stacks()["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert cloudformation.describe_stacks()["Stacks"] == []
