"""Safety rules of the order of steps, each by its name, seen from both accounts."""

import json
from datetime import timedelta
from typing import Any

import pytest

from redshift_backup.errors import (
    ClusterBusyError,
    DeletionLimitError,
    NotFoundError,
    PartialFailureError,
)
from redshift_backup.gateway import Gateway
from sandbox.redshift.settings import SETTINGS
from tests.sandbox.redshift_backup.conftest import CLUSTER, TARGET, Shelf, ours, slot_now

STRANGER = "999988887777"
REFUSED_SINCE = "redshift-backup:delete-refused-since"


def _plant(shelf: Shelf, *rows: dict[str, Any]) -> list[str]:
    shelf.plant(rows)
    return [str(row["snapshot_identifier"]) for row in rows]


def _fresh() -> tuple[dict[str, Any], ...]:
    return ours(timedelta(hours=1)), ours(timedelta(hours=2))


def _tags(shelf: Shelf, name: str) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in shelf.snapshots()[name]["Tags"]}


def test_a_new_snapshot_is_ours_from_its_first_moment(cluster: Shelf) -> None:
    cluster.lifecycle("snapshot", 60)

    made = cluster.invoke({"action": "create"}, request_id="the-request")

    tags = _tags(cluster, made["snapshot_id"])
    assert tags.get("redshift-backup:managed-by") == "redshift-backup"
    assert tags.get("redshift-backup:request-id") == "the-request"
    assert cluster.changing_calls() == ["CreateClusterSnapshot"]


def test_a_busy_cluster_is_not_skipped_as_a_paused_one(cluster: Shelf) -> None:
    cluster.lifecycle("restore", 60)
    (name,) = _plant(cluster, ours(timedelta(hours=1)))
    cluster.configure(ALLOWED_CLUSTERS="second-cluster")
    cluster.redshift.restore_from_cluster_snapshot(
        ClusterIdentifier="second-cluster", SnapshotIdentifier=name
    )
    event = {"action": "create", "cluster_identifier": "second-cluster", "when_paused": "skip"}

    with pytest.raises(ClusterBusyError):
        cluster.invoke(event)


def test_a_dry_run_for_a_cluster_that_is_gone_says_so(shelf: Shelf) -> None:
    with pytest.raises(NotFoundError, match=f"cluster {CLUSTER} does not exist"):
        shelf.invoke({"action": "create", "slot": slot_now().isoformat(), "dry_run": True})


def test_a_snapshot_that_is_not_there_is_not_shared(shelf: Shelf) -> None:
    with pytest.raises(NotFoundError, match="does not exist, so it is not shared"):
        shelf.invoke({"action": "share", "snapshot_id": "aca-lambda-snapshot-20200101-000000"})


def test_a_share_that_aws_refuses_raises_what_aws_said(shelf: Shelf) -> None:
    (name,) = _plant(shelf, ours(timedelta(hours=1), shared=()))
    shelf.fault("AuthorizeSnapshotAccess", "error_500", times=4)

    with pytest.raises(Exception, match="AuthorizeSnapshotAccess") as caught:
        shelf.invoke({"action": "share", "snapshot_id": name})

    assert type(caught.value).__name__ == "AwsError"
    assert shelf.seen_by_target() == set()


def test_strangers_lose_the_data_before_anything_else_can_fail(shelf: Shelf) -> None:
    (name,) = _plant(shelf, ours(timedelta(hours=1), shared=(STRANGER,)))

    shelf.invoke({"action": "share", "snapshot_id": name, "revoke_strangers": True})

    assert shelf.changing_calls() == ["RevokeSnapshotAccess", "AuthorizeSnapshotAccess"]


def test_a_backup_over_the_limit_deletes_nothing(cluster: Shelf) -> None:
    cluster.configure(MAX_DELETIONS="1")
    expired = _plant(cluster, *(ours(timedelta(days=8 + day)) for day in range(4)))

    with pytest.raises(DeletionLimitError):
        cluster.invoke({})

    assert set(expired) <= set(cluster.snapshots())


def test_a_backup_whose_prune_fails_in_part_raises(cluster: Shelf) -> None:
    _plant(cluster, *_fresh(), ours(timedelta(days=8)))
    cluster.fault("BatchDeleteClusterSnapshots", "error_500", times=4)

    with pytest.raises(PartialFailureError, match="BatchDeleteClusterSnapshots"):
        cluster.invoke({})


def test_a_backup_leaves_its_longer_retention_for_reconcile(cluster: Shelf) -> None:
    (month,) = _plant(cluster, ours(timedelta(days=20)))
    cluster.configure(MINIMUM_SNAPSHOTS="1")

    made = cluster.invoke({"retention_days": 30})
    (report,) = cluster.invoke({"action": "reconcile"})["clusters"]

    assert (made["cleaned_up_snapshots"], report["deleted"]) == (0, 0)
    assert month in cluster.snapshots()


