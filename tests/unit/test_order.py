"""The order of the slow tests."""

from pathlib import Path

from tests.order import LONGEST, longest_first

ROOT = Path(__file__).parents[2]


def test_longest_files_begin_and_each_keeps_its_own_order() -> None:
    files = ["tests/a.py", LONGEST[1], "tests/b.py", LONGEST[0], LONGEST[1]]

    assert longest_first([1, 2, 3, 4, 5], files) == [4, 2, 5, 1, 3]


def test_each_file_named_is_there() -> None:
    assert [file for file in LONGEST if not (ROOT / file).is_file()] == []
