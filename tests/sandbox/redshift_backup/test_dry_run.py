"""A dry run of every action tells what it would do and makes no changing call."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.redshift_backup.conftest import CLUSTER, Shelf, ours, slot_now


def _expired_and_fresh(shelf: Shelf) -> list[str]:
    rows = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    rows += [ours(timedelta(days=8)), ours(timedelta(days=9), shared=())]
    rows += [ours(timedelta(hours=4), shared=())]
    rows += [ours(timedelta(days=2), shared=(), status="failed")]
    shelf.plant(rows)
    return [str(row["snapshot_identifier"]) for row in rows]


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"slot": slot_now().isoformat()},
        {"action": "create"},
        {"action": "prune"},
        {"action": "reconcile"},
        {"action": "status"},
        {"action": "check"},
    ],
    ids=lambda event: event.get("action", "backup"),
)
def test_a_dry_run_makes_no_changing_call(cluster: Shelf, event: dict[str, Any]) -> None:
    before = _expired_and_fresh(cluster)

    response = cluster.invoke(event | {"dry_run": True})

    assert response["status"] == "completed"
    assert cluster.changing_calls() == []
    assert sorted(cluster.snapshots()) == sorted(before)


def test_a_dry_run_of_share_makes_no_changing_call(cluster: Shelf) -> None:
    unshared = _expired_and_fresh(cluster)[4]

    response = cluster.invoke({"action": "share", "snapshot_id": unshared, "dry_run": True})

    assert (response["shared"], response["authorized"]) == (False, ["058264155998"])
    assert cluster.changing_calls() == []


@pytest.mark.parametrize(
    "event",
    [
        {"action": "hold", "reason": "annual audit"},
        {"action": "release"},
        {"action": "stamp", "result": "passed", "verified_at": datetime.now(UTC).isoformat()},
    ],
    ids=lambda event: event["action"],
)
def test_a_dry_run_of_one_snapshots_tags_makes_no_changing_call(
    cluster: Shelf, event: dict[str, Any]
) -> None:
    row = ours(timedelta(hours=1))
    if event["action"] == "release":
        row["tags"]["redshift-backup:hold"] = "annual audit"
    cluster.plant([row])
    before = cluster.snapshots()

    response = cluster.invoke(event | {"snapshot_id": row["snapshot_identifier"], "dry_run": True})

    assert (response["status"], response["changed"]) == ("completed", True)
    assert cluster.changing_calls() == []
    assert cluster.snapshots() == before


@pytest.mark.parametrize("flag", [{}, {"dry_run": True}], ids=["unsaid", "said"])
def test_a_dry_run_of_adopt_makes_no_changing_call(cluster: Shelf, flag: dict[str, Any]) -> None:
    cluster.plant([ours(timedelta(hours=1)) | {"tags": {}}])
    before = cluster.snapshots()

    response = cluster.invoke({"action": "adopt", "identifier_pattern": "*"} | flag)

    assert [row["verdict"] for row in response["plan"]] == ["adopt"]
    assert response["adopted"] == 0
    assert cluster.changing_calls() == []
    assert cluster.snapshots() == before


def test_a_dry_run_of_a_backup_shows_what_the_new_snapshot_lets_go(cluster: Shelf) -> None:
    cluster.configure(MINIMUM_SNAPSHOTS="1")
    cluster.plant([ours(timedelta(days=8))])

    response = cluster.invoke({"dry_run": True})

    assert (response["cleaned_up_snapshots"], response["shared"]) == (0, False)
    assert [row["verdict"] for row in response["plan"]] == ["keep", "delete"]
    assert cluster.changing_calls() == []


def test_a_dry_run_of_a_failed_slot_and_of_a_past_slot(cluster: Shelf) -> None:
    slot = (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0)
    automated = f"rs:{CLUSTER}-{slot:%Y-%m-%d-%H-%M-%S}"
    row = {"cluster_identifier": CLUSTER, "snapshot_identifier": automated, "type": "automated"}
    cluster.plant([row | {"create_time": slot.isoformat()}])

    response = cluster.invoke({"slot": slot.isoformat(), "dry_run": True})

    assert (response["origin"], response["plan"]) == ("promoted", [])
    assert cluster.changing_calls() == []
