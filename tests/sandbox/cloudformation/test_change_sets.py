"""Change sets: what would change, carried out or not; and the rest of the CLI's commands."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from tests.sandbox.cloudformation.test_source_types import ref, resource


def template(delay: int, name: str = "first", **more: Any) -> dict[str, Any]:
    return {
        "Description": "queues",
        "Parameters": {"Delay": {"Type": "Number", "Default": delay}},
        "Resources": {
            "Queue": resource("SQS::Queue", {"QueueName": name, "DelaySeconds": ref("Delay")}),
            "Topic": resource("SNS::Topic", {"DisplayName": {"Fn::Sub": "${Queue}"}}),
            **more,
        },
        "Outputs": {"Url": {"Value": ref("Queue"), "Export": {"Name": "queue-url"}}},
    }


def prepare(cloudformation: Any, body: dict[str, Any], kind: str, name: str = "set") -> Any:
    cloudformation.create_change_set(
        StackName="stack",
        ChangeSetName=name,
        ChangeSetType=kind,
        TemplateBody=yaml.safe_dump(body),
    )
    return cloudformation.describe_change_set(StackName="stack", ChangeSetName=name)


def test_a_change_set_shows_and_then_makes_its_changes(cloudformation: Any, sandbox: Any) -> None:
    prepared = prepare(cloudformation, template(1), "CREATE")
    assert [one["ResourceChange"]["Action"] for one in prepared["Changes"]] == ["Add", "Add"]
    [stack] = cloudformation.describe_stacks(StackName="stack")["Stacks"]
    assert stack["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert "QueueUrls" not in sandbox.client("sqs").list_queues()
    cloudformation.execute_change_set(StackName="stack", ChangeSetName="set")
    [stack] = cloudformation.describe_stacks(StackName="stack")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"].endswith("/first")

    more = {"Extra": resource("SNS::Topic", {})}
    changed = prepare(cloudformation, template(1, "second", **more), "UPDATE")
    shown = [one["ResourceChange"] for one in changed["Changes"]]
    assert [(one["Action"], one["LogicalResourceId"], one.get("Replacement")) for one in shown] == [
        ("Add", "Extra", None),
        ("Modify", "Queue", "True"),
        ("Modify", "Topic", "False"),
    ]
    removed = prepare(cloudformation, template(9), "UPDATE", "other")
    assert [one["ResourceChange"]["LogicalResourceId"] for one in removed["Changes"]] == ["Queue"]
    cloudformation.delete_change_set(StackName="stack", ChangeSetName="other")
    cloudformation.execute_change_set(StackName="stack", ChangeSetName="set")
    queues = sandbox.client("sqs").list_queues()["QueueUrls"]
    assert [one.rpartition("/")[2] for one in queues] == ["second"]


def test_a_change_set_without_changes_fails_with_the_words_that_the_cli_knows(
    cloudformation: Any, create: Any
) -> None:
    body = template(1)
    cloudformation.create_stack(StackName="stack", TemplateBody=yaml.safe_dump(body))
    found = prepare(cloudformation, body, "UPDATE")
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(cloudformation.exceptions.InvalidChangeSetStatusException):
        cloudformation.execute_change_set(StackName="stack", ChangeSetName="set")
    with pytest.raises(ClientError, match="No updates are to be performed"):
        cloudformation.update_stack(StackName="stack", TemplateBody=yaml.safe_dump(body))


def test_tags_of_the_stack_reach_its_resources_and_count_as_a_change(
    cloudformation: Any, sandbox: Any, create: Any, update: Any
) -> None:
    resources = {"Topic": resource("SNS::Topic", {"Tags": [{"Key": "own", "Value": "1"}]})}
    create(resources, Tags=[{"Key": "team", "Value": "data"}, {"Key": "own", "Value": "0"}])
    sns = sandbox.client("sns")
    [topic] = [one["TopicArn"] for one in sns.list_topics()["Topics"]]

    def tags() -> dict[str, str]:
        found = sns.list_tags_for_resource(ResourceArn=topic)["Tags"]
        return {one["Key"]: one["Value"] for one in found}

    assert tags() == {"own": "1", "team": "data"}
    update(resources, Tags=[{"Key": "team", "Value": "dr"}])
    assert tags() == {"own": "1", "team": "dr"}


@pytest.mark.slow
def test_the_cli_shows_changes_without_making_them_and_lists_everything(
    cli: Any, tmp_path: Path, sandbox: Any, cloudformation: Any
) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template(3)), encoding="utf-8")
    deploy = ["cloudformation", "deploy", "--stack-name", "s", "--template-file", str(path)]
    said = cli(*deploy, "--no-execute-changeset")
    assert "aws cloudformation describe-change-set --change-set-name arn:aws:" in said
    assert "QueueUrls" not in sandbox.client("sqs").list_queues()
    # The CLI names change sets by the second, so the next one may bear the same name.
    [looked_at] = cloudformation.list_change_sets(StackName="s")["Summaries"]
    cloudformation.delete_change_set(ChangeSetName=looked_at["ChangeSetId"])
    cli(*deploy)
    stack = ["--stack-name", "s"]
    resources = cli("cloudformation", "describe-stack-resources", *stack)["StackResources"]
    assert [one["ResourceStatus"] for one in resources] == ["CREATE_COMPLETE"] * 2
    listed = cli("cloudformation", "list-stack-resources", *stack)["StackResourceSummaries"]
    assert {one["PhysicalResourceId"] for one in listed} == {
        one["PhysicalResourceId"] for one in resources
    }
    body = cli("cloudformation", "get-template", *stack)["TemplateBody"]
    assert (body if isinstance(body, dict) else json.loads(body))["Description"] == "queues"
    found = cli("cloudformation", "validate-template", "--template-body", f"file://{path}")
    assert found["Parameters"][0] == {
        "ParameterKey": "Delay",
        "DefaultValue": "3",
        "NoEcho": False,
    }
    cli("cloudformation", "update-stack", *stack, "--template-body", f"file://{path}",
        "--parameters", "ParameterKey=Delay,ParameterValue=4")  # fmt: skip
    cli("cloudformation", "wait", "stack-update-complete", *stack)
    [shown] = cloudformation.describe_stacks(StackName="s")["Stacks"]
    assert shown["Parameters"] == [{"ParameterKey": "Delay", "ParameterValue": "4"}]
    assert cloudformation.list_exports()["Exports"][0]["Name"] == "queue-url"


def test_exports_are_imported_unique_and_not_deleted_while_used(
    cloudformation: Any, create: Any, sandbox: Any
) -> None:
    export = {"Outputs": {"Name": {"Value": "shared", "Export": {"Name": "the-name"}}}}
    create({"A": resource("SNS::Topic", {})}, "exporter", sections=export)
    second = create({"A": resource("SNS::Topic", {})}, "second", sections=export)
    assert second["StackStatus"] == "ROLLBACK_COMPLETE"
    use = {"A": resource("SNS::Topic", {"TopicName": {"Fn::ImportValue": "the-name"}})}
    create(use, "importer")
    assert cloudformation.list_imports(ExportName="the-name")["Imports"] == ["importer"]
    with pytest.raises(ClientError, match="cannot be deleted as it is in use by importer"):
        cloudformation.delete_stack(StackName="exporter")
    with pytest.raises(ClientError, match="No export named other found"):
        create({"A": resource("SNS::Topic", {"TopicName": {"Fn::ImportValue": "other"}})}, "x")
    cloudformation.delete_stack(StackName="importer")
    cloudformation.delete_stack(StackName="exporter")
    assert cloudformation.list_exports()["Exports"] == []


def test_conditions_leave_out_resources_outputs_and_properties(
    sandbox: Any, cloudformation: Any
) -> None:
    body = {
        "Parameters": {
            "Email": {"Type": "String", "Default": ""},
            "Secret": {"Type": "String", "NoEcho": True, "Default": "hidden"},
        },
        "Conditions": {
            "Mail": {"Fn::Not": [{"Fn::Equals": [ref("Email"), ""]}]},
            "Both": {"Fn::And": [{"Condition": "Mail"}, {"Fn::Or": [{"Condition": "Mail"}] * 2}]},
        },
        "Resources": {
            "Topic": resource(
                "SNS::Topic",
                {
                    "TopicName": {
                        "Fn::Join": ["-", [{"Fn::Select": [1, {"Fn::Split": ["|", "a|b"]}]}, "c"]]
                    },
                    "DisplayName": {"Fn::If": ["Mail", ref("Email"), ref("AWS::NoValue")]},
                },
            ),
            "Subscription": resource(
                "SNS::Subscription",
                {"TopicArn": ref("Topic"), "Protocol": "email", "Endpoint": ref("Email")},
                Condition="Both",
            ),
        },
        "Outputs": {
            "Mail": {"Condition": "Mail", "Value": ref("Subscription")},
            "Text": {"Value": {"Fn::Sub": ["${!Kept} ${x} ${AWS::Region}", {"x": "y"}]}},
        },
    }
    text = yaml.safe_dump(body)
    cloudformation.create_stack(StackName="stack", TemplateBody=text)
    [stack] = cloudformation.describe_stacks(StackName="stack")["Stacks"]
    assert [one["OutputValue"] for one in stack["Outputs"]] == ["${Kept} y us-east-1"]
    assert {"ParameterKey": "Secret", "ParameterValue": "****"} in stack["Parameters"]
    given = [{"ParameterKey": "Email", "ParameterValue": "ops@example.com"}]
    cloudformation.update_stack(StackName="stack", UsePreviousTemplate=True, Parameters=given)
    [stack] = cloudformation.describe_stacks(StackName="stack")["Stacks"]
    assert {one["OutputKey"] for one in stack["Outputs"]} == {"Mail", "Text"}
    [found] = sandbox.client("sns").list_subscriptions()["Subscriptions"]
    assert (found["Endpoint"], found["TopicArn"].endswith(":b-c")) == ("ops@example.com", True)
    back = [{"ParameterKey": "Email", "ParameterValue": ""}]
    cloudformation.update_stack(StackName="stack", UsePreviousTemplate=True, Parameters=back)
    [stack] = cloudformation.describe_stacks(StackName="stack")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert sandbox.client("sns").list_subscriptions()["Subscriptions"] == []
