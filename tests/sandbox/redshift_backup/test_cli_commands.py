"""The commands of ``redshift-backup``: what each prints, does, and ends with."""

import json
from datetime import timedelta

import pytest

from redshift_backup.model import HOLD, RETENTION
from tests.sandbox.redshift_backup.cli import SETTINGS, Cli, deploy_function, fill
from tests.sandbox.redshift_backup.conftest import CLUSTER, TARGET, Shelf, ours

SECOND = "111122223333"


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


def test_status_lists_every_snapshot_with_what_becomes_of_it(shelf: Shelf, cli: Cli) -> None:
    names = fill(shelf, 0, 1, 9)

    ended = cli("status")

    lines = ended.out.splitlines()
    assert ended.code == 0
    assert [line.split()[0] for line in lines[1:4]] == names
    assert "newest good, floor of 2 good, younger than 7 days" in lines[1]
    assert "delete" in lines[3]
    assert lines[4].startswith(f"{CLUSTER}: 3 snapshots, 3 good, 1 expired; the newest good one")
    assert f"required accounts: {TARGET}" in lines[4]


def test_prune_shows_its_plan_and_deletes_only_with_apply(shelf: Shelf, cli: Cli) -> None:
    names = fill(shelf, 0, 1, 9, 10)
    shelf.forget_calls()

    shown = cli("prune", "--cluster", CLUSTER)

    assert shown.code == 0
    assert shelf.changing_calls() == []
    assert shown.out.splitlines()[0].split() == ["snapshot", "age", "verdict", "reason"]
    assert f"redshift-backup prune --cluster {CLUSTER} --apply" in shown.out

    done = cli("prune", "--cluster", CLUSTER, "--apply")

    assert (done.code, done.out.splitlines()[-1]) == (0, "2 deleted, 0 remain to be deleted")
    assert set(shelf.snapshots()) == set(names[:2])


def test_prune_over_the_limit_prints_the_command_that_approves_it(shelf: Shelf, cli: Cli) -> None:
    shelf.configure(MAX_DELETIONS="1")
    names = fill(shelf, 0, 1, 9, 10)

    shown, refused = cli("prune"), cli("prune", "--apply")

    sha256 = cli("prune", "--json").json["plan_sha256"]
    assert (shown.code, refused.code) == (0, 3)
    assert f"plan_sha256: {sha256}" in shown.out
    command = f"redshift-backup prune --approve {sha256} --apply"
    assert f"to approve it: {command}" in shown.out.splitlines()
    assert f"redshift-backup: to approve: {command}" in refused.err.splitlines()
    assert set(shelf.snapshots()) == set(names)

    assert cli(*command.split()[1:]).code == 0
    assert set(shelf.snapshots()) == set(names[:2])


def test_an_approval_is_replaced_not_repeated(shelf: Shelf, cli: Cli) -> None:
    shelf.configure(MAX_DELETIONS="1")
    fill(shelf, 0, 1, 9, 10)

    refused = cli("prune", "--apply", "--approve", "0" * 64)

    assert refused.code == 3
    assert refused.err.count("--approve ") == 1
    assert "0" * 64 not in refused.err


def test_prune_by_hand_keeps_what_the_scheduled_events_keep(shelf: Shelf, cli: Cli) -> None:
    newest = ours(timedelta(hours=1), tags={RETENTION: "days=30 weekly=0 monthly=0"})
    shelf.plant([newest, ours(timedelta(hours=2)), ours(timedelta(days=20))])

    ended = cli("prune", "--apply")

    assert "retention: 30 days, 0 weekly, 0 monthly" in ended.err
    assert (ended.code, len(shelf.snapshots())) == (0, 3)
    assert cli("prune", "--apply", "--retention-days", "7").code == 0
    assert len(shelf.snapshots()) == 2


