"""The benchmarks themselves: their floors, and one quick run of the command."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import catalog
from benchmarks.backup_calls import beyond
from benchmarks.fresh_process import sum_by_package
from benchmarks.prune import Size, floor_of_calls
from benchmarks.shelf import RETENTION_DAYS, rows, whole_seconds_now

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("snapshots", "shared", "calls"),
    # Pages, revokes, batches, the second look.
    [
        (1_000, False, 10 + 0 + 5 + 1),
        (1_000, True, 10 + 500 + 5 + 1),
        (10_000, True, 100 + 5_000 + 50 + 1),
        (20, True, 1 + 10 + 1 + 1),
    ],
)
def test_the_floor_of_a_prune_is_what_the_contract_demands(
    snapshots: int, shared: bool, calls: int
) -> None:
    assert floor_of_calls(Size(snapshots, shared, 1)) == calls


def test_one_half_of_the_planted_shelf_is_expired_and_names_are_unique() -> None:
    now = whole_seconds_now()
    planted = rows(10, shared=False, now=now)

    ages = [now - now.fromisoformat(row["create_time"]) for row in planted]
    assert sum(age.days >= RETENTION_DAYS for age in ages) == 5
    assert [bool(row["shared_with"]) for row in planted] == [True] * 5 + [False] * 5
    assert len({row["snapshot_identifier"] for row in planted}) == 10


def test_calls_beyond_the_floor_are_named_as_often_as_they_are_made() -> None:
    floor = ["redshift.Create", "redshift.Describe"]
    calls = ["redshift.Describe", "redshift.Create", "kms.DescribeKey", "redshift.Describe"]

    assert beyond(calls, floor) == ["kms.DescribeKey", "redshift.Describe"]
    assert beyond(floor, calls) == []


def test_import_times_are_summed_by_top_level_package() -> None:
    written = """\
import time: self [us] | cumulative | imported package
import time:       100 |        100 |   botocore.config
import time:      1500 |       1600 | botocore
import time:       250 |       1850 | redshift_backup.handler
"""
    assert sum_by_package(written) == {"botocore": 1.6, "redshift_backup": 0.25}


def test_every_benchmark_of_the_catalogue_is_there() -> None:
    assert all(find_spec(module) for module in catalog.BENCHMARKS.values())


@pytest.mark.slow
def test_a_quick_run_writes_table_json_and_report(tmp_path: Path) -> None:
    names = ("prune", "backup", "cold_start", "planning")
    only = [word for name in names for word in ("--only", name)]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", *only, "--output", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )

    assert ran.returncode == 0, ran.stderr
    written = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert {row["name"] for row in written} == set(names)
    assert len(ran.stdout.splitlines()) == len(written) + 1
    # Counts do not depend on the machine, so they hold in a quick run too.
    calls = [row for row in written if row["unit"] == "calls" and row["name"] == "prune"]
    assert [row["is_within_limit"] for row in calls if row["limit"]] == [True, True]
    page = (tmp_path / "report.html").read_text()
    assert "<svg" in page
    assert str(ROOT) not in page
