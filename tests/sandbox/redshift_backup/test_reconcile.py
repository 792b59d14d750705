"""Reconcile, status and check: what they finish, and what they tell."""

import json
from datetime import timedelta

import pytest

from redshift_backup.budget import Budget
from redshift_backup.errors import DeletionLimitError, ShareRefusedError
from tests.sandbox.redshift_backup.conftest import CLUSTER, TARGET, Shelf, ours


def test_reconcile_shares_what_is_kept_and_prunes_what_is_not(shelf: Shelf) -> None:
    kept = [ours(timedelta(hours=1)), ours(timedelta(hours=2)), ours(timedelta(days=2), shared=())]
    shelf.plant([*kept, ours(timedelta(days=9), shared=()), ours(timedelta(days=10))])

    response = shelf.invoke({"action": "reconcile"})

    (report,) = response["clusters"]
    assert report["shared"] == [kept[2]["snapshot_identifier"]]
    assert (report["deleted"], report["remaining"], report["expired"]) == (2, 0, 0)
    assert shelf.seen_by_target() == {row["snapshot_identifier"] for row in kept}


def test_reconcile_covers_every_allowed_cluster_deleted_ones_too(shelf: Shelf) -> None:
    shelf.configure(ALLOWED_CLUSTERS="orders-*,aca-redshift-cluster")
    shelf.create_cluster("orders-live")
    shelf.create_cluster("elsewhere")
    rows = [ours(timedelta(hours=1), shared=(), cluster=name) for name in ("orders-gone", CLUSTER)]
    shelf.plant([*rows, ours(timedelta(hours=1), shared=(), cluster="elsewhere")])

    response = shelf.invoke({"action": "reconcile"})

    names = [report["cluster_identifier"] for report in response["clusters"]]
    assert names == [CLUSTER, "orders-gone", "orders-live"]
    assert shelf.seen_by_target() == {row["snapshot_identifier"] for row in rows}


def test_reconcile_goes_on_with_other_clusters_before_it_raises(shelf: Shelf) -> None:
    shelf.configure(ALLOWED_CLUSTERS="orders,aca-redshift-cluster", MAX_DELETIONS="1")
    rows = [ours(timedelta(hours=hour), cluster="orders") for hour in (1, 2)]
    rows += [ours(timedelta(days=8 + day), cluster="orders") for day in range(2)]
    unshared = ours(timedelta(hours=1), shared=())
    shelf.plant([*rows, unshared])

    with pytest.raises(DeletionLimitError, match="orders"):
        shelf.invoke({"action": "reconcile"})

    assert unshared["snapshot_identifier"] in shelf.seen_by_target()
    assert {row["snapshot_identifier"] for row in rows} <= set(shelf.snapshots())


