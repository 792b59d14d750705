"""What AWS refuses before it touches a resource, with its words; nothing is made."""

from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from tests.sandbox.cloudformation.test_source_types import att, ref, resource

TOPIC = resource("SNS::Topic", {})


def refusal(cloudformation: Any, template: Any, **more: Any) -> tuple[str, str]:
    body = template if isinstance(template, str) else yaml.safe_dump(template, sort_keys=False)
    with pytest.raises(ClientError) as caught:
        cloudformation.create_stack(StackName="stack", TemplateBody=body, **more)
    assert cloudformation.list_stacks()["StackSummaries"] == []
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("Resources: [", "Template format error: YAML not well-formed."),
        (
            "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n",
            "[/Resources/A/Properties] 'null' values are not allowed in templates",
        ),
        ({"Resources": {"A": {**TOPIC, "DependsOn": 5}}}, "DependsOn a string or a list"),
        ({"Resources": {"A": TOPIC}, "Mappings": {"M": {"a": 5}}}, "an object of objects. (M)"),
        (
            {"Resources": {"A": TOPIC}, "Conditions": {"C": {"Fn::Not": [{"Condition": "C"}]}}},
            "Circular dependency between conditions",
        ),
        (
            {"Resources": {"A": TOPIC}, "Rules": {"R": {"Assertions": ["a"]}}},
            "Every assertion of rule R must contain Assert.",
        ),
        (
            {"Resources": {"A": TOPIC}, "Parameters": {"P": {"Type": "String", "MinLength": "x"}}},
            "MinLength of parameter P must be a number",
        ),
        ("just text", "Template format error: unsupported structure."),
        ({"Outputs": {}}, "At least one Resources member must be defined."),
        ({"Resource": {}}, "Invalid template property or properties [Resource]"),
        (
            {"Resources": {"A": {"Type": "AWS::SNS::Topik"}}},
            "Template format error: Unrecognized resource types: [AWS::SNS::Topik]",
        ),
        (
            {"Resources": {"A": {**TOPIC, "DependOn": "B"}}},
            "Invalid template resource property 'DependOn'",
        ),
        (
            {"Resources": {"A": resource("SNS::Topic", {"TopicName": ref("Name")})}},
            "Unresolved resource dependencies [Name] in the Resources block of the template",
        ),
        (
            {"Resources": {"A": {**TOPIC, "DependsOn": ["B"]}}},
            "Unresolved resource dependencies [B] in the Resources block of the template",
        ),
        (
            {"Resources": {"A": resource("SNS::Topic", {"TopicName": {"Fn::Sub": "${X}-a"}})}},
            "Unresolved resource dependencies [X] in the Resources block",
        ),
        (
            {"Resources": {"A": TOPIC}, "Outputs": {"O": {"Value": att("B", "Arn")}}},
            "instance of Fn::GetAtt references undefined resource B",
        ),
        (
            {"Resources": {"A": TOPIC}, "Outputs": {"O": {"Value": att("A", "Size")}}},
            "resource A does not support attribute type Size in Fn::GetAtt",
        ),
        (
            {
                "Resources": {
                    "A": resource("SNS::Topic", {"DisplayName": ref("B")}),
                    "B": resource("SNS::Topic", {"DisplayName": ref("A")}),
                }
            },
            "Circular dependency between resources: [A, B]",
        ),
        (
            {"Resources": {"A": {**TOPIC, "Condition": "C"}}},
            "Unresolved condition dependency C in the Resources block of the template",
        ),
        (
            {
                "Mappings": {"M": {"a": {"b": "c"}}},
                "Resources": {
                    "A": resource("SNS::Topic", {"TopicName": {"Fn::FindInMap": ["M", "a", "x"]}})
                },
            },
            "Template error: Unable to get mapping for M::a::x",
        ),
        (
            {"Resources": {"A": resource("SNS::Topic", {"TopicName": {"Fn::Nope": []}})}},
            "Fn::Nope is not a valid function",
        ),
        (
            "Resources:\n  A: {Type: AWS::SNS::Topic}\n  A: {Type: AWS::SNS::Topic}\n",
            "duplicate key A (line 3)",
        ),
        (
            {"Resources": {"A": {**TOPIC, "DeletionPolicy": "Keep"}}},
            "Unrecognized DeletionPolicy Keep",
        ),
        (
            {"Parameters": {"P": {"Type": "Text"}}, "Resources": {"A": TOPIC}},
            "Unrecognized parameter type: Text",
        ),
    ],
)
def test_a_template_with_a_fault_is_refused(
    cloudformation: Any, template: Any, message: str
) -> None:
    code, sentence = refusal(cloudformation, template)
    assert code == "ValidationError"
    assert message in sentence


def test_a_template_of_more_than_51200_bytes_goes_by_url(sandbox: Any, cloudformation: Any) -> None:
    body = yaml.safe_dump({"Description": "d", "Resources": {"A": TOPIC}}) + "#" * 51_200
    code, sentence = refusal(cloudformation, body)
    assert (code, "less than or equal to 51200" in sentence) == ("ValidationError", True)
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="large.yaml", Body=body.encode())
    url = "https://templates.s3.us-east-1.amazonaws.com/large.yaml"
    cloudformation.create_stack(StackName="stack", TemplateURL=url)
    [stack] = cloudformation.describe_stacks(StackName="stack")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("properties", "given", "allowed"),
    [
        ({"RoleName": "r"}, [], "CAPABILITY_NAMED_IAM"),
        ({"RoleName": "r"}, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
        ({}, [], "CAPABILITY_IAM"),
    ],
)
def test_iam_resources_need_their_capability(
    cloudformation: Any, properties: dict[str, Any], given: list[str], allowed: str
) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    role = resource("IAM::Role", {"AssumeRolePolicyDocument": trust, **properties})
    code, sentence = refusal(cloudformation, {"Resources": {"A": role}}, Capabilities=given)
    assert code == "InsufficientCapabilitiesException"
    assert sentence == f"Requires capabilities : [{allowed}]"


