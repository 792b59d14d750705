"""``redshift-backup check``: healthy is exit code 0; each thing that breaks is named, and is 1."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.redshift_backup.cli import FUNCTION, SETTINGS, Cli, deploy_function, fill
from tests.sandbox.redshift_backup.conftest import CLUSTER, SOURCE, TARGET, Shelf, ours

STRANGER = "999988887777"


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@pytest.fixture
def healthy(cluster: Shelf, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A cluster, its function, and good snapshots of the last days; settings are the function's."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    deploy_function(cluster)
    fill(cluster, 0, 1, 2)
    return cluster


def newest(shelf: Shelf) -> dict[str, Any]:
    found = shelf.snapshots(ClusterIdentifier=CLUSTER)
    return found[max(found)]


def key_of(shelf: Shelf) -> str:
    return str(shelf.redshift.describe_clusters()["Clusters"][0]["KmsKeyId"])


def test_a_healthy_account_ends_with_0_and_no_line_failed(healthy: Shelf, cli: Cli) -> None:
    ended = cli("check")

    assert ended.code == 0, ended.out
    assert "FAILED" not in ended.out.rpartition("\n")[0].replace("0 FAILED", "")
    assert set(ended.lines("WARNING")) == {"function_permissions"}
    assert ended.err == f"redshift-backup: settings: from the deployed function {FUNCTION}\n"


def test_a_freshly_deployed_account_is_healthy_after_its_first_backup(
    cluster: Shelf, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    deploy_function(cluster)
    assert cli("backup").code == 0

    ended = cli("check")

    assert ended.code == 0, ended.out
    assert "1 good snapshots, at least 2 expected" in ended.lines("WARNING")["minimum_snapshots"]


def delete_cluster(shelf: Shelf) -> None:
    shelf.lifecycle("delete_cluster", 0)
    shelf.redshift.delete_cluster(ClusterIdentifier=CLUSTER, SkipFinalClusterSnapshot=True)


def pause_cluster(shelf: Shelf) -> None:
    shelf.redshift.pause_cluster(ClusterIdentifier=CLUSTER)


def move_to_aws_managed_key(shelf: Shelf) -> None:
    shelf.redshift.modify_cluster(
        ClusterIdentifier=CLUSTER, Encrypted=True, KmsKeyId="alias/aws/redshift"
    )
    shelf.sandbox.control("POST", "clock", {"advance_seconds": 10})


def take_target_out_of_key_policy(shelf: Shelf) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{SOURCE}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    shelf.client("kms").put_key_policy(KeyId=key_of(shelf), PolicyName="default", Policy=policy)


def disable_key(shelf: Shelf) -> None:
    shelf.client("kms").disable_key(KeyId=key_of(shelf))


def schedule_key_deletion(shelf: Shelf) -> None:
    shelf.client("kms").schedule_key_deletion(KeyId=key_of(shelf), PendingWindowInDays=7)


def let_two_days_pass(shelf: Shelf) -> None:
    shelf.sandbox.control("POST", "clock", {"advance_seconds": 48 * 3600})


def revoke_a_share(shelf: Shelf) -> None:
    name = newest(shelf)["SnapshotIdentifier"]
    shelf.redshift.revoke_snapshot_access(SnapshotIdentifier=name, AccountWithRestoreAccess=TARGET)


def share_with_a_stranger(shelf: Shelf) -> None:
    name = newest(shelf)["SnapshotIdentifier"]
    shelf.redshift.authorize_snapshot_access(
        SnapshotIdentifier=name, AccountWithRestoreAccess=STRANGER
    )


def lose_a_tag(shelf: Shelf) -> None:
    arn = newest(shelf)["SnapshotArn"]
    shelf.redshift.delete_tags(ResourceName=arn, TagKeys=["redshift-backup:managed-by"])


def tag_a_foreign_name(shelf: Shelf) -> None:
    shelf.plant([ours(timedelta(hours=3), snapshot_identifier="made-by-hand")])


def leave_expired(shelf: Shelf) -> None:
    fill(shelf, 8, 9)


def leave_more_expired_than_a_run_deletes(shelf: Shelf) -> None:
    fill(shelf, *range(20, 50))


def shorten_automated_retention(shelf: Shelf) -> None:
    deployed = SETTINGS | {"SLOT_WINDOW_HOURS": "48"}
    shelf.client("lambda").update_function_configuration(
        FunctionName=FUNCTION, Environment={"Variables": deployed}
    )


def use_the_quota_up(shelf: Shelf) -> None:
    shelf.plant(
        [
            {"cluster_identifier": "another", "snapshot_identifier": f"by-hand-{number}"}
            for number in range(17)
        ]
    )


def fail_a_snapshot(shelf: Shelf) -> None:
    shelf.plant([ours(timedelta(hours=2), status="failed", shared=())])


def hang_a_snapshot(shelf: Shelf) -> None:
    shelf.plant([ours(timedelta(hours=9), status="creating", shared=())])


def delete_all_but_one(shelf: Shelf) -> None:
    fill(shelf, 5.5)
    for name in sorted(shelf.snapshots(ClusterIdentifier=CLUSTER))[1:-1]:
        shelf.redshift.revoke_snapshot_access(
            SnapshotIdentifier=name, AccountWithRestoreAccess=TARGET
        )
        shelf.redshift.delete_cluster_snapshot(SnapshotIdentifier=name)
    raised = SETTINGS | {"MINIMUM_SNAPSHOTS": "3"}
    shelf.client("lambda").update_function_configuration(
        FunctionName=FUNCTION, Environment={"Variables": raised}
    )


def write_settings_wrong(shelf: Shelf) -> None:
    wrong = SETTINGS | {"RETENTION_DAYS": "seven"}
    shelf.client("lambda").update_function_configuration(
        FunctionName=FUNCTION, Environment={"Variables": wrong}
    )


def delete_function(shelf: Shelf) -> None:
    shelf.client("lambda").delete_function(FunctionName=FUNCTION)


def shorten_timeout(shelf: Shelf) -> None:
    shelf.client("lambda").update_function_configuration(FunctionName=FUNCTION, Timeout=3)


BROKEN: list[tuple[Callable[[Shelf], None], str, str]] = [
    (delete_cluster, "cluster", rf"0 clusters are named {CLUSTER}, 1 expected; correct"),
    (pause_cluster, "cluster", rf"{CLUSTER} is paused, .* needs it available; resume it"),
    (
        move_to_aws_managed_key,
        "encryption_key",
        r"AWS managed key .*; 0 of 1 required accounts .*; move the cluster to a customer",
    ),
    (
        take_target_out_of_key_policy,
        "key_policy",
        rf"0 of 1 cases, 1 expected: {TARGET} is not admitted by arn:aws:kms:.*; let the account",
    ),
    (disable_key, "key_state", r"1 of 1 keys are not Enabled, 0 expected: .*Disabled; enable it"),
    (schedule_key_deletion, "key_state", r"1 of 1 keys .*, 0 expected: .*PendingDeletion; enable"),
    (
        let_two_days_pass,
        "newest_shared_snapshot_age",
        r"49\.0 hours, at most 26 expected; find out why",
    ),
    (
        revoke_a_share,
        "shares",
        rf"2 of 3 available snapshots .*, 3 expected: aca-.* lacks {TARGET}; run reconcile",
    ),
    (
        share_with_a_stranger,
        "strangers",
        rf"1 snapshots of {CLUSTER} .*1 allowed, 0 expected: aca-.* with {STRANGER}; revoke it",
    ),
    (
        lose_a_tag,
        "stray_snapshots",
        r"1 snapshots are half ours, 0 expected: aca-.* without the tag .*; take each",
    ),
    (
        tag_a_foreign_name,
        "stray_snapshots",
        r"1 snapshots .*, 0 expected: made-by-hand has our tag and not our name .*; take each",
    ),
    (
        leave_expired,
        "expired_snapshots",
        r"2 snapshots have expired, 2 of them .* 6 hours ago, 0 expected.*; find out why prune",
    ),
    (
        leave_more_expired_than_a_run_deletes,
        "expired_snapshots",
        r"30 snapshots have expired, .* deletes at most 20; look at the plan",
    ),
    (
        shorten_automated_retention,
        "automated_snapshots",
        r"kept for 24 hours, at least 48 expected .*; set AutomatedSnapshotRetentionPeriod .* 2,",
    ),
    (use_the_quota_up, "snapshot_quota", r"20 manual .*, 20 is the account's quota; ask AWS"),
    (
        fail_a_snapshot,
        "failed_snapshots",
        r"1 snapshots failed .*, 0 expected: aca-.* is failed; look into the cluster's events",
    ),
    (
        hang_a_snapshot,
        "creating_snapshots",
        r"1 snapshots are being made, 1 for longer than 6 hours, 0 expected: aca-.*; look into",
    ),
    (
        delete_all_but_one,
        "minimum_snapshots",
        r"2 good snapshots, at least 3 expected; find out which slots",
    ),
    (
        write_settings_wrong,
        "function_settings",
        r"1 fault\(s\): RETENTION_DAYS is 'seven', .* from 1 to 3653\. Correct",
    ),
    (delete_function, "function", rf"0 functions are named {FUNCTION}, 1 expected; deploy it"),
    (shorten_timeout, "function_timeout", r"3 seconds, at least 300 expected.*; set the function"),
]


@pytest.mark.parametrize(
    ("breaks", "name", "says"), BROKEN, ids=[breaks.__name__ for breaks, _, _ in BROKEN]
)
def test_what_is_broken_ends_with_1_and_a_line_with_both_numbers_and_what_to_do(
    breaks: Callable[[Shelf], None], name: str, says: str, healthy: Shelf, cli: Cli
) -> None:
    breaks(healthy)

    ended = cli("check")

    assert ended.code == 1, ended.out
    failed = ended.lines("FAILED")
    assert name in failed, ended.out
    assert re.search(says, failed[name]), failed[name]


def test_nothing_else_fails_where_one_thing_is_broken(healthy: Shelf, cli: Cli) -> None:
    share_with_a_stranger(healthy)

    assert set(cli("check").lines("FAILED")) == {"strangers"}


def test_json_is_the_response_with_the_functions_checks_before_its_own(
    healthy: Shelf, cli: Cli
) -> None:
    fail_a_snapshot(healthy)

    ended = cli("check", "--json")

    assert (ended.code, ended.json["ok"], ended.json["statusCode"]) == (1, False, 200)
    assert ended.json["checks"][0]["name"] == "function"
    assert {frozenset(row) for row in ended.json["checks"]} == {
        frozenset({"name", "status", "detail", "next_step"})
    }


def test_a_missing_function_is_a_warning_where_this_process_has_the_settings(
    healthy: Shelf, cli: Cli
) -> None:
    healthy.configure(**SETTINGS)
    delete_function(healthy)

    ended = cli("check")

    assert ended.code == 0, ended.out
    assert ended.lines("WARNING")["function"].startswith("WARNING  0 functions are named")
    assert cli("check", "--function", FUNCTION).code == 1


def test_settings_that_differ_from_the_deployed_ones_are_named(healthy: Shelf, cli: Cli) -> None:
    healthy.configure(**SETTINGS | {"RETENTION_DAYS": "14"})

    ended = cli("check")

    assert ended.code == 0
    assert "RETENTION_DAYS is 7 deployed and 14 here" in ended.lines("WARNING")["function_settings"]
    assert "from the environment of this process" in ended.err


def test_settings_of_this_process_that_are_malformed_fail_the_check(
    healthy: Shelf, cli: Cli
) -> None:
    healthy.configure(**SETTINGS | {"TARGET_ACCOUNT_ID": "12"})

    ended = cli("check")

    assert ended.code == 1
    assert "TARGET_ACCOUNT_ID is '12'" in ended.lines("FAILED")["settings"]


def test_the_first_backups_snapshot_on_the_example_is_healthy(
    playground: Any, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "target")
    playground.control("POST", "lifecycle", {"operation": "snapshot", "seconds": 0})
    assert cli("backup", "--profile", "source").code == 0

    ended = cli("--profile", "source", "check")

    assert ended.code == 0, ended.out
    assert "settings: from the deployed function" in ended.err
