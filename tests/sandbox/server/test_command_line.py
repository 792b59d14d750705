"""The AWS command line that the sandbox keeps warm answers as the one of its own process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.command_line import CommandLine

COLD = Path(sys.executable).with_name("aws")


@pytest.fixture
def warm(sandbox: Any, tmp_path: Path) -> Iterator[Path]:
    # The address of a socket has room for 107 characters, and a checkout may lie deeper.
    directory = tmp_path / ("deep-" * 25)
    directory.mkdir()
    server = CommandLine(directory, {**os.environ})
    yield server.folder / "aws"
    server.close()


def run(command: Path, *words: str, **more: Any) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(command), *words], capture_output=True, text=True, timeout=120, check=False, **more
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["sts", "get-caller-identity", "--profile", "source"],
        ["sts", "get-caller-identity", "--profile", "target", "--query", "Account"],
        ["redshift", "delete-cluster", "--cluster-identifier", "gone", "--profile", "source"],
        ["redshift", "no-such-operation"],
        ["sts", "get-caller-identity", "--profile", "nobody"],
    ],
    ids=lambda words: " ".join(words[:2] + words[3:4]),
)
def test_answers_are_those_of_a_process_of_its_own(warm: Path, words: list[str]) -> None:
    assert run(warm, *words) == run(COLD, *words)


def test_each_command_has_its_own_folder_and_input(warm: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("content", encoding="utf-8")
    profile = ("--profile", "source")
    assert run(warm, "s3", "mb", "s3://bucket", *profile)[0] == 0

    code, *_ = run(warm, "s3", "cp", "a.txt", "s3://bucket/a", *profile, cwd=tmp_path)
    assert code == 0
    code, *_ = run(warm, "s3", "cp", "-", "s3://bucket/b", *profile, input="streamed")
    assert code == 0

    shown = [run(warm, "s3", "cp", f"s3://bucket/{key}", "-", *profile)[1] for key in "ab"]
    assert shown == ["content", "streamed"]


def test_a_command_without_its_server_fails(warm: Path) -> None:
    (warm.parents[1] / "aws.socket").unlink()

    assert run(warm, "sts", "get-caller-identity")[0] != 0
