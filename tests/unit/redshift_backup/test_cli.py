"""The pure parts of the command line: events, exit codes, tables, checks of the function."""

from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from redshift_backup import aws, errors, quotas
from redshift_backup.cli.arguments import build_parser, event_of, merge_positions
from redshift_backup.cli.deployment import Deployment
from redshift_backup.cli.exit_codes import (
    CODE_OF_ERROR,
    ExitCode,
    UsageError,
    code_of_error,
    code_of_response,
)
from redshift_backup.cli.function_checks import (
    check_function,
    check_role,
    check_settings,
    check_timeout,
)
from redshift_backup.cli.output import applying, approving
from redshift_backup.cli.role import ON_EVERYTHING, ON_SNAPSHOTS, RoleFacts, simulate_role
from redshift_backup.fields import COMMON_FIELDS, FIELDS_OF
from redshift_backup.quotas import read_snapshot_quota
from redshift_backup.settings import CONTRACT_ACTIONS, read_settings

ROLE = "arn:aws:iam::164543933824:role/aca-redshift-backup"
SNAPSHOT = "arn:aws:redshift:us-east-1:164543933824:snapshot:orders/orders-20250918-143022"
ENVIRONMENT = {"CLUSTER_IDENTIFIER": "orders", "TARGET_ACCOUNT_ID": "058264155998"}
DEPLOYMENT = Deployment(
    "aca-redshift-backup", ENVIRONMENT, state="Active", timeout_seconds=900, role_arn=ROLE
)


def event(*words: str) -> dict[str, Any]:
    parsed = build_parser().parse_args(words)
    merge_positions(parsed)
    return event_of(parsed)


def tree(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(below for one in kind.__subclasses__() for below in tree(one))]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["status"], {"action": "status"}),
        (["--cluster", "orders", "check"], {"action": "check", "cluster_identifier": "orders"}),
        (
            ["check", "--cluster-identifier", "orders"],
            {"action": "check", "cluster_identifier": "orders"},
        ),
        (["prune"], {"action": "prune", "dry_run": True}),
        (["prune", "--apply"], {"action": "prune", "dry_run": False}),
        (
            ["prune", "--keep-weekly", "0", "--approve", "f" * 64, "--apply"],
            {
                "action": "prune",
                "dry_run": False,
                "keep_weekly": 0,
                "approved_plan_sha256": "f" * 64,
            },
        ),
        (
            ["hold", "snap", "--reason", "audit"],
            {"action": "hold", "snapshot_id": "snap", "reason": "audit"},
        ),
        (["release", "--snapshot-id", "snap"], {"action": "release", "snapshot_id": "snap"}),
        (
            ["adopt", "one", "--snapshot-id", "two", "--snapshot-ids", "three", "four"],
            {"action": "adopt", "snapshot_ids": ["one", "two", "three", "four"], "dry_run": True},
        ),
        (
            ["adopt", "--pattern", "by-*", "--apply"],
            {"action": "adopt", "identifier_pattern": "by-*", "dry_run": False},
        ),
        (
            ["share", "snap", "--target-account-id", "1", "--target-account-id", "2"],
            {"action": "share", "snapshot_id": "snap", "target_account_ids": ["1", "2"]},
        ),
        (
            ["share", "snap", "--revoke-strangers", "--dry-run"],
            {"action": "share", "snapshot_id": "snap", "revoke_strangers": True, "dry_run": True},
        ),
        (
            ["backup", "--slot", "2025-09-18T14:30:00Z", "--when-paused", "skip"],
            {"action": "backup", "slot": "2025-09-18T14:30:00Z", "when_paused": "skip"},
        ),
        (
            ["stamp", "snap", "--result", "passed", "--restore-seconds", "812"],
            {"action": "stamp", "snapshot_id": "snap", "result": "passed", "restore_seconds": 812},
        ),
    ],
)
def test_words_become_the_event_of_the_contract(words: list[str], expected: dict[str, Any]):
    assert event(*words) == expected