def test_check_goes_by_the_retention_that_events_left(cluster: Shelf) -> None:
    retention = {"redshift-backup:retention": "days=30 weekly=0 monthly=0"}
    newest = ours(timedelta(hours=1), tags=retention)
    _plant(cluster, newest, ours(timedelta(hours=2)), ours(timedelta(days=20)))

    checks = {row["name"]: row for row in cluster.invoke({"action": "check"})["checks"]}

    assert checks["expired_snapshots"]["status"] == "OK"


def test_what_could_not_be_revoked_is_not_tried_to_be_deleted(shelf: Shelf) -> None:
    _plant(shelf, *_fresh(), ours(timedelta(days=8)))
    shelf.fault("RevokeSnapshotAccess", "error_500", times=4)

    with pytest.raises(PartialFailureError, match="RevokeSnapshotAccess"):
        shelf.invoke({"action": "prune"})

    assert "BatchDeleteClusterSnapshots" not in shelf.changing_calls()


def test_a_batch_is_of_at_most_100(shelf: Shelf) -> None:
    shelf.configure(MAX_DELETIONS="200")
    expired = (ours(timedelta(days=8, hours=hour), shared=()) for hour in range(101))
    _plant(shelf, *_fresh(), *expired)

    assert shelf.invoke({"action": "prune"})["deleted"] == 101
    assert shelf.changing_calls() == ["BatchDeleteClusterSnapshots"] * 2


def test_the_days_of_a_pending_deletion_are_counted_from_the_first_refusal(
    cluster: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SETTINGS, "block_deletion_of_restored_snapshots", True)
    since = str(ours(timedelta(days=2))["create_time"])
    _plant(cluster, *_fresh())
    (used,) = _plant(cluster, ours(timedelta(days=9), tags={REFUSED_SINCE: since}))
    cluster.redshift.restore_from_cluster_snapshot(
        ClusterIdentifier="restored", SnapshotIdentifier=used
    )

    cluster.invoke({"action": "prune"})

    assert _tags(cluster, used).get(REFUSED_SINCE) == since


def test_reconcile_never_shares_what_it_is_about_to_delete(shelf: Shelf) -> None:
    expired = ours(timedelta(days=9), shared=())
    _plant(shelf, *_fresh(), expired)

    (report,) = shelf.invoke({"action": "reconcile"})["clusters"]

    assert (report["shared"], report["deleted"]) == ([], 1)
    assert "AuthorizeSnapshotAccess" not in shelf.changing_calls()


def test_a_reconcile_that_deletes_only_a_part_raises(shelf: Shelf) -> None:
    _plant(shelf, *_fresh(), ours(timedelta(days=8)))
    shelf.fault("BatchDeleteClusterSnapshots", "error_500", times=4)

    with pytest.raises(PartialFailureError, match="1 of 1 steps failed"):
        shelf.invoke({"action": "reconcile"})


def test_a_reconcile_with_several_errors_raises_them_together(shelf: Shelf) -> None:
    shelf.configure(ALLOWED_CLUSTERS=f"orders,{CLUSTER}")
    rows = [ours(timedelta(hours=1), shared=(), cluster=name) for name in ("orders", CLUSTER)]
    _plant(shelf, *rows)
    shelf.fault("AuthorizeSnapshotAccess", "error_500", times=8)

    with pytest.raises(PartialFailureError) as caught:
        shelf.invoke({"action": "reconcile"})

    assert all(f") {name}:" in str(caught.value) for name in ("orders", CLUSTER))
    assert shelf.seen_by_target() == set()


def test_no_age_is_measured_where_nothing_is_shared(
    shelf: Shelf, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (report,) = shelf.invoke({"action": "reconcile"})["clusters"]

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert report["newest_shared_age_hours"] is None
    assert not any("NewestSharedSnapshotAgeHours" in line for line in lines)
    assert f"no snapshot of {CLUSTER} is shared as required" in caplog.text


def test_a_snapshot_that_goes_while_it_is_released_is_told(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"redshift-backup:hold": "audit"}
    first, second = _plant(shelf, *(ours(timedelta(hours=h), tags=held) for h in (1, 2)))
    release = {"action": "release", "snapshot_id": first}

    with monkeypatch.context() as patched:
        patched.setattr(Gateway, "describe_chain", lambda *_, **__: [])
        with pytest.raises(NotFoundError, match="deleted while it was looked at"):
            shelf.invoke(release | {"snapshot_id": second})
    monkeypatch.setattr(
        Gateway, "untag_snapshot", lambda gateway, one, _keys: gateway.delete_snapshot(one)
    )
    shelf.redshift.revoke_snapshot_access(SnapshotIdentifier=first, AccountWithRestoreAccess=TARGET)
    with pytest.raises(NotFoundError, match="deleted while it was being released"):
        shelf.invoke(release)
