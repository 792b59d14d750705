"""Lost replies, errors and throttling on each changing call: the same event again completes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_backup.budget import Budget
from redshift_backup.errors import AwsError, PartialFailureError
from tests.sandbox.redshift_backup.conftest import CLUSTER, TARGET, Shelf, name_of, ours, slot_now

KINDS = ("drop_after", "drop_before", "error_500", "throttle")
# More than the client's attempts: the first invocation fails, as it would on a bad day.
TIMES = (1, 6)
MOST_INVOCATIONS = 4


def _until_completed(shelf: Shelf, event: dict[str, Any]) -> dict[str, Any]:
    """Send the same event again and again, as a retrying caller does."""
    for _ in range(MOST_INVOCATIONS):
        try:
            return shelf.invoke(event)
        except (AwsError, PartialFailureError):
            continue
    raise AssertionError(f"not completed after {MOST_INVOCATIONS} invocations")


def _accounts(snapshot: dict[str, Any]) -> list[str]:
    return [one["AccountId"] for one in snapshot["AccountsWithRestoreAccess"]]


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", ["CreateClusterSnapshot", "AuthorizeSnapshotAccess"])
def test_a_backup_completes_with_one_snapshot_shared_once(
    cluster: Shelf, operation: str, kind: str, times: int
) -> None:
    slot = slot_now()
    cluster.fault(operation, kind, times=times)

    response = _until_completed(cluster, {"slot": slot.isoformat()})

    snapshots = cluster.snapshots()
    assert (response["status"], response["shared"]) == ("completed", True)
    assert list(snapshots) == [name_of(slot)]
    assert _accounts(snapshots[name_of(slot)]) == [TARGET]


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", ["CopyClusterSnapshot", "CreateTags"])
def test_a_promotion_completes_with_one_tagged_snapshot(
    cluster: Shelf, operation: str, kind: str, times: int
) -> None:
    slot = (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0)
    cluster.plant(
        [
            {
                "cluster_identifier": CLUSTER,
                "snapshot_identifier": f"rs:{CLUSTER}-{slot:%Y-%m-%d-%H-%M-%S}",
                "create_time": slot.isoformat(),
                "type": "automated",
            }
        ]
    )
    cluster.fault(operation, kind, times=times)

    response = _until_completed(cluster, {"slot": slot.isoformat()})

    snapshots = cluster.snapshots()
    assert response["shared"] is True
    assert list(snapshots) == [name_of(slot)]
    keys = {tag["Key"] for tag in snapshots[name_of(slot)]["Tags"]}
    assert "redshift-backup:source-create-time" in keys


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_failed_snapshot_is_replaced(cluster: Shelf, kind: str, times: int) -> None:
    slot = slot_now()
    row = ours(timedelta(0), shared=(), status="failed", snapshot_identifier=name_of(slot))
    cluster.plant([row])
    cluster.fault("DeleteClusterSnapshot", kind, times=times)

    response = _until_completed(cluster, {"slot": slot.isoformat()})

    assert (response["status"], response["origin"]) == ("completed", "created")
    assert [one["Status"] for one in cluster.snapshots().values()] == ["available"]


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", ["RevokeSnapshotAccess", "BatchDeleteClusterSnapshots"])
def test_a_prune_completes_and_deletes_nothing_else(
    shelf: Shelf, operation: str, kind: str, times: int
) -> None:
    fresh = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    shelf.plant([*fresh, *(ours(timedelta(days=8 + day)) for day in range(3))])
    shelf.fault(operation, kind, times=times)

    response = _until_completed(shelf, {"action": "prune"})

    assert (response["status"], response["remaining"]) == ("completed", 0)
    assert set(shelf.snapshots()) == {row["snapshot_identifier"] for row in fresh}


@pytest.mark.parametrize("operation", ["CreateClusterSnapshot", "AuthorizeSnapshotAccess"])
def test_a_lost_reply_is_settled_within_the_same_invocation(cluster: Shelf, operation: str) -> None:
    slot = slot_now()
    cluster.fault(operation, "drop_after")

    response = cluster.invoke({"slot": slot.isoformat()})

    assert (response["status"], response["shared"]) == ("completed", True)
    assert list(cluster.snapshots()) == [name_of(slot)]


def test_a_lost_reply_of_a_revocation_does_not_keep_the_snapshot(shelf: Shelf) -> None:
    fresh = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    shelf.plant([*fresh, ours(timedelta(days=8))])
    shelf.fault("RevokeSnapshotAccess", "drop_after")

    assert shelf.invoke({"action": "prune"})["deleted"] == 1


def test_a_lost_reply_of_a_deletion_does_not_stop_the_replacement(cluster: Shelf) -> None:
    slot = slot_now()
    cluster.plant(
        [ours(timedelta(0), shared=(), status="failed", snapshot_identifier=name_of(slot))]
    )
    cluster.fault("DeleteClusterSnapshot", "drop_after")

    assert cluster.invoke({"slot": slot.isoformat()})["origin"] == "created"


def test_the_second_look_counts_what_is_gone_although_every_reply_was_lost(shelf: Shelf) -> None:
    fresh = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    shelf.plant([*fresh, *(ours(timedelta(days=8 + day)) for day in range(3))])
    shelf.fault("BatchDeleteClusterSnapshots", "drop_after", times=4)

    response = shelf.invoke({"action": "prune"})

    assert (response["deleted"], response["remaining"]) == (3, 0)


def test_a_refused_batch_is_told_once_with_the_names_it_holds(shelf: Shelf) -> None:
    fresh = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    expired = [ours(timedelta(days=8 + day)) for day in range(3)]
    shelf.plant([*fresh, *expired])
    shelf.fault("BatchDeleteClusterSnapshots", "error_500", times=4)

    with pytest.raises(PartialFailureError, match="3 of 3 steps failed") as caught:
        shelf.invoke({"action": "prune"})

    assert str(caught.value).count("BatchDeleteClusterSnapshots") == 1
    assert all(str(row["snapshot_identifier"]) in str(caught.value) for row in expired)


def test_one_accounts_fault_does_not_keep_the_others_from_being_shared_with(
    shelf: Shelf,
) -> None:
    second = "999988887777"
    shelf.configure(ALLOWED_TARGET_ACCOUNT_IDS=f"{TARGET},{second}")
    shelf.plant([ours(timedelta(hours=1), shared=())])
    (name,) = shelf.snapshots()
    event = {"action": "share", "snapshot_id": name, "target_account_ids": [TARGET, second]}
    shelf.fault("AuthorizeSnapshotAccess", "error_500", times=4)

    with pytest.raises(PartialFailureError, match=f"1 of 2 steps failed.*{TARGET}"):
        shelf.invoke(event)

    assert _accounts(shelf.snapshots()[name]) == [second]
    assert shelf.invoke(event)["shared"] is True


def _time_up_from_look(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([1.0] * (number - 1))
    monkeypatch.setattr(Budget, "remaining_seconds", lambda self: next(looks, -1.0))


@pytest.mark.parametrize(
    ("look", "shared", "reason"), [(2, False, "before the snapshot was shared"), (3, True, "prune")]
)
def test_a_backup_whose_time_is_up_is_pending_and_reconcile_finishes_it(
    cluster: Shelf, monkeypatch: pytest.MonkeyPatch, look: int, shared: bool, reason: str
) -> None:
    fresh = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    cluster.plant([*fresh, ours(timedelta(days=8))])
    slot = slot_now()
    with monkeypatch.context() as patch:
        _time_up_from_look(look, patch)
        response = cluster.invoke({"slot": slot.isoformat()})

    assert (response["status"], response["shared"]) == ("pending", shared)
    assert reason in response["reason"]
    assert len(cluster.snapshots()) == 4
    cluster.invoke({"action": "reconcile"})
    kept = {str(row["snapshot_identifier"]) for row in fresh}
    assert cluster.seen_by_target() == set(cluster.snapshots()) == {*kept, name_of(slot)}


def test_a_share_whose_time_is_up_names_the_accounts_that_are_left(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = "999988887777"
    shelf.configure(ALLOWED_TARGET_ACCOUNT_IDS=f"{TARGET},{second}")
    shelf.plant([ours(timedelta(hours=1), shared=())])
    (name,) = shelf.snapshots()
    event = {"action": "share", "snapshot_id": name, "target_account_ids": [TARGET, second]}
    with monkeypatch.context() as patch:
        _time_up_from_look(1, patch)
        with pytest.raises(PartialFailureError, match=f"1 of 2 steps failed.*account {second}"):
            shelf.invoke(event)

    assert _accounts(shelf.snapshots()[name]) == [TARGET]
    assert shelf.invoke(event)["shared"] is True


def test_a_prune_whose_time_is_up_between_two_accounts_leaves_the_snapshot(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = "999988887777"
    fresh = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    shelf.plant([*fresh, ours(timedelta(days=8), shared=(TARGET, second))])
    with monkeypatch.context() as patch:
        # The first account has its turn, the second has not.
        _time_up_from_look(2, patch)
        response = shelf.invoke({"action": "prune"})

    assert (response["deleted"], response["remaining"]) == (0, 1)
    assert len(shelf.snapshots()) == 3
    assert shelf.invoke({"action": "prune"})["deleted"] == 1
