"""docs/command-line.md shows what the commands print, and names what there is."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from redshift_backup.checks.chain import OVERDUE_AFTER_HOURS, STUCK_AFTER_HOURS
from redshift_backup.checks.doctor import check_all
from redshift_backup.checks.quotas import DEFAULT_SNAPSHOT_QUOTA, SHARES_PER_KEY
from redshift_backup.cli.arguments import build_parser
from redshift_backup.cli.exit_codes import ExitCode
from redshift_backup.cli.function_checks import SENSIBLE_TIMEOUT_SECONDS, SHORTEST_TIMEOUT_SECONDS
from tests.sandbox.redshift_backup.cli import SETTINGS, Cli, deploy_function, fill
from tests.sandbox.redshift_backup.conftest import Shelf, ours
from tests.unit.redshift_backup.check_facts import facts

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
SAMPLES = dict(re.findall(r"^```console\n\$ (.+)\n((?:.*\n)*?)^```$", PAGE, re.MULTILINE))
OF_THE_FUNCTION = {"function", "function_settings", "function_timeout", "function_permissions"}


def without_what_varies(text: str) -> list[str]:
    """Leave instants and the ids of keys out; an id keeps its length."""
    text = re.sub(r"\d{8}-\d{6}", "YYYYMMDD-HHMMSS", text)
    text = re.sub(r"key/[0-9a-f-]{36}", "key/UUID", text)
    return [line.rstrip() for line in text.splitlines()]


@pytest.fixture
def cli(cluster: Shelf, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    deploy_function(cluster)
    fill(cluster, 0, 1)
    return Cli(capsys)


def test_the_sample_of_check_is_what_it_prints(cluster: Shelf, cli: Cli) -> None:
    strange = ("058264155998", "999988887777")
    cluster.plant([ours(timedelta(days=2, hours=1), shared=strange)])

    ended = cli("check", "--profile", "source")

    sample = SAMPLES["redshift-backup check --profile source"]
    assert without_what_varies(ended.out) == without_what_varies(sample)


def test_the_sample_of_prune_is_what_it_prints(cluster: Shelf, cli: Cli) -> None:
    fill(cluster, 9, 10)
    held = {"redshift-backup:hold": "legal case 7"}
    cluster.plant([ours(timedelta(days=30, hours=1), tags=held)])

    ended = cli("prune", "--profile", "source")

    sample = SAMPLES["redshift-backup prune --profile source"]
    assert without_what_varies(ended.out) == without_what_varies(sample)


def test_the_table_of_checks_names_every_check_and_no_other() -> None:
    table = PAGE.partition("## Checks")[2].partition("\n## ")[0]
    names = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)

    expected = OF_THE_FUNCTION | {"settings"} | {one.name for one in check_all(facts())}
    assert sorted(names) == sorted(expected)


def test_the_page_names_every_command_option_and_exit_code() -> None:
    parser = build_parser()
    (commands,) = [one for one in parser._actions if one.dest == "action"]
    choices = dict(commands.choices or {})
    for name, command in choices.items():
        assert f"`{name}" in PAGE, name
        for option in command._actions:
            if option.option_strings and option.dest != "help":
                assert any(f"`{one}" in PAGE for one in option.option_strings), option.dest
    for code in ExitCode:
        assert f"| {code.value} |" in PAGE


def test_the_numbers_of_the_page_are_those_of_the_checks() -> None:
    for number, unit in (
        (STUCK_AFTER_HOURS, "hours"),
        (OVERDUE_AFTER_HOURS, "hours"),
        (SHORTEST_TIMEOUT_SECONDS, "seconds"),
        (SENSIBLE_TIMEOUT_SECONDS, "seconds"),
    ):
        assert f"{number} {unit}" in PAGE
    assert f"{DEFAULT_SNAPSHOT_QUOTA} is AWS's default" in PAGE
    assert f"{SHARES_PER_KEY} shares" in PAGE