@pytest.mark.parametrize(
    ("declaration", "value", "message"),
    [
        ({"Type": "String"}, None, "Parameters: [P] must have values"),
        (
            {"Type": "String", "AllowedPattern": "[0-9]{12}"},
            "12",
            "Parameter 'P' must match pattern [0-9]{12}",
        ),
        (
            {"Type": "String", "AllowedPattern": "a+", "ConstraintDescription": "only a"},
            "aab",
            "Parameter 'P' failed to satisfy constraint: only a",
        ),
        (
            {"Type": "String", "AllowedValues": ["ENABLED", "DISABLED"]},
            "OFF",
            "Parameter 'P' must be one of AllowedValues [ENABLED, DISABLED]",
        ),
        ({"Type": "Number"}, "seven", "Parameter 'P' must be a number"),
        (
            {"Type": "Number", "MinValue": 1},
            "0",
            "Parameter 'P' must be a number not less than 1",
        ),
        (
            {"Type": "Number", "MaxValue": 9},
            "10",
            "Parameter 'P' must be a number not greater than 9",
        ),
        (
            {"Type": "String", "MinLength": 2},
            "a",
            "Parameter 'P' must contain at least 2 characters",
        ),
        (
            {"Type": "String", "MaxLength": 2},
            "abc",
            "Parameter 'P' must contain at most 2 characters",
        ),
        (
            {"Type": "AWS::EC2::VPC::Id"},
            "vpc-0123456789abcdef0",
            "parameter value vpc-0123456789abcdef0 for parameter name P does not exist",
        ),
    ],
)
def test_a_parameter_outside_of_its_constraints_is_refused(
    cloudformation: Any, declaration: dict[str, Any], value: str | None, message: str
) -> None:
    template = {"Parameters": {"P": declaration}, "Resources": {"A": TOPIC}}
    given = [] if value is None else [{"ParameterKey": "P", "ParameterValue": value}]
    code, sentence = refusal(cloudformation, template, Parameters=given)
    assert code == "ValidationError"
    assert message in sentence


def test_an_unknown_parameter_is_refused(cloudformation: Any) -> None:
    given = [{"ParameterKey": "Typo", "ParameterValue": "1"}]
    _, sentence = refusal(cloudformation, {"Resources": {"A": TOPIC}}, Parameters=given)
    assert sentence == "Parameters: [Typo] do not exist in the template"


def test_a_rule_refuses_parameters_with_its_description(sandbox: Any, cloudformation: Any) -> None:
    template = {
        "Parameters": {"Target": {"Type": "String"}, "Stage": {"Type": "String"}},
        "Rules": {
            "OtherAccount": {
                "RuleCondition": {"Fn::Equals": [ref("Stage"), "prod"]},
                "Assertions": [
                    {
                        "Assert": {
                            "Fn::Not": [{"Fn::Equals": [ref("Target"), ref("AWS::AccountId")]}]
                        },
                        "AssertDescription": "TargetAccountId must be another account",
                    },
                    {
                        "Assert": {"Fn::Contains": [["a", "prod"], ref("Stage")]},
                        "AssertDescription": "never said",
                    },
                ],
            }
        },
        "Resources": {"A": TOPIC},
    }

    def given(stage: str) -> list[dict[str, str]]:
        values = {"Target": "164543933824", "Stage": stage}
        return [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]

    _, sentence = refusal(cloudformation, template, Parameters=given("prod"))
    assert "TargetAccountId must be another account" in sentence
    assert "never said" not in sentence
    cloudformation.create_stack(
        StackName="stack", TemplateBody=yaml.safe_dump(template), Parameters=given("test")
    )
    assert len(sandbox.client("sns").list_topics()["Topics"]) == 1


@pytest.mark.parametrize(
    "template",
    [
        {"Resources": {"A": {"Type": "AWS::RDS::DBInstance"}}},
        {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"A": TOPIC}},
        {"Resources": {"A": {**TOPIC, "DeletionPolicy": "Snapshot"}}},
    ],
)
def test_what_aws_has_and_the_sandbox_has_not_is_said_so(
    cloudformation: Any, template: dict[str, Any]
) -> None:
    code, sentence = refusal(cloudformation, template)
    assert code == "NotImplementedInSandbox"
    assert "The sandbox does not model cloudformation:CreateStack" in sentence


def test_a_second_stack_of_the_name_is_refused(create: Any, cloudformation: Any) -> None:
    create({"A": TOPIC})
    with pytest.raises(cloudformation.exceptions.AlreadyExistsException):
        create({"A": TOPIC})
    with pytest.raises(ClientError, match=r"Stack \[other\] does not exist"):
        cloudformation.update_stack(StackName="other", TemplateBody="{}")


def test_a_name_that_no_stack_can_have_is_refused(cloudformation: Any) -> None:
    with pytest.raises(ClientError, match=r"Value 'bad name' at 'stackName' failed to satisfy"):
        cloudformation.create_stack(
            StackName="bad name", TemplateBody=yaml.safe_dump({"Resources": {"A": TOPIC}})
        )
