"""``python -m redshift_backup`` as a shell runs it: pipes, screens, signals."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

import redshift_backup
from tests.sandbox.redshift_backup.cli import fill
from tests.sandbox.redshift_backup.conftest import Shelf

LAMBDA = Path(redshift_backup.__file__).parents[1]
COMMAND = [sys.executable, "-m", "redshift_backup"]
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        env=os.environ | {"PYTHONPATH": str(LAMBDA)} | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def on_a_screen(*words: str, columns: int, **more: str) -> str:
    """Run a command on a terminal of so many columns; returns what it shows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = os.environ | {"PYTHONPATH": str(LAMBDA), "TERM": "xterm-256color"} | more
    for name in ("COLUMNS", "NO_COLOR"):
        if name not in more:
            environment.pop(name, None)
    process = subprocess.Popen(
        [*COMMAND, *words], env=environment, stdout=theirs, stderr=subprocess.DEVNULL
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:
        # Linux ends the reading of a terminal that nobody writes to any more with an error.
        pass
    finally:
        os.close(ours)
        process.wait(timeout=60)
    return shown.decode().replace("\r\n", "\n")


def test_a_pipe_gets_whole_rows_without_colour(shelf: Shelf) -> None:
    names = fill(shelf, 0, 1, 9)

    ended = run("status", "--profile", "source", COLUMNS="80")

    assert ended.returncode == 0, ended.stderr
    assert "\x1b" not in ended.stdout
    rows = ended.stdout.splitlines()[1:4]
    assert [row.split()[0] for row in rows] == names
    assert rows[0].endswith("newest good, floor of 2 good, younger than 7 days")


def test_json_of_a_process_is_one_document(shelf: Shelf) -> None:
    fill(shelf, 0)

    ended = run("status", "--json")

    assert ended.returncode == 0
    assert json.loads(ended.stdout)["good_snapshots"] == 1


def test_a_screen_of_80_columns_shows_every_cell_whole(shelf: Shelf) -> None:
    names = fill(shelf, 0, 1, 9)

    shown = ESCAPE.sub("", on_a_screen("status", columns=80))

    assert all(name in shown for name in names)
    assert "…" not in shown
    assert "reason: newest good, floor of 2 good, younger than 7 days" in shown


def test_a_plan_fits_a_screen_of_80_columns_with_reasons_broken_by_words(shelf: Shelf) -> None:
    names = fill(shelf, 0, 1, 9)

    shown = ESCAPE.sub("", on_a_screen("prune", columns=80))

    table = shown.partition("aca-redshift-cluster:")[0]
    assert all(re.search(rf"^{name} ", table, re.MULTILINE) for name in names)
    assert max(len(line.rstrip()) for line in table.splitlines()) <= 80
    begin = table.splitlines()[0].index("reason")
    words = " ".join(line[begin:].strip() for line in table.splitlines()[1:])
    assert "newest good, floor of 2 good, younger than 7 days" in words


def test_a_check_on_a_screen_of_80_columns_says_below_each_fact_what_to_do(shelf: Shelf) -> None:
    fill(shelf, 3, 4)

    shown = ESCAPE.sub("", on_a_screen("check", columns=80)).splitlines()

    (start,) = [at for at, line in enumerate(shown) if line.startswith("newest_shared_snapshot_")]
    after = shown[start + 1 :]
    assert after[0].startswith("    next: find out why backups or sharing stopped")
    assert next(line for line in after if not line.startswith("    ")).startswith("minimum_snap")
    assert all(len(line) <= 80 or " " not in line.strip() for line in shown)


@pytest.mark.parametrize(("more", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_only_on_a_screen_that_wants_it(
    more: Mapping[str, str], is_coloured: bool, shelf: Shelf
) -> None:
    fill(shelf, 0, 1, 9)

    shown = on_a_screen("prune", columns=160, **more)

    assert ("\x1b[31m" in shown) is is_coloured
    assert ("\x1b[32m" in shown) is is_coloured


def test_a_reader_that_leaves_early_gets_no_complaint(shelf: Shelf) -> None:
    fill(shelf, *range(0, 600))
    process = subprocess.Popen(
        [*COMMAND, "status"],
        env=os.environ | {"PYTHONPATH": str(LAMBDA)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()

    complaints = process.stderr.read()
    process.stderr.close()

    assert process.wait(timeout=60) == 0
    assert complaints == "redshift-backup: settings: from the environment of this process\n"


def test_an_interrupt_ends_a_process_with_130_and_no_traceback(shelf: Shelf) -> None:
    shelf.fault("DescribeClusterSnapshots", "delay", times=100, seconds=3)
    shelf.forget_calls()
    process = subprocess.Popen(
        [*COMMAND, "status"],
        env=os.environ | {"PYTHONPATH": str(LAMBDA)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not shelf.calls("sts"):
        assert time.monotonic() < deadline, "the command did not ask who it is"
        assert process.poll() is None, "the command ended before"
        time.sleep(0.05)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (130, ""), err
    assert "Traceback" not in err
    assert "interrupted" in err


def test_an_error_of_a_process_is_one_sentence(shelf: Shelf) -> None:
    ended = run("status", "--profile", "nobody")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert "Traceback" not in ended.stderr
