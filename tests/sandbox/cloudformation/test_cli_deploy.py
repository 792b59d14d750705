"""``aws cloudformation`` as the deployment script and the guide use it."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.cloudformation.conftest import RUNTIME

TEMPLATE = f"""
AWSTemplateFormatVersion: 2010-09-09
Description: A function with what watches it
Parameters:
  Age:
    Type: Number
    Default: 26
    MinValue: 1
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: watched
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {{Service: lambda.amazonaws.com}}
            Action: sts:AssumeRole
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: watched
      Handler: index.handler
      Runtime: {RUNTIME}
      Role: !GetAtt Role.Arn
      Timeout: "900"
      Code:
        ZipFile: |
          def handler(event, context):
              return event
  Topic:
    Type: AWS::SNS::Topic
    Properties: {{KmsMasterKeyId: alias/aws/sns}}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub "${{AWS::StackName}}-age"
      Namespace: Backup
      MetricName: NewestSharedSnapshotAgeHours
      Dimensions: [{{Name: FunctionName, Value: !Ref Function}}]
      Statistic: Maximum
      Period: 3600
      EvaluationPeriods: 2
      Threshold: !Ref Age
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: breaching
      AlarmActions: [!Ref Topic]
Outputs:
  FunctionArn:
    Value: !GetAtt Function.Arn
  TopicArn:
    Value: !Ref Topic
"""


@pytest.fixture
def template(tmp_path: Path) -> str:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE, encoding="utf-8")
    return str(path)


def test_deploy_creates_says_no_changes_changes_and_deletes(
    cli: Any, template: str, sandbox: Any
) -> None:
    deploy = ["cloudformation", "deploy", "--stack-name", "watch", "--template-file", template]
    named = ["--capabilities", "CAPABILITY_NAMED_IAM"]
    assert "Requires capabilities : [CAPABILITY_NAMED_IAM]" in cli(*deploy, fails=True)

    assert "Successfully created/updated stack - watch" in cli(*deploy, *named)
    [stack] = cli("cloudformation", "describe-stacks", "--stack-name", "watch")["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    assert outputs["FunctionArn"].endswith(":function:watched")
    [alarm] = sandbox.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert (alarm["Threshold"], alarm["AlarmActions"]) == (26.0, [outputs["TopicArn"]])
    assert (
        sandbox.client("lambda").get_function(FunctionName="watched")["Configuration"]["Timeout"]
        == 900
    )

    unchanged = cli(*deploy, *named, "--no-fail-on-empty-changeset")
    assert "No changes to deploy. Stack watch is up to date" in unchanged
    assert "No changes to deploy" in cli(*deploy, *named, "--fail-on-empty-changeset", fails=True)

    cli(*deploy, *named, "--parameter-overrides", "Age=30")
    [alarm] = sandbox.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["Threshold"] == 30.0

    cli("cloudformation", "delete-stack", "--stack-name", "watch")
    cli("cloudformation", "wait", "stack-delete-complete", "--stack-name", "watch")
    assert sandbox.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert sandbox.client("lambda").list_functions()["Functions"] == []
