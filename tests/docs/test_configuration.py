"""docs/configuration.md says what the models, the command and the project's file say."""

from pathlib import Path

import pytest

from redshift_dr.config import load_fleet
from redshift_dr.config.__main__ import main
from tests.docs.commands import Block, blocks_of, read

PAGE = "docs/configuration.md"


def block_with(words: str) -> Block:
    (found,) = [block for block in blocks_of(read(PAGE), PAGE) if words in block.body]
    return found


def test_every_setting_is_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fields"]) == 0

    assert f"\n{capsys.readouterr().out}\n" in read(PAGE), (
        "put what `python -m redshift_dr.config fields` prints into docs/configuration.md"
    )


def test_the_example_is_a_good_fleet(tmp_path: Path) -> None:
    path = tmp_path / "clusters.yaml"
    path.write_text(block_with("finance:\n").body, encoding="utf-8")

    fleet = load_fleet(path)

    assert fleet.faults == ()
    assert list(fleet.clusters) == ["finance", "events", "sandbox"]


def test_the_mistakes_are_told_as_they_are_printed(tmp_path: Path) -> None:
    text = block_with("finance:\n").body
    for good, bad in (
        ("Europe/Berlin", "Europe/Berln"),
        ("retention_days", "retension_days"),
        ('"0 */6 * * *"', "at night"),
        ("when_paused: skip", "timezone: UTC"),
    ):
        text = text.replace(good, bad)
    path = tmp_path / "clusters.yaml"
    path.write_text(text, encoding="utf-8")

    told = [fault.replace(str(path), "include/clusters.yaml") for fault in load_fleet(path).faults]

    assert sorted(told) == sorted(block_with("retension_days").body.splitlines())