@pytest.mark.parametrize("action", CONTRACT_ACTIONS)
def test_every_field_of_an_action_has_an_option(action: str):
    parsed = build_parser().parse_args([action])

    options = {name.removesuffix("_option") for name in vars(parsed)}
    fields = FIELDS_OF[action] - {"target_account_id"}

    assert fields <= options
    assert options <= fields | COMMON_FIELDS | {
        "profile", "region", "function", "json", "verbose", "apply",
    }  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ["--profile", "x", "--json", "--verbose", "--region", "r", "--function", "f", "status"],
        ["status", "--profile", "x", "--json", "--verbose", "--region", "r", "--function", "f"],
        ["--profile", "y", "--json", "status", "--profile", "x", "--verbose", "--region", "r",
         "--function", "f"],
    ],
)  # fmt: skip
def test_common_options_stand_before_or_after_the_command(words: list[str]):
    parsed = build_parser().parse_args(words)

    assert (parsed.profile, parsed.region, parsed.function) == ("x", "r", "f")
    assert (parsed.json, parsed.verbose) == (True, True)


def test_two_different_snapshots_are_one_too_many():
    with pytest.raises(UsageError, match="one and two"):
        event("hold", "one", "--snapshot-id", "two", "--reason", "audit")


@pytest.mark.parametrize("text", ["abc", "1e5", "nan", "1_0", ""])
def test_a_number_that_is_none_is_told_in_words(text: str):
    with pytest.raises(UsageError, match="is not a number; see redshift-backup stamp --help"):
        event("stamp", "snap", "--result", "passed", "--restore-seconds", text)


@pytest.mark.parametrize("text", ["seven", "7.5", "9" * 5000])
def test_a_whole_number_that_is_none_is_told_in_words(text: str):
    with pytest.raises(UsageError, match="is not a whole number; see redshift-backup prune --help"):
        event("prune", "--retention-days", text)


def test_every_kind_of_error_has_an_exit_code_of_its_own_or_of_its_parent():
    for kind in tree(errors.AwsError):
        assert kind in CODE_OF_ERROR, f"{kind.__name__} is not mapped on purpose"
    for kind in tree(errors.BackupError)[1:]:
        found = next(one for one in kind.__mro__ if one in CODE_OF_ERROR)
        assert CODE_OF_ERROR[found] in (2, 3, 4)
    limit = errors.DeletionLimitError("too many", plan_sha256="f" * 64)
    assert code_of_error(limit) is ExitCode.BAD_INPUT
    assert code_of_error(errors.ThrottledError("slow")) is ExitCode.AWS_UNREACHABLE
    assert code_of_error(errors.PartialFailureError(done=0, failed={})) is ExitCode.PARTIAL


@pytest.mark.parametrize(
    ("response", "code"),
    [
        ({"status": "completed"}, 0),
        ({"status": "skipped", "reason": "paused"}, 0),
        ({"status": "completed", "ok": True}, 0),
        ({"status": "completed", "ok": False}, 1),
        ({"status": "completed", "remaining": 3}, 4),
        ({"status": "completed", "remaining": 3, "dry_run": True}, 0),
        ({"status": "pending"}, 4),
    ],
)
def test_a_response_has_its_exit_code(response: dict[str, Any], code: int):
    assert code_of_response(response) == code


def test_the_next_command_repeats_what_was_said():
    words = ["--profile", "my profile", "prune", "--json", "--approve=old", "--dry-run"]

    assert applying(words[:4]) == "redshift-backup --profile 'my profile' prune --apply"
    assert approving(words, "new") == (
        "redshift-backup --profile 'my profile' prune --approve new --apply"
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "OK"),
        ({"state": "Pending"}, "FAILED"),
        ({"state": "Failed", "state_reason": "no such image"}, "FAILED"),
        ({"last_update_status": "Failed"}, "WARNING"),
        ({"unread": "AccessDeniedException: no"}, "FAILED"),
        ({"unread": "not found", "is_missing": True}, "FAILED"),
    ],
)
def test_a_function_that_cannot_run_fails(changes: dict[str, Any], status: str):
    assert check_function(replace(DEPLOYMENT, **changes), is_needed=True).status == status


