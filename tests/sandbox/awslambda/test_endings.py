"""Functions that do not answer, and functions that do not even start."""

import base64
import json
import re
import time

import pytest

from tests.sandbox.awslambda.conftest import Deploy


def test_a_timeout_ends_the_environment(deploy: Deploy) -> None:
    code = (
        "import os, time\ndef handler(event, context):\n"
        "    if event.get('slow'):\n        print('before')\n        time.sleep(60)\n"
        "    return os.getpid()\n"
    )
    function = deploy(code, Timeout=1)
    first = function.result()
    started = time.monotonic()

    response = function.call({"slow": True}, LogType="Tail")

    request_id = response["ResponseMetadata"]["RequestId"]
    log = base64.b64decode(response["LogResult"]).decode()
    assert time.monotonic() - started < 5
    assert response["FunctionError"] == "Unhandled"
    assert response["Payload"].decode() == (
        '{"errorType": "Sandbox.Timedout", "errorMessage": '
        f'"RequestId: {request_id} Error: Task timed out after 1.00 seconds"}}'
    )
    assert "\nbefore\n" in log
    assert f"{request_id} Task timed out after 1.00 seconds\nEND" in log
    assert log.endswith("Status: timeout\n")
    assert function.result() != first


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit(1)", "Runtime exited with error: exit status 1"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
def test_an_exit_of_the_process_is_an_exit_error(
    deploy: Deploy, statement: str, reason: str
) -> None:
    code = "import os, sys, time\ndef handler(event, context):\n    time.sleep(0.1)\n"
    function = deploy(f"{code}    {statement}\n")

    response = function.call(LogType="Tail")

    error = json.loads(response["Payload"])
    assert re.search(rb"Max Memory Used: [1-9]\d* MB", base64.b64decode(response["LogResult"]))
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith(f"Error: {reason}")


def test_memory_over_the_limit_kills_the_function(deploy: Deploy) -> None:
    code = (
        "def handler(event, context):\n    hoard = []\n"
        "    while True:\n        hoard.append(bytearray(8_000_000))\n"
        "        hoard[-1][::4096] = b'x' * len(hoard[-1][::4096])\n"
    )
    function = deploy(code, MemorySize=128, Timeout=60)

    response = function.call(LogType="Tail")

    assert b"Runtime.OutOfMemory" in response["Payload"]
    assert b"Max Memory Used: 128 MB" in base64.b64decode(response["LogResult"])


@pytest.mark.parametrize(
    ("handler", "code", "error_type", "message"),
    [
        ("app.missing", "", "Runtime.HandlerNotFound", "Handler 'missing' missing on module 'app'"),
        ("none.handler", "", "Runtime.ImportModuleError", "No module named 'none'"),
        ("app.handler", "import airflow", "Runtime.ImportModuleError", "No module named 'airflow'"),
        ("handler", "", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
        ("app.handler", "def (", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("app.handler", "1 / 0", "ZeroDivisionError", "division by zero"),
        ("app.handler", "import os; os._exit(2)", "Runtime.ExitError", "exit status 2"),
    ],
)
def test_an_error_of_the_init_phase_is_the_answer(
    deploy: Deploy, handler: str, code: str, error_type: str, message: str
) -> None:
    function = deploy(code, Handler=handler)

    for _ in range(2):
        error = function.error()
        assert error["errorType"] == error_type
        assert message in error["errorMessage"]


def test_a_response_that_is_not_json_is_a_marshal_error(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    return {1, 2}\n")

    assert function.error()["errorType"] == "Runtime.MarshalError"


def test_an_error_in_the_handler_keeps_the_environment(deploy: Deploy) -> None:
    code = (
        "import os\ndef handler(event, context):\n"
        "    if event.get('fail'):\n        raise ValueError\n    return os.getpid()\n"
    )
    function = deploy(code)
    first = function.result()

    function.error({"fail": True})

    assert function.result() == first
