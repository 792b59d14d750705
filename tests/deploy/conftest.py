"""The deployment script, run as a person runs it, and the templates as data."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "lambda" / "deploy-lambda-backup.sh"
SOURCE, TARGET = "164543933824", "058264155998"
TEMPLATES = {
    "source": ROOT / "lambda" / "cloudformation" / "aca-lambda-backup-setup.yaml",
    "dr": ROOT / "lambda" / "cloudformation" / "aca-redshift-dr-setup.yaml",
}
DR_FLAGS = (
    *("--account", "dr", "--external-id", "a-shared-secret"),
    *("--airflow-principal-arn", f"arn:aws:iam::{SOURCE}:root"),
)


class _Loader(yaml.SafeLoader):
    """Reads ``!Ref x`` as ``{"Ref": x}``, and the like."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _tagged)


def load(account: str) -> dict[str, Any]:
    """A template as data."""
    text = TEMPLATES[account].read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.load(text, _Loader)
    return document


def run_script(
    *words: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the script; the caller judges how it ended."""
    return subprocess.run(
        ["bash", str(SCRIPT), *words],
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {}), "AWS_MAX_ATTEMPTS": "1"},
        timeout=180,
    )


class Account:
    """One account of the sandbox, as the tests look at it."""

    def __init__(self, sandbox: Any, name: str, stack: str, function: str) -> None:
        self._sandbox, self.name = sandbox, name
        self.stack, self.function = stack, function
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the one client of a service: to make one costs more than most calls."""
        if service not in self._clients:
            self._clients[service] = self._sandbox.client(service, self.name)
        return self._clients[service]

    def deploy(self, *words: str) -> str:
        done = run_script(*words)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def stacks(self) -> list[str]:
        rows = self.client("cloudformation").describe_stacks()["Stacks"]
        return [row["StackName"] for row in rows]

    def live_version(self) -> str:
        alias = self.client("lambda").get_alias(FunctionName=self.function, Name="live")
        return str(alias["FunctionVersion"])

    def live_environment(self) -> dict[str, str]:
        answer = self.client("lambda").get_function_configuration(
            FunctionName=self.function, Qualifier="live"
        )
        return dict(answer["Environment"]["Variables"])

    def invoke(self, **event: Any) -> dict[str, Any]:
        answer = self.client("lambda").invoke(
            FunctionName=self.function, Qualifier="live", Payload=json.dumps(event)
        )
        return dict(json.load(answer["Payload"]))


@pytest.fixture(autouse=True)
def _commands_are_ready(sandbox_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the script find a command line that does not start anew for each command."""
    monkeypatch.setenv("PATH", f"{sandbox_server.commands}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def source(sandbox: Any) -> Account:
    """The empty source account."""
    return Account(sandbox, "source", "aca-lambda-backup", "aca-redshift-backup")


@pytest.fixture
def target(sandbox: Any) -> Account:
    """The empty DR account."""
    return Account(sandbox, "target", "aca-redshift-dr", "aca-redshift-dr")
