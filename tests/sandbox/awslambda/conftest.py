"""Small functions, zipped in the test and deployed to the sandbox."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

SOURCE, TARGET = "164543933824", "058264155998"
REGION = "us-east-1"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


# Making a client costs more time than most calls.
_CLIENTS: dict[tuple[str, str, str], Any] = {}


def zip_of(files: Mapping[str, str] | str) -> bytes:
    """Return a zip of the given files, or of one ``app.py``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in ({"app.py": files} if isinstance(files, str) else files).items():
            archive.writestr(name, text)
    return buffer.getvalue()


@dataclass
class Function:
    """A deployed function and the clients of its account."""

    sandbox: Any
    name: str
    account: str = "source"

    def client(self, service: str = "lambda") -> Any:
        key = (self.sandbox.url, service, self.account)
        if key not in _CLIENTS:
            _CLIENTS[key] = self.sandbox.client(service, self.account)
        return _CLIENTS[key]

    def call(self, event: Any = None, **arguments: Any) -> dict[str, Any]:
        """Invoke and return the whole response, its payload read."""
        arguments.setdefault("Payload", json.dumps({} if event is None else event))
        response = self.client().invoke(**{"FunctionName": self.name, **arguments})
        return {**response, "Payload": response["Payload"].read()}

    def result(self, event: Any = None, **arguments: Any) -> Any:
        """Invoke, demand success and return what the handler returned."""
        response = self.call(event, **arguments)
        assert "FunctionError" not in response, response["Payload"]
        return json.loads(response["Payload"])

    def error(self, event: Any = None, **arguments: Any) -> dict[str, Any]:
        """Invoke, demand a failure and return its description."""
        response = self.call(event, **arguments)
        assert response["StatusCode"] == 200
        assert response["FunctionError"] == "Unhandled", response["Payload"]
        description: dict[str, Any] = json.loads(response["Payload"])
        return description

    def messages(self, group: str | None = None) -> list[str]:
        """Return the messages in the function's log group."""
        group = group or f"/aws/lambda/{self.name}"
        events = self.client("logs").filter_log_events(logGroupName=group)["events"]
        return [event["message"] for event in events]


Deploy = Callable[..., Function]


@pytest.fixture
def deploy(sandbox: Any) -> Deploy:
    """Deploy a function: ``deploy(code, account="source", name="fn", **configuration)``."""

    def deploy(
        code: Mapping[str, str] | str, *, account: str = "source", name: str = "fn", **more: Any
    ) -> Function:
        role = f"{name}-role"
        function = Function(sandbox, name, account)
        arn = function.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)[
            "Role"
        ]["Arn"]
        configuration = {
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Code": {"ZipFile": zip_of(code)},
            # AWS's default of 3 seconds is short for a cold start on a machine that is busy.
            "Timeout": 60,
            **more,
        }
        function.client().create_function(FunctionName=name, Role=arn, **configuration)
        return function

    return deploy


ECHO = "def handler(event, context):\n    return event\n"
PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"
