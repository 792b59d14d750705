"""Wrong input fails before anything is made, with a message that names the flag and the remedy."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import (
    DR_FLAGS,
    SCRIPT,
    SOURCE,
    TARGET,
    TEMPLATES,
    Account,
    run_script,
)


def _refused(*words: str) -> str:
    done = run_script(*words)
    assert done.returncode == 2, f"{done.stdout}\n{done.stderr}"
    return done.stderr


def _checked(*words: str, account: str = "source") -> subprocess.CompletedProcess[str]:
    """Run what the script checks its flags with."""
    helper = SCRIPT.parent / "deploy" / "stack_parameters.py"
    command = [sys.executable, str(helper), "--template", str(TEMPLATES[account])]
    own = {"source": SOURCE, "dr": TARGET}[account]
    return subprocess.run(
        [*command, "--own-account", own, "--", *words], capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("flag", "value", "expected"),
    [
        ("--target-account-id", "1234", "must be the 12-digit id of the DR account"),
        ("--target-account-id", SOURCE, "the account that this deploys to"),
        ("--backup-schedule", "cron(0 2 * * *)", "must be rate(N hours)"),
        ("--backup-schedule", "cron(0 25 * * ? *)", "hours has '25', which is not within 0 to 23"),
        ("--backup-schedule", "cron(0 2 30 2 ? *)", "does not run on two days"),
        ("--minimum-retention-days", "30", "more than --retention-days, which is 7"),
        ("--retention-days", "0", "is not a whole number from 1 to 3653"),
        ("--maximum-age-hours", "12", "leaves 24 hours between two backups"),
        ("--notification-email", "nobody", "must be an e-mail address"),
        ("--retention-day", "7", "did you mean --retention-days?"),
        ("--backup-schedule-state", "OFF", "is not one of ENABLED, DISABLED"),
        ("--airflow-principal-arn", "*", "must be the ARN of an IAM role"),
    ],
)
def test_wrong_value_is_refused(flag: str, value: str, expected: str) -> None:
    done = _checked(flag, value)
    assert done.returncode == 2
    assert expected in done.stderr


@pytest.mark.parametrize(
    ("flag", "value", "expected"),
    [
        ("--source-account-id", "1234", "must be the 12-digit id of the source account"),
        ("--source-account-id", TARGET, "the account that this deploys to"),
        ("--prune-schedule", "cron(30 25 * * ? *)", "hours has '25', which is not within 0 to 23"),
        ("--external-id", "short", "has 5 characters; 8 are needed"),
        ("--external-id", "with a blank", "must be 8 to 128 letters"),
        ("--vpc-id", "vpc-0a1b2c", "--vpc-id is given without --subnet-ids"),
        ("--sweep-schedule-state", "ON", "is not one of ENABLED, DISABLED"),
    ],
)
def test_wrong_value_of_the_dr_stack_is_refused(flag: str, value: str, expected: str) -> None:
    given = dict(zip(DR_FLAGS[2::2], DR_FLAGS[3::2], strict=True)) | {flag: value}
    done = _checked(*(word for pair in given.items() for word in pair), account="dr")
    assert done.returncode == 2
    assert expected in done.stderr


def test_documented_values_are_accepted() -> None:
    for schedule in ("cron(0 2 * * ? *)", "cron(0 2,14 * * ? *)", "rate(12 hours)"):
        assert _checked("--backup-schedule", schedule).returncode == 0
    done = _checked("--backup-schedule=cron(0 2 ? * MON-FRI *)", "--minimum-retention-days=7")
    assert done.returncode == 0, done.stderr


def test_nothing_is_made_before_all_faults_are_told(source: Account, sandbox: Any) -> None:
    sandbox.control("DELETE", "calls")
    told = _refused("--target-account-id", "1", "--retention-days", "x", "--unknown", "y")
    assert "3 fault(s), nothing is made" in told
    made = {call["operation"] for call in sandbox.control("GET", "calls")}
    assert made == {"GetCallerIdentity", "DescribeStacks"}


def test_words_that_are_no_flags_are_refused(source: Account) -> None:
    assert "'retention-days' is not a flag" in _refused("retention-days", "7")
    assert "--retention-days needs a value" in _refused("--retention-days")
    assert "--account is 'prod'; it is source or dr" in _refused("--account", "prod")
    assert "rollback takes no parameters" in _refused("rollback", "--retention-days", "7")
    assert "there is no stack aca-lambda-backup" in _refused("rollback")


def test_dr_stack_has_no_default_for_who_may_restore(target: Account) -> None:
    told = _refused("--account", "dr")
    assert "--external-id is missing" in told
    assert "--airflow-principal-arn is missing" in told


def test_unknown_profile_is_told(source: Account) -> None:
    assert "AWS does not know who this is (profile nobody)" in _refused("--profile", "nobody")


def test_help_names_every_parameter_and_needs_no_account(tmp_path: Path) -> None:
    done = run_script("--help", environment={"AWS_CONFIG_FILE": str(tmp_path / "none")})
    assert done.returncode == 0
    assert "--backup-schedule " in done.stdout
    assert "--external-id " in run_script("--help", "--account", "dr").stdout
