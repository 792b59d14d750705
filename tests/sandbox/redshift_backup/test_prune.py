"""Pruning: what goes, what it costs, and what stops it."""

import hashlib
import time
from datetime import timedelta

import pytest

from redshift_backup import gateway
from redshift_backup.errors import (
    DeletionLimitError,
    PartialFailureError,
    RefusedError,
    StaleChainError,
)
from redshift_backup.model import Snapshot
from tests.sandbox.redshift_backup.conftest import CLUSTER, TARGET, Shelf, ours

PRUNE = {"action": "prune"}


def _half_expired(shelf: Shelf, shared: tuple[str, ...]) -> set[str]:
    """Plant 500 fresh and 500 expired snapshots; return the names of the expired ones."""
    fresh = [ours(timedelta(minutes=15 * number)) for number in range(500)]
    old = [ours(timedelta(days=8, minutes=30 * number), shared=shared) for number in range(500)]
    shelf.plant(fresh + old)
    shelf.configure(MAX_DELETIONS="1000")
    shelf.forget_calls()
    return {str(row["snapshot_identifier"]) for row in old}


def _fresh(shelf: Shelf, count: int = 2) -> set[str]:
    rows = [ours(timedelta(hours=1 + number)) for number in range(count)]
    shelf.plant(rows)
    return {str(row["snapshot_identifier"]) for row in rows}


@pytest.mark.slow
def test_500_shared_of_1000_go_within_520_calls(shelf: Shelf) -> None:
    expired = _half_expired(shelf, (TARGET,))
    before = set(shelf.snapshots())
    shelf.forget_calls()

    response = shelf.invoke(PRUNE, seconds=300)

    assert (response["deleted"], response["remaining"]) == (500, 0)
    assert len(shelf.calls()) <= 520
    assert set(shelf.snapshots()) == before - expired


def test_500_unshared_of_1000_go_within_20_calls(shelf: Shelf) -> None:
    expired = _half_expired(shelf, ())

    response = shelf.invoke(PRUNE, seconds=300)

    assert (response["deleted"], response["remaining"]) == (500, 0)
    assert len(shelf.calls()) <= 20
    assert not expired & set(shelf.snapshots())


