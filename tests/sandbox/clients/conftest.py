"""The AWS CLI as an operator has it: profiles in the environment, nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

AWS = Path(sys.executable).with_name("aws")


@pytest.fixture
def everybody_may(playground):
    """The playground with the guard off: for clients that do what our own roles may not."""
    playground.control("POST", "iam", {"enforce": False})


@pytest.fixture
def aws_run(playground):
    """Run ``aws WORDS --profile PROFILE`` and return the ended process."""
    for operation in ("snapshot", "restore", "delete_cluster"):
        playground.control("POST", "lifecycle", {"operation": operation, "seconds": 0})

    def aws_run(profile, *words):
        command = [str(AWS), *words, "--profile", profile, "--output", "json"]
        return subprocess.run(
            command, capture_output=True, text=True, env=dict(os.environ), timeout=120
        )

    return aws_run


@pytest.fixture
def aws(aws_run):
    """The same, demanding success: returns what it printed as JSON, or None."""

    def aws(profile, *words):
        answer = aws_run(profile, *words)
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout) if answer.stdout.strip() else None

    return aws