def test_backup_by_hand_keeps_and_shares_as_the_scheduled_events_do(
    cluster: Shelf, cli: Cli
) -> None:
    cluster.configure(ALLOWED_TARGET_ACCOUNT_IDS=f"{TARGET},{SECOND}")
    left = {RETENTION: f"days=30 weekly=0 monthly=0 accounts={TARGET}+{SECOND}"}
    old = ours(timedelta(days=20))
    cluster.plant([ours(timedelta(hours=30), tags=left), ours(timedelta(hours=40)), old])

    ended = cli("backup", "--json")

    assert (ended.code, ended.json["cleaned_up_snapshots"]) == (0, 0)
    assert ended.json["target_account_ids"] == [TARGET, SECOND]
    assert len(cluster.snapshots()) == 4


def test_accounts_that_a_tag_names_are_within_the_allow_list(shelf: Shelf, cli: Cli) -> None:
    left = {RETENTION: f"days=7 weekly=0 monthly=0 accounts={SECOND}"}
    shelf.plant([ours(timedelta(hours=1), tags=left), ours(timedelta(hours=2))])

    ended = cli("backup")

    assert (ended.code, len(shelf.snapshots())) == (3, 2)
    assert f"target account {SECOND} is not one that ALLOWED_TARGET_ACCOUNT_IDS" in ended.err


def test_reconcile_says_of_each_cluster_what_it_did(shelf: Shelf, cli: Cli) -> None:
    names = fill(shelf, 0, 1, 9)
    shelf.plant([ours(timedelta(hours=3), shared=())])

    ended = cli("reconcile")

    first, header, row, last = ended.out.splitlines()
    assert first.startswith(f"{CLUSTER}: the newest good one is ")
    assert first.endswith("1 shared now, 1 deleted, 0 expired and still there")
    assert header.split() == ["snapshot", "age", "verdict", "reason"]
    assert row.startswith(f"{names[2]} ")
    assert last == "1 clusters looked at, 0 steps remain"


def test_reconcile_of_a_stale_chain_says_so_below_its_cluster(shelf: Shelf, cli: Cli) -> None:
    fill(shelf, 2, 3, 9)

    shown = cli("reconcile", "--dry-run").out.splitlines()

    assert shown[0].endswith("0 shared now, 0 deleted, 1 expired and still there")
    assert shown[1].startswith("  refused: StaleChainError: nothing of ")
    assert shown[-1] == "dry run, nothing was changed"


def test_prune_by_hand_keeps_the_last_copy_for_the_accounts_of_the_events(
    shelf: Shelf, cli: Cli
) -> None:
    shelf.configure(ALLOWED_TARGET_ACCOUNT_IDS=f"{TARGET},{SECOND}")
    left = {RETENTION: f"days=7 weekly=0 monthly=0 accounts={TARGET}+{SECOND}"}
    wide = ours(timedelta(days=20), shared=(TARGET, SECOND), tags=left)
    shelf.plant([ours(timedelta(hours=1)), ours(timedelta(hours=2)), wide])

    refused = cli("prune", "--apply")

    assert f"required accounts: {TARGET}, {SECOND}, as the last event" in refused.err
    assert (refused.code, len(shelf.snapshots())) == (3, 3)
    assert "no good snapshot" in refused.err
    assert cli("prune", "--apply", "--retention-days", "8").code == 3
    assert cli("prune", "--apply", "--target-account-id", TARGET).code == 0
    assert len(shelf.snapshots()) == 2


def test_a_prune_on_a_stale_chain_is_refused(shelf: Shelf, cli: Cli) -> None:
    fill(shelf, 8, 9, 10)

    shown, refused = cli("prune"), cli("prune", "--apply")

    assert (shown.code, refused.code) == (0, 3)
    assert "is younger than 26 hours" in shown.out
    assert "is younger than 26 hours" in refused.err


