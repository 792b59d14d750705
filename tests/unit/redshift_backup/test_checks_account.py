"""Checks of cluster, keys, quotas and permissions."""

from dataclasses import replace

import pytest

from redshift_backup.model import KeyFacts
from tests.unit.redshift_backup.builders import CHAIN, TARGET, snapshot
from tests.unit.redshift_backup.check_facts import (
    HEALTHY_CLUSTER,
    KEY,
    KEY_FACTS,
    facts,
    judged,
    unhealthy,
)

OLD_KEY = "arn:aws:kms:us-east-1:164543933824:key/old"
NOBODY = {"Statement": []}
GRANT = {"GranteePrincipal": f"arn:aws:iam::{TARGET}:root", "Operations": ["Decrypt"]}


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("available", "OK"),
        ("modifying", "WARNING"),
        ("available, resize-cleanup", "WARNING"),
        ("resizing", "WARNING"),
        ("paused", "FAILED"),
        ("storage-full", "FAILED"),
        ("incompatible-network", "FAILED"),
        ("a state of next year", "FAILED"),
    ],
)
def test_a_cluster_that_stays_as_it_is_fails_and_one_that_passes_warns(status: str, verdict: str):
    check = judged(facts(cluster=replace(HEALTHY_CLUSTER, status=status)))["cluster"]

    assert check.status == verdict
    assert status in check.detail


@pytest.mark.parametrize(
    ("availability", "verdict"), [("Available", "OK"), ("Maintenance", "WARNING")]
)
def test_an_available_cluster_in_maintenance_warns(availability: str, verdict: str):
    check = judged(facts(cluster=replace(HEALTHY_CLUSTER, availability=availability)))["cluster"]

    assert check.status == verdict


def test_a_missing_cluster_fails_once():
    found = unhealthy(facts(cluster=None))

    assert found.pop("cluster") == "FAILED"
    assert set(found.values()) == {"WARNING"}


@pytest.mark.parametrize(
    ("days", "window_hours", "status"),
    [(0, 24, "FAILED"), (1, 24, "OK"), (1, 25, "FAILED"), (2, 48, "OK"), (7, 169, "FAILED")],
)
def test_automated_snapshots_have_to_cover_the_slot_window(
    days: int, window_hours: int, status: str
):
    cluster = replace(HEALTHY_CLUSTER, automated_retention_days=days)

    check = judged(facts(cluster=cluster, slot_window_hours=window_hours))["automated_snapshots"]

    assert check.status == status
    assert f"kept for {days * 24} hours, at least {window_hours} expected" in check.detail


def test_the_key_that_aws_manages_and_the_one_that_it_owns_fail():
    managed = facts(keys={KEY: KeyFacts(KEY, manager="AWS", state="Enabled")})
    owned = facts(cluster=replace(HEALTHY_CLUSTER, kms_key_id=None), keys={})

    assert unhealthy(managed) == {"encryption_key": "FAILED"}
    assert unhealthy(owned) == {"encryption_key": "FAILED"}


def test_a_cluster_without_encryption_is_fine():
    cluster = replace(HEALTHY_CLUSTER, encrypted=False, kms_key_id=None)

    assert unhealthy(facts(cluster=cluster, keys={})) == {}


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion", "PendingImport", "Unavailable"])
def test_a_key_that_cannot_be_used_fails(state: str):
    check = judged(facts(keys={KEY: replace(KEY_FACTS, state=state)}))["key_state"]

    assert check.status == "FAILED"
    assert "1 of 1 keys are not Enabled, 0 expected" in check.detail
    assert state in check.detail


def test_the_key_of_older_snapshots_counts_as_much():
    old = replace(KEY_FACTS, key_id=OLD_KEY, state="Disabled", policy=NOBODY, grants=())

    found = judged(facts(keys={KEY: KEY_FACTS, OLD_KEY: old}))

    assert (found["key_state"].status, found["key_policy"].status) == ("FAILED", "FAILED")
    assert "1 of 2 cases, 2 expected" in found["key_policy"].detail
    assert OLD_KEY in found["key_policy"].detail


