"""Environments: side by side, limited, and gone when they should be."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox import awslambda
from sandbox.awslambda import pools
from tests.sandbox.awslambda.conftest import ECHO, PID, Deploy, Function

SLOW_PID = (
    "import os, time\ndef handler(event, context):\n    time.sleep(0.5)\n    return os.getpid()\n"
)
NO_RETRY = Config(retries={"total_max_attempts": 1})


def _is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def _until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _at_once(function: Function, count: int) -> list[Any]:
    with ThreadPoolExecutor(count) as executor:
        return list(executor.map(lambda _: function.result(), range(count)))


def test_concurrent_invocations_get_environments_of_their_own(deploy: Deploy) -> None:
    function = deploy(SLOW_PID)

    assert len(set(_at_once(function, 6))) == 6


def test_idle_environments_are_limited(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "MAXIMUM_IDLE_PER_FUNCTION", 2)
    function = deploy(SLOW_PID)

    pids = _at_once(function, 4)

    assert sum(map(_is_running, pids)) == 2


def test_idle_environments_end_after_a_while(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, other = deploy(PID), deploy(PID, name="other")
    pid = function.result()
    monkeypatch.setattr(pools, "IDLE_SECONDS", 0.0)

    other.result()

    assert not _is_running(pid)


def test_a_full_sandbox_makes_room_by_ending_idle_environments(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "MAXIMUM_ENVIRONMENTS", 2)
    functions = [deploy(PID, name=f"fn{number}") for number in range(3)]

    pids = [function.result() for function in functions]

    assert [_is_running(pid) for pid in pids] == [False, True, True]


def test_a_full_sandbox_lets_invocations_wait(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "MAXIMUM_ENVIRONMENTS", 2)

    assert len(set(_at_once(deploy(SLOW_PID), 4))) == 2


def test_invocations_over_the_reserved_concurrency_are_throttled(deploy: Deploy) -> None:
    function = deploy(ECHO)
    client = function.sandbox.client("lambda", config=NO_RETRY)
    client.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=0)

    with pytest.raises(ClientError) as caught:
        client.invoke(FunctionName="fn")
    assert caught.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429

    client.delete_function_concurrency(FunctionName="fn")
    assert function.result({"a": 1}) == {"a": 1}


def test_an_update_lets_a_running_invocation_finish(deploy: Deploy) -> None:
    function = deploy(SLOW_PID)
    pid = function.result()
    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(function.result)
        assert _until(lambda: sum(m.startswith("START") for m in function.messages()) == 2)

        function.client().update_function_configuration(FunctionName="fn", MemorySize=256)

        assert running.result() == pid
    assert _until(lambda: not _is_running(pid))


def test_a_reset_ends_running_functions(deploy: Deploy) -> None:
    code = (
        "import os, time\ndef handler(event, context):\n"
        "    print(os.getpid())\n    time.sleep(60)\n"
    )
    function = deploy(code, Timeout=120)
    client = function.sandbox.client("lambda", config=NO_RETRY)

    def pids() -> list[int]:
        groups = function.client("logs").describe_log_groups()["logGroups"]
        return [int(m) for m in function.messages() if m.isdigit()] if groups else []

    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(client.invoke, FunctionName="fn")
        assert _until(lambda: bool(pids()))
        (pid,) = pids()

        function.sandbox.reset()

        assert not _is_running(pid)
        with pytest.raises(ClientError, match="reset while fn was running"):
            running.result(timeout=10)
    assert function.client("logs").describe_log_groups()["logGroups"] == []


def test_close_leaves_no_process_and_no_file(deploy: Deploy) -> None:
    function = deploy(
        "import os\ndef handler(event, context):\n"
        "    return [os.getpid(), os.environ['LAMBDA_TASK_ROOT']]\n"
    )
    pid, task_root = function.result()
    workspace = Path(task_root).parents[1]
    assert workspace.name.startswith("sandbox-lambda-")

    awslambda.close()

    assert not _is_running(pid)
    assert not workspace.exists()
    assert function.result()[0] != pid


def test_descendants_of_a_function_end_with_it(deploy: Deploy) -> None:
    code = (
        "import subprocess\ndef handler(event, context):\n"
        "    return subprocess.Popen(['sleep', '600']).pid\n"
    )
    function = deploy(code)
    pid = function.result()
    assert _is_running(pid)

    function.client().delete_function(FunctionName="fn")

    assert _until(lambda: not _is_running(pid))


CHILD = """
import sys, time
from tests.sandbox.awslambda.conftest import Function, TRUST, zip_of
from sandbox.server import Sandbox
code = 'import os, time\\ndef handler(e, c):\\n    print(os.getpid())\\n    time.sleep(600)'
with Sandbox(bare=True) as sandbox:
    role = sandbox.client('iam').create_role(RoleName='r', AssumeRolePolicyDocument=TRUST)
    sandbox.client('lambda').create_function(
        FunctionName='fn', Runtime='python3.13', Role=role['Role']['Arn'], Handler='app.handler',
        Code={'ZipFile': zip_of(code)}, Timeout=900)
    function = Function(sandbox, 'fn')
    function.call(InvocationType='Event')
    while True:
        time.sleep(0.05)
        groups = sandbox.client('logs').describe_log_groups()['logGroups']
        pids = [m for m in function.messages() if m.isdigit()] if groups else []
        if pids:
            print(pids[0], flush=True)
            sys.stdin.read()
"""


@pytest.mark.slow
def test_a_killed_sandbox_takes_its_functions_along(tmp_path: Path) -> None:
    root = Path(awslambda.__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=root,
    ) as child:
        assert child.stdout is not None
        pid = int(child.stdout.readline())
        assert _is_running(pid)

        child.send_signal(signal.SIGKILL)
        child.wait()

    assert _until(lambda: not _is_running(pid))
