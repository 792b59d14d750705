"""A backup of a slot, from the event to what both accounts see."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from redshift_backup.errors import (
    ClusterBusyError,
    ForeignSnapshotError,
    NoSnapshotForSlotError,
    RefusedError,
    ShareRefusedError,
    SnapshotFailedError,
)
from tests.sandbox.redshift_backup.conftest import (
    CLUSTER,
    TARGET,
    Shelf,
    name_of,
    ours,
    slot_now,
)

LEGACY = {"cluster_identifier": CLUSTER, "target_account_id": TARGET, "retention_days": 7}


def test_the_documented_event_gets_the_documented_response(cluster: Shelf) -> None:
    response = cluster.invoke(LEGACY)

    assert response["statusCode"] == 200
    assert re.fullmatch(r"aca-lambda-snapshot-\d{8}-\d{6}", response["snapshot_id"])
    assert response["cluster_identifier"] == CLUSTER
    assert response["target_account_id"] == TARGET
    assert response["target_account_ids"] == [TARGET]
    assert response["shared"] is True
    assert response["cleaned_up_snapshots"] == 0
    assert response["status"] == "completed"
    assert response["origin"] == "created"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", response["timestamp"])
    assert cluster.seen_by_target() == {response["snapshot_id"]}


def test_a_backup_costs_few_calls(cluster: Shelf) -> None:
    slot = slot_now()

    cluster.invoke({"slot": slot.isoformat()})

    assert [call["operation"] for call in cluster.calls()] == [
        "DescribeClusterSnapshots",
        "CreateClusterSnapshot",
        "DescribeClusterSnapshots",
        "AuthorizeSnapshotAccess",
    ]
    assert [call["operation"] for call in cluster.calls("kms")] == ["DescribeKey", "GetKeyPolicy"]


def test_a_deletion_is_decided_by_a_look_after_the_share(cluster: Shelf) -> None:
    cluster.plant([ours(timedelta(days=9, minutes=number)) for number in range(4)])

    response = cluster.invoke({"slot": slot_now().isoformat()})

    assert response["cleaned_up_snapshots"] == 3
    operations = [call["operation"] for call in cluster.calls()]
    shared_at = operations.index("AuthorizeSnapshotAccess")
    deleted_at = operations.index("BatchDeleteClusterSnapshots")
    assert "DescribeClusterSnapshots" in operations[shared_at:deleted_at]


def test_the_same_event_again_adopts_the_one_snapshot(cluster: Shelf) -> None:
    event = {"slot": slot_now().isoformat()}
    first = cluster.invoke(event)
    cluster.forget_calls()

    second = cluster.invoke(event)

    assert (second["snapshot_id"], second["origin"]) == (first["snapshot_id"], "adopted")
    assert second["shared"] is True
    assert cluster.changing_calls() == []


def test_a_retry_of_a_request_without_slot_adopts(cluster: Shelf) -> None:
    earlier = ours(timedelta(minutes=10), tags={"redshift-backup:request-id": "the-request"})
    cluster.plant([earlier])

    response = cluster.invoke(LEGACY, request_id="the-request")

    assert response["snapshot_id"] == earlier["snapshot_identifier"]
    assert response["origin"] == "adopted"
    assert "CreateClusterSnapshot" not in cluster.changing_calls()


def test_an_eventbridge_envelope_names_the_slot(cluster: Shelf) -> None:
    slot = slot_now()
    envelope = {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": slot.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "detail": {},
    }

    assert cluster.invoke(envelope)["snapshot_id"] == name_of(slot)


def test_a_backup_waits_for_a_snapshot_that_takes_time(cluster: Shelf) -> None:
    cluster.lifecycle("snapshot", 1.2)

    response = cluster.invoke({"slot": slot_now().isoformat()})

    assert (response["status"], response["shared"]) == ("completed", True)


def test_a_snapshot_that_is_late_is_pending_and_reconcile_finishes_it(cluster: Shelf) -> None:
    cluster.lifecycle("snapshot", 1.5)
    event = {"slot": slot_now().isoformat()}

    response = cluster.invoke(event, seconds=1)

    assert (response["statusCode"], response["status"]) == (202, "pending")
    assert response["shared"] is False
    assert cluster.seen_by_target() == set()
    cluster.redshift.get_waiter("snapshot_available").wait(
        SnapshotIdentifier=response["snapshot_id"], WaiterConfig={"Delay": 1, "MaxAttempts": 5}
    )
    cluster.invoke({"action": "reconcile"})
    assert cluster.seen_by_target() == {response["snapshot_id"]}


def test_a_failed_snapshot_raises_at_once_and_is_replaced_by_the_next_run(cluster: Shelf) -> None:
    event = {"slot": slot_now().isoformat()}
    cluster.lifecycle("snapshot", 0, "failed")
    with pytest.raises(SnapshotFailedError, match="failed"):
        cluster.invoke(event)
    cluster.lifecycle("snapshot", 0)

    response = cluster.invoke(event)

    assert (response["status"], response["origin"]) == ("completed", "created")
    assert [one["Status"] for one in cluster.snapshots().values()] == ["available"]


def test_another_failed_snapshot_of_the_cluster_does_not_matter(cluster: Shelf) -> None:
    cluster.plant([ours(timedelta(hours=3), shared=(), status="failed")])

    assert cluster.invoke({"slot": slot_now().isoformat()})["status"] == "completed"


def test_a_snapshot_of_somebody_else_under_the_name_is_refused(cluster: Shelf) -> None:
    slot = slot_now()
    cluster.redshift.create_cluster_snapshot(
        SnapshotIdentifier=name_of(slot), ClusterIdentifier=CLUSTER
    )
    cluster.forget_calls()

    with pytest.raises(ForeignSnapshotError, match="adopt"):
        cluster.invoke({"slot": slot.isoformat()})

    assert cluster.changing_calls() == []


def test_a_past_slot_is_filled_from_the_automated_snapshot_nearest_to_it(cluster: Shelf) -> None:
    slot = (datetime.now(UTC) - timedelta(days=3)).replace(microsecond=0)
    near, far = slot + timedelta(hours=2), slot + timedelta(hours=9)
    cluster.plant(
        [
            {
                "cluster_identifier": CLUSTER,
                "snapshot_identifier": f"rs:{CLUSTER}-{at:%Y-%m-%d-%H-%M-%S}",
                "create_time": at.isoformat(),
                "type": "automated",
            }
            for at in (far, near, slot - timedelta(hours=1))
        ]
    )

    response = cluster.invoke({"slot": slot.isoformat()})

    assert (response["origin"], response["shared"]) == ("promoted", True)
    tags = cluster.snapshots()[name_of(slot)]["Tags"]
    assert {
        "Key": "redshift-backup:source-create-time",
        "Value": f"{near:%Y-%m-%dT%H:%M:%SZ}",
    } in tags
    assert cluster.invoke({"slot": slot.isoformat()})["origin"] == "adopted"


def test_an_interrupted_promotion_is_repaired(cluster: Shelf) -> None:
    slot = (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0)
    source = f"rs:{CLUSTER}-{slot:%Y-%m-%d-%H-%M-%S}"
    row = {"cluster_identifier": CLUSTER, "create_time": slot.isoformat(), "type": "automated"}
    cluster.plant([row | {"snapshot_identifier": source}])
    cluster.redshift.copy_cluster_snapshot(
        SourceSnapshotIdentifier=source, TargetSnapshotIdentifier=name_of(slot)
    )

    response = cluster.invoke({"slot": slot.isoformat()})

    assert (response["origin"], response["shared"]) == ("adopted", True)
    tags = cluster.snapshots()[name_of(slot)]["Tags"]
    assert {"Key": "redshift-backup:source-snapshot", "Value": source} in tags


def test_a_past_slot_without_automated_snapshot_says_so(cluster: Shelf) -> None:
    slot = datetime.now(UTC) - timedelta(days=3)

    with pytest.raises(NoSnapshotForSlotError, match=r"window .* kept for 1 day"):
        cluster.invoke({"slot": slot.isoformat()})

    assert cluster.changing_calls() == []


def test_a_past_slot_never_prunes(cluster: Shelf) -> None:
    slot = (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0)
    fresh = [ours(timedelta(hours=hours)) for hours in (1, 2)]
    expired = ours(timedelta(days=30))
    automated = {
        "cluster_identifier": CLUSTER,
        "snapshot_identifier": f"rs:{CLUSTER}-{slot:%Y-%m-%d-%H-%M-%S}",
        "create_time": slot.isoformat(),
        "type": "automated",
    }
    cluster.plant([*fresh, expired, automated])

    assert cluster.invoke({"slot": slot.isoformat()})["cleaned_up_snapshots"] == 0
    pruned = cluster.invoke({"action": "prune", "slot": slot.isoformat()})

    assert (pruned["status"], pruned["deleted"]) == ("skipped", 0)
    assert expired["snapshot_identifier"] in cluster.snapshots()


def test_a_paused_cluster_is_refused_or_skipped(cluster: Shelf) -> None:
    cluster.redshift.pause_cluster(ClusterIdentifier=CLUSTER)
    slot = slot_now().isoformat()

    with pytest.raises(RefusedError, match=r"paused|pausing"):
        cluster.invoke({"slot": slot})
    skipped = cluster.invoke({"slot": slot, "when_paused": "skip"})

    assert (skipped["statusCode"], skipped["status"]) == (200, "skipped")
    assert "paus" in skipped["reason"]
    assert cluster.snapshots() == {}


def test_a_rebooting_cluster_is_busy(cluster: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.lifecycle("restore", 60)
    cluster.plant([ours(timedelta(hours=1))])
    (name,) = cluster.snapshots()
    cluster.configure(ALLOWED_CLUSTERS=f"{CLUSTER},second-cluster")
    cluster.redshift.restore_from_cluster_snapshot(
        ClusterIdentifier="second-cluster", SnapshotIdentifier=name
    )

    with pytest.raises(ClusterBusyError, match=r"creating|restoring"):
        cluster.invoke({"slot": slot_now().isoformat(), "cluster_identifier": "second-cluster"})


def test_an_aws_managed_key_is_refused_with_the_way_out(shelf: Shelf) -> None:
    managed = "alias/aws/redshift"
    shelf.create_cluster(Encrypted=True, KmsKeyId=managed)
    shelf.lifecycle("snapshot", 0)

    with pytest.raises(ShareRefusedError, match=r"AWS managed key .*customer managed key"):
        shelf.invoke({"slot": slot_now().isoformat()})

    assert shelf.seen_by_target() == set()


def test_a_key_that_does_not_admit_the_target_is_a_warning(shelf: Shelf) -> None:
    shelf.create_cluster(Encrypted=True, KmsKeyId=shelf.customer_key())
    shelf.lifecycle("snapshot", 0)

    response = shelf.invoke({"slot": slot_now().isoformat()})

    assert response["shared"] is True
    assert TARGET in response["warnings"][0]
    assert "kms:Decrypt" in response["warnings"][0]


def test_an_unencrypted_snapshot_is_shared(shelf: Shelf) -> None:
    shelf.plant([ours(timedelta(hours=1), shared=(), cluster=CLUSTER)])
    (name,) = shelf.snapshots()

    response = shelf.invoke({"action": "share", "snapshot_id": name})

    assert (response["shared"], response["warnings"]) == (True, [])


def test_strangers_are_reported_and_revoked_only_on_request(shelf: Shelf) -> None:
    shelf.plant([ours(timedelta(hours=1), shared=("999988887777",))])
    (name,) = shelf.snapshots()
    event = {"action": "share", "snapshot_id": name, "target_account_ids": [TARGET]}

    reported = shelf.invoke(event)
    assert (reported["strangers"], reported["revoked"]) == (["999988887777"], [])
    revoked = shelf.invoke(event | {"revoke_strangers": True})

    assert revoked["revoked"] == ["999988887777"]
    accounts = shelf.snapshots()[name]["AccountsWithRestoreAccess"]
    assert [one["AccountId"] for one in accounts] == [TARGET]


@pytest.mark.parametrize(
    "row",
    [
        ours(timedelta(hours=1), shared=(), tags={"redshift-backup:managed-by": "somebody"}),
        ours(timedelta(hours=1), shared=(), snapshot_identifier="aca-lambda-snapshot-extra-1"),
        ours(timedelta(hours=1), shared=(), status="creating"),
        ours(timedelta(hours=1), shared=(), status="failed"),
    ],
)
def test_only_ours_and_available_is_shared(shelf: Shelf, row: dict[str, object]) -> None:
    shelf.plant([row])

    with pytest.raises(ShareRefusedError):
        shelf.invoke({"action": "share", "snapshot_id": row["snapshot_identifier"]})

    assert shelf.changing_calls() == []
