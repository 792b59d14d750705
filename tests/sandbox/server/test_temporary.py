"""Temporary directories of killed sandboxes go at the next start, those of living ones stay."""

import os
import signal
import subprocess
import sys
import tempfile

import pytest

from sandbox.temporary import PID_FILE, make_directory, remove_directory

HOLD = (
    "import sys, time; from sandbox.temporary import make_directory;"
    "print(make_directory('kept-'), flush=True); time.sleep(120)"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def other(folder):
    """Another process that holds a directory, and the directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    with process:
        yield process, folder / os.path.basename(process.stdout.readline().strip())
        process.kill()


def test_directory_of_a_killed_process_goes_and_that_of_a_living_one_stays(folder, other):
    process, directory = other
    first = make_directory("kept-")
    assert directory.is_dir()
    assert (directory / PID_FILE).read_text() == f"{process.pid}\n"

    process.send_signal(signal.SIGKILL)
    process.wait()
    second = make_directory("kept-")

    assert sorted(folder.iterdir()) == sorted([first, second])
    for own in (first, second):
        remove_directory(own)
    assert list(folder.iterdir()) == []


def test_what_the_sandbox_did_not_make_is_left_alone(folder):
    (folder / "kept-by-a-user").mkdir()
    (folder / "kept-link").symlink_to(folder / "kept-by-a-user")
    remove_directory(make_directory("kept-"))
    assert len(list(folder.iterdir())) == 2


def test_a_forked_child_does_not_remove_its_parents_directory(folder):
    directory = make_directory("kept-")
    child = os.fork()
    if child == 0:
        remove_directory(directory)
        os._exit(0)
    os.waitpid(child, 0)
    assert directory.is_dir()
    remove_directory(directory)
