"""What the script prints at its end is what Airflow's connections need."""

import json
import shlex
from typing import Any

import pytest

from tests.deploy.conftest import DR_FLAGS, SOURCE, Account

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
AIRFLOW = ("--airflow-principal-arn", f"arn:aws:iam::{SOURCE}:root")


def connections(output: str) -> dict[str, Any]:
    """The extra of each connection whose command is printed."""
    found = {}
    for line in output.splitlines():
        words = shlex.split(line) if line.startswith("  airflow connections add ") else []
        if words:
            assert words[4:6] == ["--conn-type", "aws"]
            found[words[3]] = json.loads(words[words.index("--conn-extra") + 1])
    return found


def test_source_prints_the_connections_of_its_two_roles(source: Account) -> None:
    assert "deploy with --airflow-principal-arn" in source.deploy("--skip-check")

    shown = connections(source.deploy(*AIRFLOW, "--skip-check"))

    role = f"arn:aws:iam::{SOURCE}:role/aca-redshift-backup"
    assert shown["aws_source"] == {"region_name": "us-east-1", "role_arn": f"{role}-airflow"}
    assert shown["aws_source_inventory"]["role_arn"] == f"{role}-inventory"


def test_dr_prints_the_connection_with_all_that_a_restore_needs(target: Account) -> None:
    output = target.deploy(*DR_FLAGS, "--skip-check")

    extra = connections(output)["aws_dr"]
    place = extra["service_config"]["redshift"]
    outputs = {
        row["OutputKey"]: row["OutputValue"]
        for row in target.client("cloudformation").describe_stacks()["Stacks"][0]["Outputs"]
    }
    assert extra["role_arn"] == outputs["RestoreRoleArn"]
    assert set(extra["assume_role_kwargs"]) == {"ExternalId"}
    assert "a-shared-secret" not in output
    assert place == {
        "cluster_subnet_group_name": outputs["SubnetGroupName"],
        "vpc_security_group_ids": [outputs["SecurityGroupId"]],
        "kms_key_id": outputs["RestoreKeyArn"],
    }
    assert extra["service_config"]["s3"] == {"bucket_name": outputs["EvidenceBucketName"]}
    assert connections(target.deploy("--account", "dr", "--skip-check"))["aws_dr"] == extra