def test_hold_and_release_by_position_and_by_option(shelf: Shelf, cli: Cli) -> None:
    (name,) = fill(shelf, 9)

    held = cli("hold", name, "--reason", "legal case 7")
    released = cli("release", "--snapshot-id", name)

    assert (held.code, released.code) == (0, 0)
    assert "held: yes" in held.out.splitlines()
    assert "held_for: legal case 7" in released.out.splitlines()
    assert HOLD not in {tag["Key"] for tag in shelf.snapshots()[name]["Tags"]}


def test_adopt_shows_what_it_would_do_and_does_it_with_apply(shelf: Shelf, cli: Cli) -> None:
    fill(shelf, 0)
    shelf.plant(
        [ours(timedelta(days=2), tags={}, snapshot_identifier=name) for name in ("by-1", "by-2")]
    )
    shelf.forget_calls()

    shown = cli("adopt", "by-1", "by-2")
    assert shown.code == 0
    assert shelf.changing_calls() == []
    assert "to adopt: redshift-backup adopt by-1 by-2 --apply" in shown.out

    done = cli("adopt", "--pattern", "by-*", "--apply", "--json")
    assert (done.code, done.json["remaining"]) == (0, 0)


def test_share_takes_several_accounts(shelf: Shelf, cli: Cli) -> None:
    other = "111122223333"
    shelf.configure(ALLOWED_TARGET_ACCOUNT_IDS=f"{TARGET},{other}")
    (name,) = fill(shelf, 0)

    ended = cli("share", name, "--target-account-id", TARGET, "--target-account-id", other)

    assert ended.code == 0, ended.err
    accounts = shelf.snapshots()[name]["AccountsWithRestoreAccess"]
    assert {one["AccountId"] for one in accounts} == {TARGET, other}


def test_create_takes_a_slot(cluster: Shelf, cli: Cli) -> None:
    ended = cli("create", "--dry-run", "--slot", "2026-01-01T00:00:00Z", "--json")

    assert ended.code == 3
    assert "slot 2026-01-01T00:00:00Z is older than the retention" in ended.err
    assert ended.out == ""


def test_json_is_the_response_and_nothing_else(cluster: Shelf, cli: Cli) -> None:
    for words in (["backup"], ["status"], ["prune", "--apply"], ["reconcile"]):
        ended = cli(*words, "--json")

        assert ended.code == 0, ended.err
        assert json.loads(ended.out)["action"] == words[0]
        assert ended.err == "redshift-backup: settings: from the environment of this process\n"


def test_verbose_writes_the_log_to_standard_error(shelf: Shelf, cli: Cli) -> None:
    ended = cli("status", "--verbose", "--json")

    log = [json.loads(line) for line in ended.err.splitlines()[1:]]
    assert ended.json["status"] == "completed"
    assert log[-1]["message"] == "Done"


def test_metrics_are_not_printed_from_a_laptop(cluster: Shelf, cli: Cli) -> None:
    ended = cli("backup", "--verbose")

    assert ended.code == 0
    assert "_aws" not in ended.out + ended.err


def test_settings_come_from_the_deployed_function_unless_this_process_has_them(
    shelf: Shelf, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shelf, 0)
    deploy_function(shelf, RETENTION_DAYS="31")
    assert "from the environment of this process" in cli("status").err
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)

    ended = cli("status")

    assert (
        ended.err == "redshift-backup: settings: from the deployed function aca-redshift-backup\n"
    )
    assert "younger than 31 days" in ended.out


def test_ages_are_counted_by_the_clock_of_aws(shelf: Shelf, cli: Cli) -> None:
    fill(shelf, 0)
    shelf.sandbox.control("POST", "clock", {"advance_seconds": 10 * 3600})

    assert cli("status", "--json").json["newest_shared_age_hours"] == pytest.approx(11, abs=0.1)


def test_a_plan_of_thousands_is_printed_whole_in_a_pipe(shelf: Shelf, cli: Cli) -> None:
    names = fill(shelf, *range(0, 400))

    ended = cli("status")

    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()[1:-1]] == names
    assert "\x1b" not in ended.out
