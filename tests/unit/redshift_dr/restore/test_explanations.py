"""What AWS's refusals mean for a drill."""

import pytest

from redshift_dr.restore.copies import copy_tags, judge_copy
from redshift_dr.restore.deployment import Deployment
from redshift_dr.restore.explanations import AwsError, explain_quota, explain_restore

SOURCE, TARGET = "164543933824", "058264155998"
KEY = f"arn:aws:kms:us-east-1:{SOURCE}:key/1"
SELECTED = {
    "snapshot_id": "snapshot-1",
    "owner_account": SOURCE,
    "kms_key_id": KEY,
    "cluster_identifier": "orders",
    "slot": None,
    "snapshot_create_time": "2026-11-29T02:00:00Z",
}
DEPLOYMENT = Deployment("bucket", "drills", ("sg-1",), f"arn:aws:kms:us-east-1:{TARGET}:key/2")


@pytest.mark.parametrize(
    "code",
    [
        "UnauthorizedOperation",
        "DependentServiceAccessDenied",
        "AccessDenied",
        "AccessDeniedException",
    ],
)
def test_denial_names_key_accounts_and_permission(code: str) -> None:
    error = AwsError(code, "Access Denied")

    failure = explain_restore(error, SELECTED, DEPLOYMENT, dr_account_id=TARGET)

    for words in (KEY, SOURCE, TARGET, "kms:Decrypt", f"{code}: Access Denied"):
        assert words in str(failure)
    assert not failure.retry


def test_denial_of_an_unencrypted_snapshot_is_one_of_the_role() -> None:
    error = AwsError("AccessDenied", "no")

    failure = explain_restore(
        error, {**SELECTED, "kms_key_id": None}, DEPLOYMENT, dr_account_id=TARGET
    )

    assert "RestoreRole" in failure.next_step


@pytest.mark.parametrize("code", ["AccessToSnapshotDenied", "ClusterSnapshotNotFound"])
def test_snapshot_that_is_not_shared_any_more_is_named_with_both_accounts(code: str) -> None:
    failure = explain_restore(AwsError(code, "no"), SELECTED, DEPLOYMENT, dr_account_id=TARGET)

    assert f"not shared with it by account {SOURCE} any more" in failure.error
    assert not failure.retry


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ClusterQuotaExceeded", "quota of clusters"),
        ("NumberOfNodesQuotaExceeded", "quota of nodes"),
        ("ClusterSnapshotQuotaExceeded", "quota of manual snapshots"),
    ],
)
def test_quota_names_account_and_what_is_used_up(code: str, words: str) -> None:
    failure = explain_quota(AwsError(code, "no"), TARGET)

    assert words in failure.error
    assert TARGET in failure.error
    assert not failure.retry


@pytest.mark.parametrize(
    ("code", "retry"),
    [("InvalidRestore", False), ("InsufficientClusterCapacity", True), ("Throttling", True)],
)
def test_only_what_may_pass_is_tried_again(code: str, retry: bool) -> None:
    failure = explain_restore(AwsError(code, "no"), SELECTED, DEPLOYMENT, dr_account_id=TARGET)

    assert failure.retry is retry


def test_copy_of_the_same_snapshot_is_kept_and_any_other_is_refused() -> None:
    tags = copy_tags(SELECTED, run_id="manual__2")
    earlier = copy_tags(SELECTED, run_id="manual__1")
    row = {
        "SnapshotIdentifier": "orders-dr-20261129-020000",
        "Status": "available",
        "Tags": [{"Key": key, "Value": value} for key, value in earlier.items()],
    }

    assert judge_copy(row, tags) is None
    failed = judge_copy({**row, "Status": "failed"}, tags)
    assert failed is not None
    assert "is failed" in failed.error
    foreign = judge_copy({**row, "Tags": []}, tags)
    assert foreign is not None
    assert "has the name of the copy, and is none" in foreign.error
