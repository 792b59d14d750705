"""The drill's DAG against the sandbox: real tasks and triggers, real HTTP."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.drills import BUCKET, CLUSTER, SOURCE, TARGET, TASKS, dr_copies, drill_clusters

SNAPSHOT = "aca-lambda-snapshot-20261129-020000"
Run = Callable[..., Any]


@pytest.fixture
def dr(playground: Any) -> Any:
    """Both accounts with one shared snapshot."""
    for operation in ("snapshot", "restore", "delete_cluster"):
        set_lifecycle(playground, operation)
    plant(playground, SNAPSHOT)
    return playground


def set_lifecycle(sandbox: Any, operation: str, outcome: str = "available") -> None:
    setting = {"operation": operation, "seconds": 0, "outcome": outcome}
    sandbox.control("POST", "lifecycle", setting)


def plant(sandbox: Any, name: str, *, hours: float = 1.0, **fields: Any) -> None:
    """Put a shared snapshot of the source cluster on the shelf."""
    created = datetime.now(UTC) - timedelta(hours=hours)
    row = {
        "cluster_identifier": CLUSTER,
        "snapshot_identifier": name,
        "create_time": created.isoformat(),
        "shared_with": [TARGET],
        **fields,
    }
    sandbox.control("POST", "snapshots", [row])


def calls_of(sandbox: Any, operation: str) -> list[dict[str, Any]]:
    """The calls of one operation, in order."""
    calls = sandbox.control("GET", "calls")
    rows = calls["calls"] if isinstance(calls, dict) else calls
    return [row for row in rows if row["operation"] == operation]


def left_behind(sandbox: Any) -> tuple[list[str], list[str]]:
    """The clusters and the own snapshots of the DR account."""
    clusters = [row["ClusterIdentifier"] for row in drill_clusters(sandbox.client)]
    return clusters, [row["SnapshotIdentifier"] for row in dr_copies(sandbox.client)]


def test_drill_restores_validates_keeps_a_copy_and_leaves_no_cluster(
    dr: Any, run_drill: Run
) -> None:
    ended = run_drill()

    assert ended.failures == {}
    assert ended.states == dict.fromkeys(TASKS, "success")
    assert ended.state == "success"
    name = ended.results["restore_cluster"]["drill_cluster_identifier"]
    copy = f"{CLUSTER}-dr-20261129-020000"
    assert left_behind(dr) == ([], [copy])
    assert ended.results["select_snapshot"]["snapshot_id"] == SNAPSHOT
    assert ended.results["select_snapshot"]["slot"] == "2026-11-29T02:00:00Z"
    assert ended.results["keep_dr_copy"]["dr_copy"] == copy
    assert ended.results["delete_cluster"]["deleted"] is True
    (kept,) = dr_copies(dr.client)
    tags = {tag["Key"]: tag["Value"] for tag in kept["Tags"]}
    assert tags == {
        "redshift-backup:managed-by": "redshift-backup",
        "redshift-backup:slot": "2026-11-29T02:00:00Z",
        "redshift-backup:origin": "created",
        "redshift-backup:request-id": ended.run_id,
        "redshift-backup:source-cluster": CLUSTER,
        "redshift-backup:source-snapshot": SNAPSHOT,
    }
    assert kept["ClusterIdentifier"] == name
    assert kept["OwnerAccount"] == TARGET


@pytest.mark.slow
def test_restored_cluster_is_private_encrypted_without_roles_and_announced(
    dr: Any, run_drill: Run
) -> None:
    ended = run_drill()

    (call,) = calls_of(dr, "RestoreFromClusterSnapshot")
    asked = call["parameters"]
    assert asked["OwnerAccount"] == SOURCE
    assert str(asked["PubliclyAccessible"]).lower() == "false"
    assert str(asked["ManageMasterPassword"]).lower() == "true"
    assert asked["KmsKeyId"] == asked["MasterPasswordSecretKmsKeyId"]
    assert f":{TARGET}:" in asked["KmsKeyId"]
    assert not [name for name in asked if "IamRole" in name]
    name = ended.results["restore_cluster"]["drill_cluster_identifier"]
    body = dr.client("s3", "target").get_object(Bucket=BUCKET, Key=f"intents/{name}.json")["Body"]
    intent = json.loads(body.read())
    assert intent["account_id"] == TARGET
    assert intent["cluster_identifier"] == name
    assert intent["run_id"] == ended.run_id
    assert intent["snapshot_identifier"] == SNAPSHOT
    created, expires = (datetime.fromisoformat(intent[key]) for key in ("created_at", "expires_at"))
    assert expires - created == timedelta(hours=24)


def fail_restore(dr: Any) -> None:
    set_lifecycle(dr, "restore", "failed")


def deny_key(dr: Any) -> None:
    kms = dr.client("kms", "source")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{SOURCE}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    key = kms.describe_key(KeyId="alias/aca-redshift")["KeyMetadata"]["KeyId"]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))


def delete_subnet_group(dr: Any) -> None:
    redshift = dr.client("redshift", "target")
    (group,) = redshift.describe_cluster_subnet_groups()["ClusterSubnetGroups"]
    name = group["ClusterSubnetGroupName"]
    redshift.delete_cluster_subnet_group(ClusterSubnetGroupName=name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "task", "words"),
    [
        (fail_restore, "wait_for_cluster", ["incompatible-restore", "clear restore_cluster"]),
        (deny_key, "restore_cluster", ["KMS key arn:aws:kms", SOURCE, TARGET, "kms:Decrypt"]),
        (delete_subnet_group, "restore_cluster", [f"account {TARGET} has no subnet group "]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_goes_wrong_with_a_restore_is_explained_and_leaves_nothing(
    dr: Any, run_drill: Run, damage: Callable[[Any], None], task: str, words: list[str]
) -> None:
    damage(dr)

    ended = run_drill()

    assert ended.state == "failed"
    assert ended.states[task] == "failed"
    text = " ".join(str(part) for part in ended.failures[task].values()).lower()
    for word in words:
        assert word.lower() in text
    assert left_behind(dr) == ([], [])


def test_snapshot_over_the_maximum_age_fails_with_both_numbers(dr: Any, run_drill: Run) -> None:
    dr.client("redshift", "source").revoke_snapshot_access(
        SnapshotIdentifier=SNAPSHOT, AccountWithRestoreAccess=TARGET
    )
    plant(dr, "aca-lambda-snapshot-20261127-020000", hours=50)

    ended = run_drill()

    assert ended.state == "failed"
    error = ended.failures["select_snapshot"]["error"]
    assert "50.0 hours old, and 26 hours are allowed" in error
    assert ended.results["delete_cluster"]["deleted"] is False
    assert left_behind(dr) == ([], [])


@pytest.mark.slow
def test_old_snapshot_passes_where_a_person_allows_its_age(dr: Any, run_drill: Run) -> None:
    plant(dr, "aca-lambda-snapshot-20261120-020000", hours=200)

    ended = run_drill(
        run_conf={
            "snapshot_id": "aca-lambda-snapshot-20261120-020000",
            "maximum_age_hours": 300,
            "keep_dr_copy": False,
        }
    )

    assert ended.state == "success"
    assert ended.results["select_snapshot"]["age_hours"] == pytest.approx(200, abs=0.1)
    assert ended.results["keep_dr_copy"]["dr_copy"] is None
    assert left_behind(dr) == ([], [])


@pytest.mark.slow
def test_second_drill_of_the_same_snapshot_keeps_the_copy_that_is_there(
    dr: Any, run_drill: Run
) -> None:
    run_drill()

    ended = run_drill()

    assert ended.state == "success"
    assert left_behind(dr) == ([], [f"{CLUSTER}-dr-20261129-020000"])


def test_unknown_key_of_the_configuration_is_refused_by_the_first_task(
    dr: Any, run_drill: Run
) -> None:
    ended = run_drill(run_conf={"snapshot": SNAPSHOT})

    assert ended.state == "failed"
    assert "snapshot: is not a known key" in ended.failures["select_snapshot"]["error"]
    assert calls_of(dr, "RestoreFromClusterSnapshot") == []