def test_a_missing_function_that_nobody_goes_by_warns():
    missing = replace(DEPLOYMENT, unread="not found", is_missing=True)

    assert check_function(missing, is_needed=False).status == "WARNING"


@pytest.mark.parametrize(
    ("seconds", "status"),
    [(3, "FAILED"), (29, "FAILED"), (30, "WARNING"), (299, "WARNING"), (300, "OK"), (900, "OK")],
)
def test_a_timeout_that_is_too_short_fails(seconds: int, status: str):
    check = check_timeout(replace(DEPLOYMENT, timeout_seconds=seconds))

    assert check.status == status
    assert f"{seconds} seconds, at least 300 expected" in check.detail


def test_settings_that_the_function_refuses_fail():
    wrong = replace(DEPLOYMENT, environment=ENVIRONMENT | {"MAX_DELETIONS": "many"})

    check = check_settings(wrong, None)

    assert check.status == "FAILED"
    assert "MAX_DELETIONS is 'many'" in check.detail
    assert check_settings(DEPLOYMENT, None).status == "OK"
    assert check_settings(DEPLOYMENT, read_settings(ENVIRONMENT)).status == "OK"
    here = read_settings(ENVIRONMENT | {"MAX_DELETIONS": "7"})
    assert check_settings(DEPLOYMENT, here).status == "WARNING"


def test_a_function_that_could_not_be_read_is_not_judged_further():
    closed = replace(DEPLOYMENT, unread="AccessDeniedException: no")

    for check in (check_settings(closed, None), check_timeout(closed), check_role(None)):
        assert (check.status, check.next_step) == ("WARNING", "see function")


def simulated(monkeypatch: pytest.MonkeyPatch, decisions: dict[str, dict[str, Any]]) -> RoleFacts:
    client = boto3.client(
        "iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stubber:
        for actions in (ON_EVERYTHING, ON_SNAPSHOTS):
            results = [
                {"EvalActionName": one, "EvalDecision": "allowed"} | decisions.get(one, {})
                for one in actions
            ]
            stubber.add_response("simulate_principal_policy", {"EvaluationResults": results})
        monkeypatch.setattr(aws, "client", lambda _: client)
        return simulate_role(ROLE, SNAPSHOT)


def test_a_role_that_may_do_everything_is_ok(monkeypatch: pytest.MonkeyPatch):
    check = check_role(simulated(monkeypatch, {}))

    assert (check.status, check.detail) == ("OK", f"{ROLE} may make 9 of 9 calls, 9 expected")


def test_a_role_that_may_not_delete_fails(monkeypatch: pytest.MonkeyPatch):
    action = "redshift:BatchDeleteClusterSnapshots"

    check = check_role(simulated(monkeypatch, {action: {"EvalDecision": "implicitDeny"}}))

    assert check.status == "FAILED"
    assert f"{ROLE} may make 8 of 9 calls, 9 expected: {action} (implicitDeny)" == check.detail


def test_conditions_that_the_simulation_cannot_know_warn(monkeypatch: pytest.MonkeyPatch):
    unknown = {"EvalDecision": "implicitDeny", "MissingContextValues": ["aws:SourceVpc"]}

    check = check_role(simulated(monkeypatch, {"redshift:CreateClusterSnapshot": unknown}))

    assert check.status == "WARNING"
    assert "redshift:CreateClusterSnapshot" in check.detail


def test_the_quota_that_aws_tells_is_read(monkeypatch: pytest.MonkeyPatch):
    client = boto3.client(
        "service-quotas", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stubber:
        wanted = {"ServiceCode": "redshift", "QuotaCode": "L-2E428669"}
        stubber.add_response("get_service_quota", {"Quota": {"Value": 700.0}}, wanted)
        stubber.add_client_error("get_service_quota", "AccessDeniedException")
        monkeypatch.setattr(quotas, "client", lambda _: client)

        assert (read_snapshot_quota(), read_snapshot_quota()) == (700, None)


def test_a_simulation_that_is_denied_is_said_to_be_not_looked_at():
    check = check_role(RoleFacts(ROLE, unread="AccessDenied: no"))

    assert check.status == "WARNING"
    assert "not looked at, 0 of 9 calls" in check.detail
