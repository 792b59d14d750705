"""Every error that the sandbox answers with has a code and an HTTP status that AWS's models give.

Codes that a service uses and no model of it names stand in a table of ``docs/fidelity.md``.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.awslambda.exceptions import LambdaClientError

import sandbox.awslambda.errors
import sandbox.redshiftdata.errors
from sandbox.awslambda.models import SandboxLambdaBackend
from sandbox.faults import throttling_of
from sandbox.redshift.errors import CommonErrorCode
from sandbox.redshiftdata.models import SandboxRedshiftDataBackend
from sandbox.refusals import _INVALID_KEYS, _INVALID_KEYS_BY_PROTOCOL
from sandbox.wire import _CODES_OF_NO_MODEL, ApiCall
from tests.fidelity.differences import DOCUMENT
from tests.fidelity.suites import ROOT

_HEADING = "## Error codes that no model names"
_ROW = re.compile(r"\| `(\w+)` \| (\d{3}) \| (.+?) \| (.+?) \|")
_ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})


def _documented() -> dict[str, int]:
    section = DOCUMENT.read_text(encoding="utf-8").partition(_HEADING)[2].partition("\n## ")[0]
    return {match[1]: int(match[2]) for match in _ROW.finditer(section)}


def _declared(service: str) -> dict[str, int]:
    """Return code and status of every error shape; a fault of the server is 500, else 400."""
    shapes = botocore.session.get_session().get_service_data(service)["shapes"]
    found = {}
    for name, shape in shapes.items():
        if shape.get("exception") or "error" in shape:
            error = shape.get("error", {})
            status = error.get("httpStatusCode") or (500 if shape.get("fault") else 400)
            found[error.get("code", name)] = status
    return found


def _errors(module: Any, base: type) -> list[type]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, base)
        and value.__module__ == module.__name__
    ]


def _made(error: type) -> Any:
    arguments = {"resource_id": "r"} if error.__name__ == "ResourceNotFoundError" else {}
    return error("as ordered", **arguments)


def _answer(call: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call()
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def _expected(service: str, code: str) -> int | None:
    return (_declared(service) | _documented()).get(code)


@pytest.mark.parametrize(
    "error",
    [e for e in _errors(sandbox.redshiftdata.errors, sandbox.redshiftdata.errors.DataApiError)][1:],
)
def test_error_of_the_data_api_is_the_model_s(sandbox: Any, error: type, monkeypatch: Any) -> None:
    def refuse(*_: Any) -> None:
        raise _made(error)

    monkeypatch.setattr(SandboxRedshiftDataBackend, "find", refuse)
    client = sandbox.client("redshift-data", config=_ONCE)
    code, status = _answer(
        lambda: client.describe_statement(Id="890f1253-595b-4608-a0d1-73f933ccd0a0")
    )
    assert status == _declared("redshift-data")[code]


@pytest.mark.parametrize("error", _errors(sandbox.awslambda.errors, LambdaClientError))
def test_error_of_lambda_is_the_model_s_or_documented(
    sandbox: Any, error: type, monkeypatch: Any
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise _made(error)

    monkeypatch.setattr(SandboxLambdaBackend, "list_functions", refuse)
    code, status = _answer(sandbox.client("lambda", config=_ONCE).list_functions)
    assert status == _expected("lambda", code)


@pytest.mark.parametrize(
    "module", sorted(Path(ROOT / "sandbox/awslambda").glob("*.py")), ids=lambda path: path.stem
)
def test_errors_that_lambda_takes_from_moto_are_the_model_s(module: Path) -> None:
    import moto.awslambda.exceptions as of_moto

    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == of_moto.__name__:
            for alias in node.names:
                error = getattr(of_moto, alias.name)
                if error is LambdaClientError:
                    continue
                raised = error(*["x"] * (error.__init__.__code__.co_argcount - 1))
                assert raised.code == _expected("lambda", raised.error_type)


def _literal_codes() -> Iterator[str]:
    """Yield the codes that are written as such: in calls of ``error_reply``, in tables."""
    for file in (ROOT / "sandbox").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "error_reply":
                code = node.args[1]
                if isinstance(code, ast.Constant):
                    yield str(code.value)
    yield from (code for code, _ in _INVALID_KEYS.values())
    yield from (code for code, _ in _INVALID_KEYS_BY_PROTOCOL.values())
    yield from (code.value for code in CommonErrorCode)
    for protocol in ("query", "rest-xml", "json"):
        yield throttling_of(ApiCall("a", "b", {}, None, protocol))[0]


def test_every_code_of_no_model_is_documented_with_its_source() -> None:
    emitted = {*_literal_codes(), *_CODES_OF_NO_MODEL, "AccessDeniedException"}
    assert emitted - set(_documented()) == set()


def test_no_documented_code_is_stale() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "sandbox").rglob("*.py"))
    assert [code for code in _documented() if f'"{code}"' not in text] == []


def test_invalid_keys_and_throttling_have_the_documented_status(sandbox: Any) -> None:
    import boto3

    documented = _documented()
    nobody = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}
    for service, method in (
        ("redshift", "describe_clusters"),
        ("redshift-data", "list_statements"),
        ("lambda", "list_functions"),
        ("s3", "list_buckets"),
        ("ec2", "describe_vpcs"),
    ):
        code, status = _answer(getattr(boto3.client(service, config=_ONCE, **nobody), method))
        assert status == documented[code]
    for service, method in (
        ("redshift", "describe_clusters"),
        ("s3", "list_buckets"),
        ("redshift-data", "list_statements"),
        ("lambda", "list_functions"),
    ):
        sandbox.control(
            "POST", "faults", {"service": service, "operation": "*", "kind": "throttle"}
        )
        code, status = _answer(getattr(sandbox.client(service, config=_ONCE), method))
        assert status == _expected(service, code)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"ClusterIdentifier": "a", "SnapshotIdentifier": "b"}, "InvalidParameterCombination"),
        ({"SnapshotType": "hourly"}, "InvalidParameterValue"),
    ],
)
def test_common_codes_of_redshift_have_the_documented_status(
    sandbox: Any, parameters: dict[str, str], code: str
) -> None:
    client = sandbox.client("redshift")
    answered = _answer(lambda: client.describe_cluster_snapshots(**parameters))
    assert answered == (code, _documented()[code])
