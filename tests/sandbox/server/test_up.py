"""``python -m sandbox up`` as a user runs it: ready, usable from a shell, gone without a trace."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

AWS = Path(sys.executable).with_name("aws")
EXPORTS = {
    "AWS_ENDPOINT_URL",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_DEFAULT_REGION",
    "AIRFLOW_CONN_AWS_SOURCE",
    "AIRFLOW_CONN_AWS_SOURCE_INVENTORY",
    "AIRFLOW_CONN_AWS_DR",
}


class Up:
    """One ``up`` in a process of its own, with temporary files in a folder of its own."""

    def __init__(self, folder, *arguments):
        self.temporary = folder / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self.env_file = folder / "sandbox.env"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "up", "--env-file", self.env_file, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "TMPDIR": str(self.temporary)},
        )

    def wait_ready(self):
        deadline = time.monotonic() + 60
        while not self.env_file.exists():
            assert self.process.poll() is None, self.process.stdout.read()
            assert time.monotonic() < deadline, "not ready within 60 seconds"
            time.sleep(0.05)
        return self.shell_environment()

    def shell_environment(self):
        shown = subprocess.run(
            ["sh", "-c", f". {shlex.quote(str(self.env_file))} && env -0"],
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": os.environ["PATH"]},
        )
        return dict(line.split("=", 1) for line in shown.stdout.split("\0") if line)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=30)
        return self.process.returncode, output


@pytest.fixture
def start(tmp_path):
    started = []

    def start(*arguments):
        started.append(Up(tmp_path, *arguments))
        return started[-1]

    yield start
    for up in started:
        if up.process.poll() is None:
            up.process.kill()
        up.process.communicate()


def aws(environment, *arguments):
    """Run the AWS CLI and return the JSON it prints."""
    done = subprocess.run(
        [AWS, *arguments], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_playground_serves_the_aws_cli_and_leaves_nothing_behind(start, tmp_path):
    up = start("--port", "0")
    shell = up.wait_ready()
    for profile, account in (("source", "164543933824"), ("target", "058264155998")):
        identity = aws(shell, "sts", "get-caller-identity", "--profile", profile)
        assert identity["Account"] == account
    out = tmp_path / "out.json"
    function = ["--function-name", "aca-redshift-backup", "--payload", "{}"]
    answer = aws(shell, "lambda", "invoke", "--profile", "source", *function, str(out))
    response = json.loads(out.read_text())
    assert "FunctionError" not in answer, response
    assert (response["status"], response["shared"]) == ("completed", True)
    shared = aws(
        shell,
        *("redshift", "describe-cluster-snapshots", "--profile", "target"),
        *("--owner-account", "164543933824"),
    )["Snapshots"]
    assert [snapshot["SnapshotIdentifier"] for snapshot in shared] == [response["snapshot_id"]]
    functions = _children(up.process.pid)
    assert functions, "the invocation left a warm environment"
    code, output = up.stop()
    assert code == 0, output
    assert not up.env_file.exists()
    assert list(up.temporary.iterdir()) == []
    assert not [pid for pid in functions if Path(f"/proc/{pid}/cmdline").exists()]


def _children(pid):
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [child for path in found for child in path.read_text().split()]


def test_env_file_quotes_every_value_and_carries_no_endpoint_in_connections(start):
    up = start("--port", "0", "--bare")
    shell = up.wait_ready()
    assert set(shell) >= EXPORTS
    for line in up.env_file.read_text().splitlines():
        assert re.fullmatch(r"export [A-Z0-9_]+='[^']*'", line)
    for name in EXPORTS:
        if name.startswith("AIRFLOW_CONN_"):
            connection = json.loads(shell[name])
            assert connection["conn_type"] == "aws"
            assert "endpoint_url" not in connection["extra"]
    dr = json.loads(shell["AIRFLOW_CONN_AWS_DR"])["extra"]
    assert dr["role_arn"] == "arn:aws:iam::058264155998:role/aca-redshift-dr-restore"
    assert dr["assume_role_kwargs"] == {"ExternalId": "redshift-dr-sandbox"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_bare_sandbox_ends_cleanly_on_every_stop_signal(start, number):
    up = start("--port", "0", "--bare")
    up.wait_ready()
    code, output = up.stop(number)
    assert code == 0
    assert list(up.temporary.iterdir()) == []
    assert not up.env_file.exists()
    assert "Traceback" not in output
    running = ".".join(map(str, sys.version_info[:3]))
    assert output.count("python3.13") == 1
    assert output.count(f"Python {running}") == 1


def test_stop_during_the_start_leaves_nothing(start):
    up = start("--port", "0")
    first_line = up.process.stdout.readline()
    assert "python3.13" in first_line
    code, output = up.stop()
    assert code == 0, output
    assert list(up.temporary.iterdir()) == []
    assert not up.env_file.exists()


def test_busy_port_is_one_clear_line_and_exit_code_1(start, sandbox):
    port = sandbox.url.rpartition(":")[2]
    up = start("--port", port)
    output, _ = up.process.communicate(timeout=30)
    assert up.process.returncode == 1
    assert f"port {port} on 127.0.0.1 is in use" in output
    assert "Traceback" not in output


def test_env_file_of_a_running_sandbox_is_not_taken_away(start, sandbox, tmp_path):
    (tmp_path / "sandbox.env").write_text(f"export AWS_ENDPOINT_URL='{sandbox.url}'\n")
    up = start("--port", "0", "--bare")
    output, _ = up.process.communicate(timeout=30)
    assert up.process.returncode == 1
    assert sandbox.url in output
    assert up.env_file.exists()


def test_env_file_of_a_killed_sandbox_is_replaced(start, tmp_path):
    (tmp_path / "sandbox.env").write_text("export AWS_ENDPOINT_URL='http://127.0.0.1:1'\n")
    up = start("--port", "0", "--bare")
    deadline = time.monotonic() + 60
    # The stale file goes first, then the new one comes: in between there is none.
    while not (written := _text_of(up.env_file)) or "127.0.0.1:1'" in written:
        assert up.process.poll() is None
        assert time.monotonic() < deadline, "not replaced within 60 seconds"
        time.sleep(0.05)


def _text_of(path):
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def test_no_argument_prints_how_to_use_it():
    done = subprocess.run(
        [sys.executable, "-m", "sandbox"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "python -m sandbox up --port 4566 --env-file" in done.stdout
