"""What holds for the templates whatever they are deployed with."""

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import TEMPLATES, load

# CloudFormation takes no more as --template-body.
LONGEST_TEMPLATE_BYTES = 51_200
# aws.md section 4: these know no resources, or not for all of their calls.
ON_EVERYTHING_ONLY = {
    "redshift:DescribeClusterSnapshots",
    "redshift:DescribeClusters",
    "redshift-data:CancelStatement",
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
    "secretsmanager:GetRandomPassword",
    "servicequotas:GetServiceQuota",
}
KIND_OF_RESOURCE = {
    "redshift:CreateClusterSnapshot": {"snapshot"},
    "redshift:CopyClusterSnapshot": {"snapshot"},
    "redshift:DeleteClusterSnapshot": {"snapshot"},
    "redshift:BatchDeleteClusterSnapshots": {"snapshot"},
    "redshift:AuthorizeSnapshotAccess": {"snapshot"},
    "redshift:RevokeSnapshotAccess": {"snapshot"},
    "redshift:RestoreFromClusterSnapshot": {"cluster", "snapshot"},
    "redshift:CreateTags": {"cluster", "snapshot"},
    "redshift:DeleteTags": {"snapshot"},
    "redshift:DeleteCluster": {"cluster"},
    "redshift:GetClusterCredentials": {"dbuser", "dbname"},
    "redshift-data:ExecuteStatement": {"cluster"},
}
both = pytest.mark.parametrize("account", ["source", "dr"])


def _resources(account: str, kind: str) -> dict[str, dict[str, Any]]:
    found = load(account)["Resources"]
    return {name: one["Properties"] for name, one in found.items() if one["Type"] == kind}


def _statements(account: str) -> Iterator[dict[str, Any]]:
    for role in _resources(account, "AWS::IAM::Role").values():
        for policy in role["Policies"]:
            yield from policy["PolicyDocument"]["Statement"]
    for policy in _resources(account, "AWS::IAM::Policy").values():
        yield from policy["PolicyDocument"]["Statement"]


def _granted(account: str) -> Iterator[tuple[str, str]]:
    """Yield every action with the text of every resource."""
    for statement in _statements(account):
        statement = statement.get("Fn::If", [None, statement])[1]
        actions, resources = statement["Action"], statement["Resource"]
        for action in [actions] if isinstance(actions, str) else actions:
            for resource in resources if isinstance(resources, list) else [resources]:
                yield action, resource if isinstance(resource, str) else json.dumps(resource)


@pytest.mark.slow
@both
def test_cfn_lint_is_clean(account: str) -> None:
    lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([lint, TEMPLATES[account]], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@both
def test_template_fits_into_a_request(account: str) -> None:
    assert TEMPLATES[account].stat().st_size < LONGEST_TEMPLATE_BYTES


@both
def test_every_parameter_says_what_it_is_and_what_it_may_be(account: str) -> None:
    lists_of_addresses = {"SubnetIds", "SubnetCidrs"}
    for name, one in load(account)["Parameters"].items():
        assert one["Description"], name
        if name in lists_of_addresses:
            continue
        assert one.keys() & {"AllowedPattern", "AllowedValues", "MinValue"}, name
        assert "AllowedPattern" not in one or one["ConstraintDescription"], name
        assert one["Type"] != "Number" or "AllowedValues" in one or one["MaxValue"], name


@both
def test_every_alarm_reaches_the_topic_once(account: str) -> None:
    alarms = _resources(account, "AWS::CloudWatch::Alarm")
    composites = _resources(account, "AWS::CloudWatch::CompositeAlarm")
    rules = " ".join(json.dumps(one["AlarmRule"]) for one in composites.values())
    for name, one in alarms.items():
        is_signal = f'ALARM(\\"${{{name}}}\\")' in rules and name.endswith("Signal")
        assert is_signal != bool(one.get("AlarmActions")), f"{name} tells nobody, or twice"
        assert one["TreatMissingData"] in ("breaching", "notBreaching"), name
    for name, one in composites.items():
        assert one["AlarmActions"] == [{"Ref": "AlertTopic"}], name


def test_missing_age_is_an_alarm() -> None:
    alarm = _resources("source", "AWS::CloudWatch::Alarm")["StaleAlarm"]
    assert alarm["MetricName"] == "NewestSharedSnapshotAgeHours"
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Threshold"] == {"Ref": "MaximumAgeHours"}


@both
def test_actions_are_granted_on_resources_that_they_know(account: str) -> None:
    for action, resource in _granted(account):
        if action in ON_EVERYTHING_ONLY:
            assert resource == "*", action
            continue
        assert resource != "*", f"{action} is granted on everything"
        assert "*" not in action, f"{action} is more than one action"
        service = action.partition(":")[0]
        if service in ("redshift", "redshift-data"):
            kinds = set(re.findall(r":(cluster|snapshot|dbuser|dbname):", resource))
            assert kinds, f"{action} on {resource}"
            assert kinds <= KIND_OF_RESOURCE[action], f"{action} on {resource}"


def test_no_role_of_the_dr_account_shares_or_changes_snapshots() -> None:
    role = _resources("dr", "AWS::IAM::Role")["RestoreRole"]
    actions = json.dumps(role["Policies"])
    for action in (
        "redshift:DeleteClusterSnapshot",
        "redshift:BatchDeleteClusterSnapshots",
        "redshift:ModifyClusterSnapshot",
        "redshift:AuthorizeSnapshotAccess",
        "s3:DeleteObject",
    ):
        assert action not in actions


@both
def test_only_the_functions_role_changes_snapshots(account: str) -> None:
    changing = re.compile(r"redshift:(Batch)?(Authorize|Revoke|Delete|Modify|Copy)\w*Snapshot")
    for name, role in _resources(account, "AWS::IAM::Role").items():
        assert not changing.search(json.dumps(role["Policies"])) or name == "FunctionRole", name


@both
def test_older_versions_stay_to_roll_back_to(account: str) -> None:
    version = load(account)["Resources"]["FunctionVersion"]
    assert version["UpdateReplacePolicy"] == "Retain"
    function = load(account)["Resources"]["Function"]["Properties"]
    assert version["Properties"]["Description"] == function["Description"], (
        "what publishes a version has to change the function too"
    )


def test_every_setting_but_the_list_of_clusters_publishes_a_version() -> None:
    function = load("source")["Resources"]["Function"]["Properties"]
    environment = json.dumps(function["Environment"])
    described = json.dumps(function["Description"])
    for name in load("source")["Parameters"]:
        if f'"Ref": "{name}"' in environment and name != "AllowedClusters":
            assert f"${{{name}}}" in described or f'"Ref": "{name}"' in described, name


def _holds(node: Any, values: dict[str, str]) -> bool:
    (name, argument), *_ = node.items()
    if name == "Fn::Or":
        return any(_holds(one, values) for one in argument)
    if name == "Fn::Not":
        return not _holds(argument[0], values)
    left, right = argument
    if name == "Fn::Contains":
        return values[right["Ref"]] in left
    return values[left["Ref"]] == right


def test_rules_tell_a_minimum_above_the_retention_up_to_two_weeks() -> None:
    rule = load("source")["Rules"]["MinimumWithinRetention"]
    for retention, minimum in itertools.product(range(1, 61), range(1, 61)):
        values = {"RetentionDays": str(retention), "MinimumRetentionDays": str(minimum)}
        accepted = all(_holds(one["Assert"], values) for one in rule["Assertions"])
        if minimum <= retention:
            assert accepted, values
        elif retention <= 14 or (retention <= 31 and minimum > 31):
            assert not accepted, values
