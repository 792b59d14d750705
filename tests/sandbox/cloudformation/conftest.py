"""Stacks are deployed by the real AWS CLI where its own behaviour counts, else by boto3."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

FUNCTION_CODE = "def handler(event, context):\n    return event\n"
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    },
}
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def cli(sandbox: Any, tmp_path: Path) -> Callable[..., Any]:
    """Run a command of the AWS CLI; return its answer, or its text where it is no JSON."""

    def run(*words: str, profile: str = "source", fails: bool = False) -> Any:
        command = [str(Path(sys.executable).with_name("aws")), "--profile", profile, *words]
        environment = {**os.environ, "HOME": str(tmp_path)}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert (done.returncode != 0) == fails, f"{done.stdout}\n{done.stderr}"
        try:
            return json.loads(done.stdout)
        except ValueError:
            return f"{done.stdout}\n{done.stderr}"

    return run


@pytest.fixture
def cloudformation(sandbox: Any) -> Any:
    """CloudFormation of the source account."""
    return sandbox.client("cloudformation")


@pytest.fixture
def create(cloudformation: Any) -> Callable[..., Any]:
    """Create a stack of resources, and return how it ended."""

    def run(resources: dict[str, Any], name: str = "stack", **more: Any) -> Any:
        sections = {"Resources": resources, **more.pop("sections", {})}
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=yaml.safe_dump(sections, sort_keys=False),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **more,
        )
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]

    return run


@pytest.fixture
def update(cloudformation: Any) -> Callable[..., Any]:
    """Update a stack, and return how it ended."""

    def run(resources: dict[str, Any], name: str = "stack", **more: Any) -> Any:
        sections = {"Resources": resources, **more.pop("sections", {})}
        cloudformation.update_stack(
            StackName=name,
            TemplateBody=yaml.safe_dump(sections, sort_keys=False),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **more,
        )
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]

    return run


@pytest.fixture
def events(cloudformation: Any) -> Callable[..., list[tuple[str, str, str | None]]]:
    """Return a stack's events in order: logical id, status, reason."""

    def read(name: str = "stack") -> list[tuple[str, str, str | None]]:
        pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        found = [event for page in pages for event in page["StackEvents"]]
        return [
            (one["LogicalResourceId"], one["ResourceStatus"], one.get("ResourceStatusReason"))
            for one in reversed(found)
        ]

    return read
