"""Invoke: payloads, what a function sees of its surroundings, and what is refused."""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.sandbox.awslambda.conftest import ECHO, REGION, SOURCE, TARGET, Deploy, zip_of

NO_RETRY = Config(retries={"total_max_attempts": 1})


def test_the_payload_of_the_handler_comes_back(deploy: Deploy) -> None:
    function = deploy(ECHO)

    assert function.result({"text": "größer", "list": [1, None]}) == {
        "text": "größer",
        "list": [1, None],
    }
    assert function.result(Payload=b"") == {}


def test_an_invocation_has_the_documented_headers_and_log_tail(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    print('x' * 5000)\n    print('last')\n")

    response = function.call(LogType="Tail")

    request_id = response["ResponseMetadata"]["RequestId"]
    tail = base64.b64decode(response["LogResult"])
    assert response["StatusCode"] == 200
    assert response["ExecutedVersion"] == "$LATEST"
    assert len(tail) == 4096
    assert re.search(
        rf"last\nEND RequestId: {request_id}\nREPORT RequestId: {request_id}\t"
        r"Duration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\n$",
        tail.decode(),
    )
    assert "LogResult" not in function.call()


def test_only_a_cold_invocation_reports_its_init_duration(deploy: Deploy) -> None:
    function = deploy(ECHO)

    cold, warm = (base64.b64decode(function.call(LogType="Tail")["LogResult"]) for _ in "ab")

    assert b"Init Duration" in cold
    assert b"START RequestId" in warm
    assert b"Init Duration" not in warm


def test_a_function_acts_with_its_role_in_its_account(deploy: Deploy) -> None:
    code = (
        "import boto3\ndef handler(event, context):\n"
        "    answer = boto3.client('sts').get_caller_identity()\n"
        "    return [answer['Account'], answer['Arn']]\n"
    )

    for account, account_id in (("source", SOURCE), ("target", TARGET)):
        function = deploy(code, account=account)
        assert function.result() == [
            account_id,
            f"arn:aws:sts::{account_id}:assumed-role/fn-role/fn",
        ]


def test_a_function_sees_lambdas_environment_and_nothing_of_the_hosts(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST_SECRET", "1")
    code = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
    function = deploy(code, Environment={"Variables": {"MINE": "yes"}}, MemorySize=256)

    seen = function.result()

    assert seen["MINE"] == "yes"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "fn"
    assert seen["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/fn"
    assert re.fullmatch(
        r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", seen["AWS_LAMBDA_LOG_STREAM_NAME"]
    )
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == REGION
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert seen["AWS_ENDPOINT_URL"] == function.sandbox.url
    assert seen["TZ"] == ":UTC"
    assert not {"HOST_SECRET", "HOME", "USER", "PYTHONPATH", "VIRTUAL_ENV"} & seen.keys()


def test_the_context_names_the_invocation(deploy: Deploy) -> None:
    code = (
        "def handler(event, context):\n"
        "    return [context.aws_request_id, context.invoked_function_arn,\n"
        "            context.function_version, context.client_context.custom,\n"
        "            context.get_remaining_time_in_millis()]\n"
    )
    function = deploy(code, Timeout=30)
    context = base64.b64encode(json.dumps({"custom": {"a": "b"}}).encode()).decode()

    response = function.call(ClientContext=context)

    request_id, arn, version, custom, remaining = json.loads(response["Payload"])
    assert request_id == response["ResponseMetadata"]["RequestId"]
    assert arn == f"arn:aws:lambda:{REGION}:{SOURCE}:function:fn"
    assert (version, custom) == ("$LATEST", {"a": "b"})
    assert 20_000 < remaining <= 30_000


def test_an_uncaught_error_is_a_success_of_http_and_a_function_error(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    raise KeyError(event['which'])\n")

    response = function.call({"which": "left"}, LogType="Tail")

    error = json.loads(response["Payload"])
    assert (response["StatusCode"], response["FunctionError"]) == (200, "Unhandled")
    assert (error["errorType"], error["errorMessage"]) == ("KeyError", "'left'")
    assert "raise KeyError(event['which'])" in error["stackTrace"][-1]
    assert error["requestId"] == response["ResponseMetadata"]["RequestId"]
    assert b"[ERROR] KeyError: 'left'" in base64.b64decode(response["LogResult"])


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ({"Payload": b"{not json"}, 400, "InvalidRequestContentException"),
        ({"Payload": b'"' + b"x" * 6_291_455 + b'"'}, 413, "RequestTooLargeException"),
        (
            {"Payload": b'"' + b"x" * 1_048_575 + b'"', "InvocationType": "Event"},
            413,
            "RequestTooLargeException",
        ),
        ({"FunctionName": "missing"}, 404, "ResourceNotFoundException"),
        ({"InvocationType": "Later"}, 400, "ValidationException"),
        ({"Qualifier": "7"}, 404, "ResourceNotFoundException"),
    ],
)
def test_a_bad_request_has_lambdas_code_and_status(
    deploy: Deploy, arguments: dict[str, Any], status: int, code: str
) -> None:
    function = deploy(ECHO)
    client = function.sandbox.client("lambda", config=NO_RETRY)

    with pytest.raises(ClientError) as caught:
        client.invoke(**{"FunctionName": "fn", **arguments})

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["Error"]["Message"]


def test_the_largest_payload_goes_through(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    return len(event)\n")

    assert function.result(Payload=b'"' + b"x" * 6_291_454 + b'"') == 6_291_454


def test_a_response_over_the_limit_is_a_function_error(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    return 'x' * 6_291_556\n")

    assert function.error()["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_dry_run_runs_nothing(deploy: Deploy) -> None:
    function = deploy("raise SystemExit")

    assert function.call(InvocationType="DryRun")["StatusCode"] == 204
    with pytest.raises(ClientError, match="log group does not exist"):
        function.messages()


NAMES: list[Callable[[str], str]] = [
    lambda account: "fn",
    lambda account: f"{account}:function:fn",
    lambda account: f"arn:aws:lambda:us-east-1:{account}:function:fn",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_found_by_every_form_of_its_name(
    deploy: Deploy, name: Callable[[str], str]
) -> None:
    deploy(ECHO)
    function = deploy(ECHO.replace("event\n", "'the target one'\n"), account="target")

    answer = function.client().invoke(FunctionName=name(TARGET))

    assert json.load(answer["Payload"]) == "the target one"


def test_another_account_needs_the_functions_permission(deploy: Deploy) -> None:
    function = deploy(ECHO)
    arn = f"arn:aws:lambda:{REGION}:{SOURCE}:function:fn"
    stranger = function.sandbox.client("lambda", "target")

    with pytest.raises(ClientError) as caught:
        stranger.invoke(FunctionName=arn)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"

    function.client().add_permission(
        FunctionName="fn", StatementId="dr", Action="lambda:InvokeFunction", Principal=TARGET
    )
    assert stranger.invoke(FunctionName=arn)["StatusCode"] == 200


@pytest.mark.parametrize("runtime", ["nodejs22.x", "python3.9"])
@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
def test_a_runtime_that_does_not_run_is_refused_loudly(
    deploy: Deploy, runtime: str, kind: str
) -> None:
    function = deploy(ECHO, Runtime=runtime)

    with pytest.raises(ClientError, match=f"has the runtime {runtime};") as caught:
        function.call(InvocationType=kind)

    assert caught.value.response["Error"]["Code"] == "NotImplementedInSandbox"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_the_aws_cli_invokes_a_function(deploy: Deploy, tmp_path: Path) -> None:
    deploy(ECHO)
    command = [
        str(Path(sys.executable).with_name("aws")),
        "lambda",
        "invoke",
        "--profile",
        "source",
    ]
    output = tmp_path / "out.json"

    done = subprocess.run(
        [*command, "--function-name", "fn", "--payload", '{"a": 1}', "--log-type", "Tail", output],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(output.read_text()) == {"a": 1}
    assert json.loads(done.stdout)["StatusCode"] == 200
    assert b"REPORT RequestId" in base64.b64decode(json.loads(done.stdout)["LogResult"])


def test_code_comes_from_s3_as_well(deploy: Deploy) -> None:
    function = deploy(ECHO)
    s3 = function.client("s3")
    s3.create_bucket(Bucket="code")
    body = zip_of("def handler(event, context):\n    return 'from S3'\n")
    s3.put_object(Bucket="code", Key="fn.zip", Body=body)

    function.client().update_function_code(FunctionName="fn", S3Bucket="code", S3Key="fn.zip")

    assert function.result() == "from S3"


def test_a_missing_object_is_an_error_of_the_api(deploy: Deploy) -> None:
    function = deploy(ECHO)
    function.client("s3").create_bucket(Bucket="code")

    with pytest.raises(ClientError, match="NoSuchKey") as caught:
        function.client().update_function_code(FunctionName="fn", S3Bucket="code", S3Key="no")

    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert function.result({"a": 1}) == {"a": 1}