def test_a_key_that_admits_nobody_fails_and_a_grant_admits():
    assert unhealthy(facts(keys={KEY: replace(KEY_FACTS, policy=NOBODY, grants=())})) == {
        "key_policy": "FAILED"
    }
    assert unhealthy(facts(keys={KEY: replace(KEY_FACTS, policy=NOBODY, grants=(GRANT,))})) == {}


def test_what_kms_does_not_tell_is_a_failed_permission():
    unread = ("DescribeKey of key failed: AccessDeniedException: no", "GetKeyPolicy of key failed")
    found = judged(facts(keys={KEY: KeyFacts(KEY, unread=unread)}))

    assert found["permissions"].status == "FAILED"
    assert "kms:DescribeKey: DescribeKey of key failed" in found["permissions"].detail
    assert "2 reads failed, 0 expected" in found["permissions"].detail
    assert found["key_policy"].status == "WARNING"


@pytest.mark.parametrize("is_of_copies", [False, True])
def test_only_reads_that_the_account_needs_are_advised(is_of_copies: bool):
    unread = ("DescribeKey of key failed: AccessDeniedException: no",)
    chain = replace(CHAIN, is_of_copies=is_of_copies)

    advised = judged(facts(chain=chain, keys={KEY: KeyFacts(KEY, unread=unread)}))["permissions"]

    assert "redshift:DescribeClusterSnapshots, kms:DescribeKey" in advised.next_step
    assert ("kms:ListGrants" in advised.next_step) is not is_of_copies
    assert ("redshift:DescribeClusters," in advised.next_step) is not is_of_copies


def test_denied_reads_leave_the_rest_looked_at():
    clusters = facts(cluster=None, denied={"redshift:DescribeClusters": "AccessDenied"})
    snapshots = facts(
        plan=None, snapshots=(), denied={"redshift:DescribeClusterSnapshots": "AccessDenied"}
    )

    for found, looked_at in ((clusters, "shares"), (snapshots, "cluster")):
        checks = judged(found)
        failed = {name for name, one in checks.items() if one.status == "FAILED"}
        assert failed == {"permissions"}
        assert checks[looked_at].status == "OK"


@pytest.mark.parametrize(
    ("count", "told", "status"),
    [
        (17, None, "OK"),
        (18, None, "WARNING"),
        (20, None, "FAILED"),
        (21, None, "WARNING"),
        (20, 50, "OK"),
        (48, 50, "WARNING"),
        (50, 50, "FAILED"),
        (51, 50, "FAILED"),
    ],
)
def test_manual_snapshots_fail_at_the_quota_that_is_known(
    count: int, told: int | None, status: str
):
    others = [
        snapshot(hours=number, identifier=f"by-hand-{number}", cluster="another")
        for number in range(count - 2)
    ]

    check = judged(facts(others=others, snapshot_quota=told))["snapshot_quota"]

    assert check.status == status
    assert f"{count} manual snapshots in account and region, {told or 20} is" in check.detail


def test_a_snapshot_without_room_for_the_required_account_fails():
    accounts = tuple(f"{number:012d}" for number in range(20))
    full = snapshot(hours=2, accounts=accounts)

    found = facts(snapshot(hours=1), full, allowed_accounts=frozenset({*accounts, TARGET}))

    assert judged(found)["accounts_per_snapshot"].status == "FAILED"


@pytest.mark.parametrize(("count", "status"), [(98, "OK"), (99, "WARNING"), (100, "FAILED")])
def test_a_key_without_room_for_another_share_fails(count: int, status: str):
    rows = [
        replace(snapshot(hours=1 + number / 100), encrypted=True, kms_key_id=KEY)
        for number in range(count)
    ]

    check = judged(facts(*rows))["shares_per_key"]

    assert check.status == status
    assert f"{count} shares under one key, 100 is AWS's quota" in check.detail