def test_a_run_whose_time_is_up_returns_what_remains_and_the_next_goes_on(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redshift_backup.budget import Budget

    _fresh(shelf)
    shelf.plant([ours(timedelta(days=8 + number)) for number in range(6)])
    looks = iter([1.0] * 4)
    monkeypatch.setattr(Budget, "remaining_seconds", lambda self: next(looks, -1.0))

    first = shelf.invoke(PRUNE)
    monkeypatch.undo()
    assert (first["deleted"], first["remaining"]) == (4, 2)


def test_every_account_is_revoked_before_the_deletion(shelf: Shelf) -> None:
    _fresh(shelf)
    shelf.plant([ours(timedelta(days=8), shared=(TARGET, "999988887777"))])

    assert shelf.invoke(PRUNE)["deleted"] == 1
    assert shelf.changing_calls() == [
        "RevokeSnapshotAccess",
        "RevokeSnapshotAccess",
        "BatchDeleteClusterSnapshots",
    ]


def test_sharing_broken_for_a_week_deletes_nothing(shelf: Shelf) -> None:
    shelf.plant([ours(timedelta(days=day, hours=1), shared=()) for day in range(7)])
    shelf.plant([ours(timedelta(days=day, hours=1)) for day in range(8, 12)])

    with pytest.raises(StaleChainError, match="26 hours"):
        shelf.invoke(PRUNE)

    assert shelf.changing_calls() == []


def test_backups_stopped_for_a_month_delete_nothing(shelf: Shelf) -> None:
    shelf.plant([ours(timedelta(days=day)) for day in range(30, 40)])

    with pytest.raises(StaleChainError, match=r"720\.\d hours old"):
        shelf.invoke(PRUNE)

    assert shelf.changing_calls() == []
    report = shelf.invoke({"action": "reconcile"})["clusters"][0]
    assert report["is_stale"] is True
    assert report["refusal"].startswith("StaleChainError")
    assert shelf.changing_calls() == []


def test_a_retention_below_the_minimum_is_refused(shelf: Shelf) -> None:
    _fresh(shelf)

    with pytest.raises(RefusedError, match=r"3.* less than MINIMUM_RETENTION_DAYS.* 7"):
        shelf.invoke(PRUNE | {"retention_days": 3})

    assert shelf.calls() == [] or shelf.changing_calls() == []


def test_over_the_limit_nothing_goes_until_the_plan_is_approved(shelf: Shelf) -> None:
    _fresh(shelf)
    old = [ours(timedelta(days=8 + number)) for number in range(21)]
    shelf.plant(old)

    with pytest.raises(
        DeletionLimitError, match="21 snapshots and one run may delete 20"
    ) as caught:
        shelf.invoke(PRUNE)
    assert shelf.changing_calls() == []
    seen = shelf.invoke(PRUNE | {"dry_run": True})
    assert seen["plan_sha256"] == caught.value.plan_sha256
    assert sum(row["verdict"] == "refused" for row in seen["plan"]) == 21
    with pytest.raises(DeletionLimitError):
        shelf.invoke(PRUNE | {"approved_plan_sha256": hashlib.sha256(b"else").hexdigest()})
    assert shelf.changing_calls() == []

    response = shelf.invoke(PRUNE | {"approved_plan_sha256": seen["plan_sha256"]})

    assert response["deleted"] == 21


def test_the_second_limit_holds_for_an_approved_plan(shelf: Shelf) -> None:
    shelf.configure(MAX_DELETIONS="1", MAX_DELETIONS_APPROVED="2")
    _fresh(shelf)
    shelf.plant([ours(timedelta(days=8 + number)) for number in range(3)])
    digest = shelf.invoke(PRUNE | {"dry_run": True})["plan_sha256"]

    with pytest.raises(DeletionLimitError, match="MAX_DELETIONS_APPROVED"):
        shelf.invoke(PRUNE | {"approved_plan_sha256": digest})

    assert shelf.changing_calls() == []


def test_what_is_not_ours_is_never_touched(shelf: Shelf) -> None:
    _fresh(shelf)
    foreign = [
        ours(timedelta(days=20), tags={"redshift-backup:managed-by": "another-tool"}),
        ours(timedelta(days=21), snapshot_identifier="aca-lambda-snapshot-20200101-000000-copy"),
        ours(timedelta(days=22), snapshot_identifier="xaca-lambda-snapshot-20200101-000000"),
        ours(timedelta(days=23)) | {"cluster_identifier": "another-cluster"},
        ours(timedelta(days=24)) | {"tags": {}},
    ]
    shelf.plant(foreign)

    response = shelf.invoke(PRUNE)

    assert response["deleted"] == 0
    assert {row["snapshot_identifier"] for row in foreign} <= set(shelf.snapshots())


def test_a_held_and_a_verified_snapshot_stay(shelf: Shelf) -> None:
    _fresh(shelf)
    held = ours(timedelta(days=30), tags={"redshift-backup:hold": "legal"})
    verified = ours(timedelta(days=31), tags={"redshift-backup:verified-result": "passed"})
    older = ours(timedelta(days=32), tags={"redshift-backup:verified-result": "passed"})
    shelf.plant([held, verified, older])

    response = shelf.invoke(PRUNE)

    verdicts = {row["id"]: row["verdict"] for row in response["plan"]}
    assert verdicts[held["snapshot_identifier"]] == "held"
    assert verdicts[verified["snapshot_identifier"]] == "keep"
    assert verdicts[older["snapshot_identifier"]] == "delete"
    assert older["snapshot_identifier"] not in shelf.snapshots()


def test_a_snapshot_in_use_by_a_restored_cluster_is_pending_then_an_error(
    cluster: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox.redshift.settings import SETTINGS

    monkeypatch.setattr(SETTINGS, "block_deletion_of_restored_snapshots", True)
    _fresh(cluster)
    used = ours(timedelta(days=9))
    cluster.plant([used, ours(timedelta(days=10))])
    name = str(used["snapshot_identifier"])
    cluster.redshift.restore_from_cluster_snapshot(
        ClusterIdentifier="restored", SnapshotIdentifier=name
    )

    response = cluster.invoke(PRUNE)

    rows = {row["id"]: row for row in response["plan"]}
    assert response["deleted"] == 1
    assert rows[name]["verdict"] == "pending"
    assert "used by" in rows[name]["reason"]
    tags = {one["Key"]: one["Value"] for one in cluster.snapshots()[name]["Tags"]}
    assert "redshift-backup:delete-refused-since" in tags
    four_days_ago = ours(timedelta(days=4))["create_time"]
    arn = cluster.snapshots()[name]["SnapshotArn"]
    cluster.redshift.create_tags(
        ResourceName=arn,
        Tags=[{"Key": "redshift-backup:delete-refused-since", "Value": four_days_ago}],
    )
    with pytest.raises(PartialFailureError, match="more than 3 days"):
        cluster.invoke(PRUNE)


def test_one_snapshot_that_cannot_go_does_not_hold_up_the_rest(shelf: Shelf) -> None:
    _fresh(shelf)
    shelf.plant([ours(timedelta(days=8 + number)) for number in range(3)])
    shelf.fault("RevokeSnapshotAccess", "error_500", times=4)

    with pytest.raises(PartialFailureError, match="1 of 3 steps failed"):
        shelf.invoke(PRUNE)
    shelf.mend()

    assert len(shelf.snapshots()) == 3
    assert shelf.invoke(PRUNE)["deleted"] == 1


def test_failed_snapshots_go_after_a_day_outside_floor_and_limit(shelf: Shelf) -> None:
    shelf.configure(MAX_DELETIONS="0")
    fresh = _fresh(shelf)
    recent = ours(timedelta(hours=5), shared=(), status="failed")
    shelf.plant([recent, ours(timedelta(hours=25), shared=(), status="failed")])

    assert shelf.invoke(PRUNE)["deleted"] == 1
    assert set(shelf.snapshots()) == fresh | {recent["snapshot_identifier"]}


def test_a_backup_prunes_after_it_shared(cluster: Shelf) -> None:
    cluster.configure(MINIMUM_SNAPSHOTS="1")
    cluster.plant([ours(timedelta(days=8)), ours(timedelta(days=9))])

    response = cluster.invoke({"cluster_identifier": CLUSTER})

    assert response["cleaned_up_snapshots"] == 2
    assert set(cluster.snapshots()) == {response["snapshot_id"]}


def _refused_since(cluster: Shelf, days: float | None) -> str:
    """Plant an expired snapshot that a restored cluster uses; return its name."""
    since = {} if days is None else {"redshift-backup:delete-refused-since": _ago(days)}
    used = ours(timedelta(days=9), tags=since)
    cluster.plant([used])
    name = str(used["snapshot_identifier"])
    cluster.redshift.restore_from_cluster_snapshot(
        ClusterIdentifier="restored", SnapshotIdentifier=name
    )
    return name


def _ago(days: float) -> str:
    return str(ours(timedelta(days=days))["create_time"])


@pytest.fixture
def blocked(cluster: Shelf, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A shelf whose snapshots cannot go while a restored cluster uses them."""
    from sandbox.redshift.settings import SETTINGS

    monkeypatch.setattr(SETTINGS, "block_deletion_of_restored_snapshots", True)
    return cluster


def test_a_deletion_pending_for_two_days_is_no_error_yet(blocked: Shelf) -> None:
    _fresh(blocked)
    name = _refused_since(blocked, 2)

    rows = {row["id"]: row for row in blocked.invoke(PRUNE)["plan"]}

    assert rows[name]["verdict"] == "pending"


def test_a_tag_that_cannot_be_set_leaves_a_pending_deletion_pending(blocked: Shelf) -> None:
    _fresh(blocked)
    name = _refused_since(blocked, None)
    blocked.fault("CreateTags", "error_500", times=4)

    response = blocked.invoke(PRUNE)

    assert {row["id"]: row["verdict"] for row in response["plan"]}[name] == "pending"
    assert "CreateTags" in [call["operation"] for call in blocked.calls()]


def test_a_deletion_refused_for_another_reason_is_an_error_at_once(shelf: Shelf) -> None:
    _fresh(shelf)
    expired = ours(timedelta(days=9))
    shelf.plant([expired])
    name = str(expired["snapshot_identifier"])
    revoke = gateway.Gateway.revoke

    def and_share_again(self: gateway.Gateway, snapshot: Snapshot, account: str) -> None:
        revoke(self, snapshot, account)
        self.authorize(snapshot, account)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gateway.Gateway, "revoke", and_share_again)
        with pytest.raises(PartialFailureError, match=f"{name}: InvalidClusterSnapshotState"):
            shelf.invoke(PRUNE)

    assert name in shelf.snapshots()


def test_the_second_look_asks_for_the_expired_range_only(shelf: Shelf) -> None:
    _fresh(shelf)
    expired = ours(timedelta(days=9))
    shelf.plant([expired])

    shelf.invoke(PRUNE)

    looks = [call for call in shelf.calls() if call["operation"] == "DescribeClusterSnapshots"]
    assert [("EndTime" in look["parameters"]) for look in looks] == [False, True]


def test_slow_calls_end_a_prune_in_time_with_what_remains(shelf: Shelf) -> None:
    shelf.configure(MAX_DELETIONS="100")
    fresh = _fresh(shelf)
    shelf.plant([ours(timedelta(days=8, hours=number)) for number in range(60)])
    shelf.fault("RevokeSnapshotAccess", "delay", times=1000, seconds=0.1)
    started = time.monotonic()

    first = shelf.invoke(PRUNE, seconds=2)

    assert time.monotonic() - started < 10
    assert 0 < first["deleted"] < 60
    assert first["deleted"] + first["remaining"] == 60
    shelf.mend()
    assert shelf.invoke(PRUNE)["deleted"] == first["remaining"]
    assert set(shelf.snapshots()) == fresh


def test_no_deletion_is_allowed_where_the_deployment_says_none(shelf: Shelf) -> None:
    shelf.configure(MAX_DELETIONS="0")
    _fresh(shelf)
    assert shelf.invoke(PRUNE)["deleted"] == 0
    shelf.plant([ours(timedelta(days=8))])

    with pytest.raises(DeletionLimitError, match="1 snapshots and one run may delete 0"):
        shelf.invoke(PRUNE)

    assert shelf.changing_calls() == []


def test_clusters_of_the_same_beginning_do_not_touch_each_other(shelf: Shelf) -> None:
    shelf.configure(CLUSTER_IDENTIFIER="orders", ALLOWED_CLUSTERS="orders,orders-eu")
    both = ("orders", "orders-eu")
    rows = {
        name: [ours(age, cluster=name) for age in (timedelta(hours=1), timedelta(hours=2))]
        + [
            ours(
                timedelta(days=9),
                cluster=name,
                snapshot_identifier=f"{name}-lambda-snapshot-20200101-000000",
            )
        ]
        for name in both
    }
    shelf.configure(SNAPSHOT_PREFIX="orders-lambda-snapshot")
    shelf.plant([row for name in both for row in rows[name]])

    response = shelf.invoke(PRUNE)

    assert response["deleted"] == 1
    assert "orders-eu-lambda-snapshot-20200101-000000" in shelf.snapshots()
    assert all(not row["id"].startswith("orders-eu") for row in response["plan"])


def test_an_accepted_deletion_that_did_not_happen_is_an_error(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fresh(shelf)
    expired = ours(timedelta(days=9))
    shelf.plant([expired])
    monkeypatch.setattr(gateway.Gateway, "batch_delete", lambda *_: [])

    with pytest.raises(PartialFailureError, match=r"accepted the deletion, .* still there"):
        shelf.invoke(PRUNE)

    assert expired["snapshot_identifier"] in shelf.snapshots()
