"""How commands end when they cannot do their work: one sentence, and a number for scripts."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redshift_backup.cli import main as cli_main
from tests.sandbox.redshift_backup.cli import SETTINGS, Cli, fill
from tests.sandbox.redshift_backup.conftest import Shelf


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


def said(err: str) -> list[str]:
    """The sentences of standard error beside the one on settings."""
    return [line for line in err.splitlines() if ": settings: " not in line]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nosuch"], "invalid choice: 'nosuch'"),
        ([], "required: COMMAND"),
        (["prune", "--apply", "--dry-run"], "not allowed with"),
        (["prune", "--retention-days", "seven"], "'seven' is not a whole number"),
        (["prune", "--retention-day", "7"], "unrecognized arguments"),
        (["prune", "--retention-days", "3"], "less than MINIMUM_RETENTION_DAYS"),
        (["status", "--cluster", "elsewhere"], "not one that ALLOWED_CLUSTERS"),
        (["status", "--cluster", "Not Valid"], "not a cluster identifier"),
        (["hold", "nowhere", "--reason", "audit"], "snapshot nowhere does not exist"),
        (["hold", "one", "--snapshot-id", "two", "--reason", "audit"], "two snapshots are given"),
        (["share", "--target-account-id", "12"], r"(1).*snapshot_id is missing|12"),
        (["create", "--slot", "yesterday"], "not an instant"),
    ],
)
def test_bad_input_ends_with_3_and_one_sentence(
    words: list[str], says: str, shelf: Shelf, cli: Cli
) -> None:
    ended = cli(*words)

    assert (ended.code, ended.out) == (3, "")
    assert len(said(ended.err)) == 1
    assert re.search(says, said(ended.err)[0]), ended.err


def test_malformed_settings_end_with_3(shelf: Shelf, cli: Cli) -> None:
    shelf.configure(RETENTION_DAYS="seven")

    ended = cli("status")

    assert ended.code == 3
    assert "RETENTION_DAYS is 'seven'" in ended.err


def test_no_settings_anywhere_end_with_3(
    shelf: Shelf, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)

    ended = cli("status", "--function", "other")

    assert ended.code == 3
    assert "function other does not exist" in ended.err
    assert "--function" in ended.err


def test_a_missing_region_ends_with_3(
    shelf: Shelf, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    ended = cli("status")

    assert ended.code == 3
    assert "--region" in ended.err
    assert cli("--region", "us-east-1", "status").code == 0
    assert cli("status", "--region", "us-east-1").code == 0


def without_credentials(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.delenv("AWS_PROFILE")
    return []


def with_an_unknown_profile(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return ["--profile", "nobody"]


def with_unknown_keys(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODYNOBODY0001")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake-secret-of-nobody")
    return []


def without_a_listener(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    return []


def while_throttled(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    shelf.fault("DescribeClusterSnapshots", "throttle", times=100)
    return []


def while_answers_are_lost(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    shelf.fault("DescribeClusterSnapshots", "error_503", times=100)
    return []


@pytest.mark.parametrize("command", ["status", "check"])
@pytest.mark.parametrize(
    "happens",
    [
        without_credentials,
        with_an_unknown_profile,
        with_unknown_keys,
        without_a_listener,
        while_throttled,
        while_answers_are_lost,
    ],
)
def test_aws_out_of_reach_ends_with_2_and_one_sentence(
    happens: Callable[[Shelf, pytest.MonkeyPatch], list[str]],
    command: str,
    shelf: Shelf,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = happens(shelf, monkeypatch)

    ended = cli(command, *words)

    assert (ended.code, ended.out) == (2, ""), ended
    assert len(said(ended.err)) == 1


def test_a_prune_that_failed_in_part_ends_with_4(shelf: Shelf, cli: Cli) -> None:
    fill(shelf, 0, 1, 9)
    shelf.fault("RevokeSnapshotAccess", "error_500", times=100)

    ended = cli("prune", "--apply")

    assert ended.code == 4
    assert "1 of 1 steps failed" in ended.err


def test_work_that_remains_ends_with_4(
    shelf: Shelf, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shelf, 0, 1, 9)
    monkeypatch.setattr(cli_main, "MAXIMUM_INVOCATION_SECONDS", 0)

    ended = cli("prune", "--apply")

    assert ended.code == 4
    assert ended.out.splitlines()[-1] == "0 deleted, 1 remain to be deleted"


def test_a_pending_backup_ends_with_4(cluster: Shelf, cli: Cli, monkeypatch: Any) -> None:
    cluster.lifecycle("snapshot", 60)
    monkeypatch.setattr(cli_main, "MAXIMUM_INVOCATION_SECONDS", 1)

    ended = cli("backup")

    assert ended.code == 4
    assert "status: pending" in ended.out


def test_what_a_dry_run_leaves_is_no_part(shelf: Shelf, cli: Cli) -> None:
    fill(shelf, 0, 1, 9)

    assert cli("prune").code == 0
    assert cli("reconcile", "--dry-run").code == 0


def test_an_interrupt_ends_with_130_and_one_sentence(
    shelf: Shelf, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_main, "answer", interrupted)

    ended = cli("status")

    assert ended.code == 130
    assert said(ended.err)[0].startswith("redshift-backup: interrupted;")


def test_help_ends_with_0_and_names_the_exit_codes(cli: Cli) -> None:
    ended = cli("--help")

    assert ended.code == 0
    assert "0 ok, 1 a check failed" in ended.out
    assert cli("prune", "--help").code == 0


def test_the_profile_of_the_process_is_not_lost(
    shelf: Shelf, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shelf, 0)
    monkeypatch.setenv("AWS_PROFILE", "target")

    assert cli("status", "--profile", "source", "--json").json["good_snapshots"] == 1
    assert cli("--profile", "source", "status", "--json").json["good_snapshots"] == 1
    ended = cli("status", "--json")
    assert ended.code == 3, "the target account would be its own target"
