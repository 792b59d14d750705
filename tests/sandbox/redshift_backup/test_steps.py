"""The steps of a backup one by one, as a scheduler sends them."""

from datetime import timedelta, timezone

from tests.sandbox.redshift_backup.conftest import CLUSTER, TARGET, Shelf, name_of, slot_now


def test_create_share_and_prune_make_a_backup(cluster: Shelf) -> None:
    cluster.lifecycle("snapshot", 0.3)
    slot = slot_now()
    event = {"action": "create", "slot": slot.isoformat()}

    made = cluster.invoke(event)
    again = cluster.invoke(event)

    name = name_of(slot)
    assert (made["snapshot_id"], made["origin"], made["snapshot_status"]) == (
        name,
        "created",
        "creating",
    )
    assert (again["snapshot_id"], again["origin"]) == (name, "adopted")
    cluster.redshift.get_waiter("snapshot_available").wait(
        SnapshotIdentifier=name, WaiterConfig={"Delay": 1, "MaxAttempts": 5}
    )
    shared = cluster.invoke(
        {"action": "share", "snapshot_id": name, "target_account_ids": [TARGET]}
    )
    assert (shared["shared"], shared["authorized"]) == (True, [TARGET])
    pruned = cluster.invoke({"action": "prune", "slot": slot.isoformat()})
    assert (pruned["status"], pruned["deleted"], pruned["remaining"]) == ("completed", 0, 0)
    assert [row["verdict"] for row in pruned["plan"]] == ["keep"]


def test_create_skips_a_paused_cluster_when_asked(cluster: Shelf) -> None:
    cluster.redshift.pause_cluster(ClusterIdentifier=CLUSTER)

    response = cluster.invoke({"action": "create", "when_paused": "skip"})

    assert (response["statusCode"], response["status"]) == (200, "skipped")
    assert CLUSTER in response["reason"]
    assert cluster.snapshots() == {}


def test_an_instant_of_another_offset_and_with_a_fraction_is_the_same_slot(
    cluster: Shelf,
) -> None:
    slot = slot_now()
    first = cluster.invoke({"action": "create", "slot": f"{slot:%Y-%m-%dT%H:%M:%S}.999Z"})
    same = slot.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()

    second = cluster.invoke({"action": "create", "slot": same})

    assert (first["snapshot_id"], second["origin"]) == (name_of(slot), "adopted")
    assert list(cluster.snapshots()) == [name_of(slot)]
