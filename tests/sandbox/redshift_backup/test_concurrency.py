"""Two callers at once: one snapshot for a slot, nothing lost that a plan keeps."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from redshift_backup import aws
from redshift_backup.actions import prune
from redshift_backup.errors import AwsError, BackupError, PartialFailureError
from tests.sandbox.redshift_backup.conftest import CLUSTER, TARGET, Shelf, name_of, ours, slot_now

CALLERS = 4


def _at_once(shelf: Shelf, events: Sequence[dict[str, Any]]) -> list[dict[str, Any] | BackupError]:
    """Invoke with every event at the same moment; only our own errors are answers."""
    barrier = Barrier(len(events))

    def invoke(number: int) -> dict[str, Any] | BackupError:
        barrier.wait()
        try:
            return shelf.invoke(events[number], request_id=f"caller-{number}")
        except BackupError as error:
            return error

    with ThreadPoolExecutor(len(events)) as pool:
        return list(pool.map(invoke, range(len(events))))


def _completed(answers: Sequence[dict[str, Any] | BackupError]) -> list[dict[str, Any]]:
    errors = [one for one in answers if isinstance(one, BackupError)]
    assert not errors, errors
    return [one for one in answers if isinstance(one, dict)]


def test_backups_of_one_slot_at_once_make_one_snapshot(cluster: Shelf) -> None:
    slot = slot_now()
    # All of them have looked before the first create is through.
    cluster.fault("CreateClusterSnapshot", "delay", times=CALLERS, seconds=0.2)

    answers = _completed(_at_once(cluster, [{"slot": slot.isoformat()}] * CALLERS))

    snapshots = cluster.snapshots()
    assert list(snapshots) == [name_of(slot)]
    accounts = snapshots[name_of(slot)]["AccountsWithRestoreAccess"]
    assert [one["AccountId"] for one in accounts] == [TARGET]
    assert {one["snapshot_id"] for one in answers} == {name_of(slot)}
    assert sorted(one["origin"] for one in answers).count("created") == 1


def test_promotions_of_one_slot_at_once_make_one_snapshot(cluster: Shelf) -> None:
    slot = slot_now() - timedelta(days=2)
    source = {
        "cluster_identifier": CLUSTER,
        "snapshot_identifier": f"rs:{CLUSTER}-{slot:%Y-%m-%d-%H-%M-%S}",
        "create_time": slot.isoformat(),
        "type": "automated",
    }
    cluster.plant([source])
    cluster.fault("CopyClusterSnapshot", "delay", times=CALLERS, seconds=0.2)

    _completed(_at_once(cluster, [{"slot": slot.isoformat()}] * CALLERS))

    (snapshot,) = cluster.snapshots().values()
    tags = {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]}
    assert tags["redshift-backup:source-snapshot"] == source["snapshot_identifier"]


def _shelf_of(shelf: Shelf, expired: int) -> set[str]:
    fresh = [ours(timedelta(hours=hour)) for hour in (1, 2, 3)]
    shelf.plant([*fresh, *(ours(timedelta(days=8 + day)) for day in range(expired))])
    return {str(row["snapshot_identifier"]) for row in fresh}


def test_prunes_at_once_delete_the_expired_and_nothing_else(shelf: Shelf) -> None:
    kept = _shelf_of(shelf, 15)

    _completed(_at_once(shelf, [{"action": "prune"}] * CALLERS))

    assert set(shelf.snapshots()) == kept == shelf.seen_by_target()


def test_a_backup_and_reconciles_at_once_end_with_all_that_is_kept_shared(
    cluster: Shelf,
) -> None:
    kept = _shelf_of(cluster, 8)
    unshared = ours(timedelta(hours=5), shared=())
    cluster.plant([unshared])
    slot = slot_now()
    events: list[dict[str, Any]] = [{"slot": slot.isoformat()}, {"slot": slot.isoformat()}]
    events += [{"action": "reconcile"}] * 2

    _completed(_at_once(cluster, events))

    expected = kept | {name_of(slot), str(unshared["snapshot_identifier"])}
    assert set(cluster.snapshots()) == expected == cluster.seen_by_target()


def test_a_failed_snapshot_replaced_by_several_at_once_ends_as_one(cluster: Shelf) -> None:
    slot = slot_now()
    failed = ours(timedelta(0), shared=(), status="failed", snapshot_identifier=name_of(slot))
    cluster.plant([failed])
    event = {"slot": slot.isoformat()}

    # One may delete what another has just made; what it gets is an error to retry.
    for answer in _at_once(cluster, [event] * CALLERS):
        assert isinstance(answer, dict | AwsError)
    response = cluster.invoke(event)

    assert (response["status"], response["shared"]) == ("completed", True)
    assert [one["Status"] for one in cluster.snapshots().values()] == ["available"]
    assert cluster.seen_by_target() == {name_of(slot)}


def _hold_at_the_first_revocation(shelf: Shelf, name: str) -> Callable[..., None]:
    held: list[str] = []

    def hold(**_: object) -> None:
        if not held:
            held.append(name)
            event = {"action": "hold", "snapshot_id": name, "reason": "audit"}
            assert shelf.invoke(event)["held"] is True

    return hold


@pytest.fixture
def slow_prune(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a prune's look be old at once, as after many revocations."""
    monkeypatch.setattr(prune, "_LOOK_IS_OLD_AFTER_SECONDS", 0.0)


@pytest.mark.usefixtures("slow_prune")
def test_a_hold_set_while_a_prune_revokes_keeps_the_snapshot(shelf: Shelf) -> None:
    kept = _shelf_of(shelf, 3)
    name = next(one for one in shelf.snapshots() if one not in kept)
    events = aws.client("redshift").meta.events
    hold = _hold_at_the_first_revocation(shelf, name)
    events.register("before-send.redshift.RevokeSnapshotAccess", hold)
    try:
        response = shelf.invoke({"action": "prune"})
    finally:
        events.unregister("before-send.redshift.RevokeSnapshotAccess", hold)

    assert set(shelf.snapshots()) == {*kept, name}
    assert (response["deleted"], response["remaining"]) == (2, 0)
    (row,) = (row for row in response["plan"] if row["id"] == name)
    assert (row["verdict"], row["reason"]) == ("held", "hold: audit, set while this prune ran")
    shelf.invoke({"action": "reconcile"})
    assert name in shelf.seen_by_target()


@pytest.mark.usefixtures("slow_prune")
def test_nothing_is_deleted_that_could_not_be_looked_at_again(shelf: Shelf) -> None:
    _shelf_of(shelf, 3)
    before = set(shelf.snapshots())
    shelf.fault("DescribeClusterSnapshots", "error_500", from_call=2, times=4)

    with pytest.raises(PartialFailureError, match="3 of 3 steps failed"):
        shelf.invoke({"action": "prune"})

    assert set(shelf.snapshots()) == before
    assert shelf.invoke({"action": "prune"})["deleted"] == 3
