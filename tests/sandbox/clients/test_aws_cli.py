"""The AWS CLI with the two profiles: the commands of a runbook, as an operator types them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE, TARGET = "164543933824", "058264155998"
CLUSTER = "aca-redshift-cluster"
AWS = Path(sys.executable).with_name("aws")


@pytest.fixture
def aws(playground):
    playground.control("POST", "lifecycle", {"operation": "snapshot", "seconds": 0})
    playground.control("POST", "lifecycle", {"operation": "restore", "seconds": 0})

    def aws(profile, *words):
        command = [str(AWS), *words, "--profile", profile, "--output", "json"]
        answer = subprocess.run(
            command, capture_output=True, text=True, env=dict(os.environ), timeout=60
        )
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout) if answer.stdout.strip() else None

    return aws


def snapshot_words(name):
    return ["--snapshot-identifier", name, "--cluster-identifier", CLUSTER]


def test_a_snapshot_is_made_shared_seen_restored_and_deleted(aws):
    aws("source", "redshift", "create-cluster-snapshot", *snapshot_words("by-hand"))
    aws("source", "redshift", "wait", "snapshot-available", "--snapshot-identifier", "by-hand")
    access = ["--snapshot-identifier", "by-hand", "--account-with-restore-access", TARGET]
    aws("source", "redshift", "authorize-snapshot-access", *access)

    shelf = ["redshift", "describe-cluster-snapshots", "--snapshot-type", "manual"]
    seen = aws("target", *shelf, "--owner-account", SOURCE)["Snapshots"]
    assert [one["SnapshotIdentifier"] for one in seen] == ["by-hand"]
    assert aws("target", *shelf)["Snapshots"] == []

    aws(
        "target",
        "redshift",
        "restore-from-cluster-snapshot",
        *["--cluster-identifier", "restored", "--snapshot-identifier", "by-hand"],
        *["--owner-account", SOURCE, "--cluster-subnet-group-name", "redshift-dr-drill"],
    )
    one_cluster = ["--cluster-identifier", "restored"]
    aws("target", "redshift", "wait", "cluster-restored", *one_cluster)
    aws("target", "redshift", "wait", "cluster-available", *one_cluster)
    aws("target", "redshift", "delete-cluster", *one_cluster, "--skip-final-cluster-snapshot")

    aws("source", "redshift", "revoke-snapshot-access", *access)
    aws("source", "redshift", "delete-cluster-snapshot", "--snapshot-identifier", "by-hand")
    assert aws("source", *shelf)["Snapshots"] == []


def test_the_function_is_invoked_and_its_log_is_read(aws, tmp_path):
    output = tmp_path / "output.json"
    function = ["--function-name", "aca-redshift-backup"]
    event = json.dumps({"cluster_identifier": CLUSTER, "target_account_id": TARGET})
    region = ["--region", "us-east-1"]
    aws("source", "lambda", "invoke", *function, "--payload", event, *region, str(output))
    answer = json.loads(output.read_text())
    assert (answer["statusCode"], answer["status"], answer["shared"]) == (200, "completed", True)

    group = ["--log-group-name", "/aws/lambda/aca-redshift-backup"]
    events = aws("source", "logs", "filter-log-events", *group)["events"]
    assert any(answer["snapshot_id"] in event["message"] for event in events)
    assert aws("source", "logs", "describe-log-streams", *group)["logStreams"]


def test_the_key_policy_of_a_snapshot_is_read(aws):
    aws("source", "redshift", "create-cluster-snapshot", *snapshot_words("under-a-key"))
    words = ["redshift", "describe-cluster-snapshots", "--snapshot-identifier", "under-a-key"]
    [snapshot] = aws("source", *words)["Snapshots"]
    policy = aws("source", "kms", "get-key-policy", "--key-id", snapshot["KmsKeyId"])["Policy"]
    assert TARGET in policy


def test_a_long_shelf_is_paged(playground, aws):
    plant = [
        {
            "cluster_identifier": CLUSTER,
            "snapshot_identifier": f"old-{number}",
            "create_time": "2026-01-01T00:00:00Z",
        }
        for number in range(250)
    ]
    playground.control("POST", "snapshots", plant)
    words = ["redshift", "describe-cluster-snapshots", "--snapshot-type", "manual"]
    assert len(aws("source", *words, "--page-size", "20")["Snapshots"]) == 250
    assert len(aws("source", *words, "--max-items", "30")["Snapshots"]) == 30