def test_reconcile_emits_age_and_expired_for_each_cluster(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.plant([ours(timedelta(hours=30)), ours(timedelta(days=9)), ours(timedelta(days=10))])

    shelf.invoke({"action": "reconcile"})

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    metrics = {key: value for line in lines if "_aws" in line for key, value in line.items()}
    assert metrics["NewestSharedSnapshotAgeHours"] == [pytest.approx(30, abs=0.1)]
    # The floor keeps the second one; the stale chain keeps the third, which has expired.
    assert metrics["ExpiredSnapshotsRemaining"] == [1]
    assert metrics["cluster_identifier"] == CLUSTER


def test_status_tells_of_each_snapshot(shelf: Shelf) -> None:
    shelf.plant([ours(timedelta(hours=5)), ours(timedelta(hours=1), shared=())])

    response = shelf.invoke({"action": "status"})

    assert response["newest_shared_age_hours"] == pytest.approx(5, abs=0.1)
    assert [row["is_good"] for row in response["snapshots"]] == [False, True]
    assert response["snapshots"][1]["shared_with"] == [TARGET]


def test_check_is_ok_when_all_is_in_order(cluster: Shelf) -> None:
    cluster.plant([ours(timedelta(hours=hour)) for hour in (1, 2)])

    response = cluster.invoke({"action": "check"})

    assert response["ok"] is True, response["checks"]
    assert {row["status"] for row in response["checks"]} == {"OK"}


def test_check_names_every_failure_with_both_numbers_and_a_next_step(shelf: Shelf) -> None:
    shelf.create_cluster(Encrypted=True, KmsKeyId="alias/aws/redshift")
    shelf.plant([ours(timedelta(hours=40), shared=(TARGET, "999988887777"))])

    response = shelf.invoke({"action": "check"})

    failed = {row["name"]: row for row in response["checks"] if row["status"] == "FAILED"}
    assert (response["statusCode"], response["status"], response["ok"]) == (200, "completed", False)
    assert set(failed) == {
        "encryption_key",
        "newest_shared_snapshot_age",
        "minimum_snapshots",
        "strangers",
    }
    assert "40.0 hours, at most 26" in failed["newest_shared_snapshot_age"]["detail"]
    assert "1 good snapshots, at least 2" in failed["minimum_snapshots"]["detail"]
    assert all(row["next_step"] for row in failed.values())


def test_reconcile_keeps_what_events_with_a_longer_retention_keep(shelf: Shelf) -> None:
    rows = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    month, year = ours(timedelta(days=20)), ours(timedelta(days=90))
    shelf.plant([*rows, month, year])
    event = {"action": "prune", "retention_days": 30}
    shelf.invoke(event | {"dry_run": True})
    assert shelf.changing_calls() == []
    assert shelf.invoke(event)["deleted"] == 1

    (report,) = shelf.invoke({"action": "reconcile"})["clusters"]

    assert (report["deleted"], report["expired"]) == (0, 0)
    assert month["snapshot_identifier"] in shelf.snapshots()
    assert shelf.invoke({"action": "status"})["expired"] == 0
    assert shelf.invoke({"action": "prune"})["deleted"] == 1


def test_reconcile_leaves_a_snapshot_that_is_still_being_made(shelf: Shelf) -> None:
    shelf.plant([ours(timedelta(hours=1)), ours(timedelta(0), shared=(), status="creating")])

    (report,) = shelf.invoke({"action": "reconcile"})["clusters"]

    assert report["shared"] == []
    assert shelf.changing_calls() == []


def test_reconcile_stops_sharing_when_its_time_is_up(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.plant([ours(timedelta(hours=hour), shared=()) for hour in range(1, 6)])
    looks = iter([1.0] * 3)
    monkeypatch.setattr(Budget, "remaining_seconds", lambda self: next(looks, -1.0))

    response = shelf.invoke({"action": "reconcile"})

    (report,) = response["clusters"]
    assert (len(report["shared"]), response["remaining"]) == (2, 3)


def test_reconcile_asks_for_a_key_once(cluster: Shelf) -> None:
    cluster.lifecycle("snapshot", 0)
    for number in range(3):
        cluster.redshift.create_cluster_snapshot(
            SnapshotIdentifier=f"aca-lambda-snapshot-20260318-14302{number}",
            ClusterIdentifier=CLUSTER,
            Tags=[{"Key": "redshift-backup:managed-by", "Value": "redshift-backup"}],
        )
    cluster.forget_calls()

    (report,) = cluster.invoke({"action": "reconcile"})["clusters"]

    assert len(report["shared"]) == 3
    assert [call["operation"] for call in cluster.calls("kms")].count("DescribeKey") == 1


def test_the_key_that_aws_owns_is_refused_and_fails_the_check(shelf: Shelf) -> None:
    # A cluster made without a key is encrypted with the one that AWS owns.
    shelf.create_cluster(Encrypted=True)
    shelf.lifecycle("snapshot", 0)

    with pytest.raises(ShareRefusedError, match=r"the key that AWS owns.*customer managed key"):
        shelf.invoke({})

    assert "AuthorizeSnapshotAccess" not in shelf.changing_calls()
    checks = {row["name"]: row for row in shelf.invoke({"action": "check"})["checks"]}
    assert checks["encryption_key"]["status"] == "FAILED"
    assert "key that AWS owns" in checks["encryption_key"]["detail"]
