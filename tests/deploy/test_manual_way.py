"""Without the script: `aws cloudformation package`, then `create-stack` with the packaged text."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import ROOT, SOURCE, TARGET, TEMPLATES, Account

BUCKET = "manual-code"


def _aws(*words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("aws")), "--profile", "source", *words]
    return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))


def _create(packaged: Path, **values: str) -> subprocess.CompletedProcess[str]:
    parameters = [f"ParameterKey={key},ParameterValue={value}" for key, value in values.items()]
    return _aws(
        *("cloudformation", "create-stack", "--stack-name", "aca-lambda-backup"),
        *("--template-body", f"file://{packaged}", "--capabilities", "CAPABILITY_NAMED_IAM"),
        *("--parameters", *parameters),
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_packaged_template_is_created_and_refuses_what_is_wrong(
    source: Account, sandbox: Any, tmp_path: Path
) -> None:
    built = subprocess.run([sys.executable, str(ROOT / "lambda" / "build_zip.py")], check=False)
    assert built.returncode == 0
    source.client("s3").create_bucket(Bucket=BUCKET)
    packaged = tmp_path / "packaged.yaml"
    done = _aws(
        *("cloudformation", "package", "--template-file", str(TEMPLATES["source"])),
        *("--s3-bucket", BUCKET, "--output-template-file", str(packaged)),
    )
    assert done.returncode == 0, done.stderr
    good = {
        "TargetAccountId": TARGET,
        "BackupSchedule": "cron(0 2 * * ? *)",
        "RetentionDays": "7",
        "NotificationEmail": "data-platform@example.com",
    }
    for wrong in (
        {"TargetAccountId": SOURCE},
        {"TargetAccountId": "12345"},
        {"BackupSchedule": "cron(0 2 * * *)"},
        {"MinimumRetentionDays": "30"},
    ):
        refused = _create(packaged, **good | wrong)
        assert "ValidationError" in refused.stderr, wrong
    assert source.stacks() == []
    made = _create(packaged, **good)
    assert made.returncode == 0, made.stderr
    waited = _aws("cloudformation", "wait", "stack-create-complete", "--stack-name", source.stack)
    assert waited.returncode == 0, waited.stderr
    assert source.invoke(action="status")["status"] == "completed"
    topics = source.client("sns").list_subscriptions()["Subscriptions"]
    assert [one["Endpoint"] for one in topics] == ["data-platform@example.com"]
