"""The backup DAG against the sandbox: real tasks and triggers, the real zip, real HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import ParamValidationError

from tests.dags.shelf import CLUSTER, SOURCE, TARGET, changing_calls, plant, snapshots
from tests.pages import TOPIC, subscribe, take

FULL = {
    "create_snapshot": "success",
    "wait_for_snapshot": "success",
    "share_snapshot": "success",
    "wait_for_share": "success",
    "prune_snapshots": "success",
}
Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _snapshots_take_no_time(playground: Any) -> None:
    set_snapshots(playground, seconds=0)


def set_snapshots(playground: Any, *, seconds: float, outcome: str = "available") -> None:
    """How snapshots made from now on will end."""
    for operation in ("snapshot", "copy"):
        setting = {"operation": operation, "seconds": seconds, "outcome": outcome}
        playground.control("POST", "lifecycle", setting)


def seen_by_target(playground: Any) -> set[str]:
    """What the DR account's own call shows of the source's snapshots."""
    target = playground.client("redshift", account="target")
    found = target.describe_cluster_snapshots(OwnerAccount=SOURCE)["Snapshots"]
    return {row["SnapshotIdentifier"] for row in found}


def test_run_without_logical_date_backs_up_shares_and_prunes(
    playground: Any, run_backup: Run
) -> None:
    old = plant(playground, [20, 12, 9])
    young = plant(playground, [3, 1])
    set_snapshots(playground, seconds=2)

    ended = run_backup(logical_date=None)

    assert (ended.state, ended.states) == ("success", FULL)
    made = ended.results["create_snapshot"]["snapshot_id"]
    assert set(snapshots(playground)) == {made, *young}
    assert seen_by_target(playground) == {made, *young}
    pruned = ended.results["prune_snapshots"]
    assert pruned["cleaned_up_snapshots"] == 3
    assert {row["id"] for row in pruned["plan"] if row["verdict"] == "delete"} == set(old)


def test_run_id_reaches_the_function_and_the_asset_event_names_the_snapshot(
    playground: Any, run_backup: Run
) -> None:
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session

    ended = run_backup(logical_date=None)

    created = ended.results["create_snapshot"]
    assert created["correlation_id"] == ended.run_id
    with create_session() as session:
        (event,) = session.query(AssetEvent).filter_by(source_run_id=ended.run_id).all()
        assert event.extra == {
            "snapshot_id": created["snapshot_id"],
            "cluster_identifier": CLUSTER,
            "slot": created["slot"],
            "source_account_id": SOURCE,
            "target_account_ids": [TARGET],
        }


def test_slot_is_the_logical_date_and_a_second_run_of_it_makes_nothing_new(
    playground: Any, run_backup: Run
) -> None:
    slot = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=7)

    first = run_backup(logical_date=slot)
    again = run_backup(logical_date=slot)

    assert (first.state, again.state) == ("success", "success")
    assert list(snapshots(playground)) == [f"aca-lambda-snapshot-{slot:%Y%m%d-%H%M%S}"]
    assert again.results["create_snapshot"]["origin"] == "adopted"
    assert changing_calls(playground).count("CreateClusterSnapshot") == 1
    assert changing_calls(playground).count("AuthorizeSnapshotAccess") == 1


def test_manual_run_with_configuration(playground: Any, run_backup: Run) -> None:
    kept = plant(playground, [20, 12])

    ended = run_backup(
        logical_date=None, run_conf={"retention_days": 30, "target_account_ids": [TARGET]}
    )

    assert ended.state == "success"
    assert set(kept) <= set(snapshots(playground))
    assert ended.results["prune_snapshots"]["cleaned_up_snapshots"] == 0


def test_skip_prune_deletes_nothing(playground: Any, run_backup: Run) -> None:
    old = plant(playground, [20, 12])

    ended = run_backup(logical_date=None, run_conf={"skip_prune": True})

    assert ended.states == {**FULL, "prune_snapshots": "skipped"}
    assert set(old) <= set(snapshots(playground))


def test_dry_run_changes_nothing_and_shows_the_plan(playground: Any, run_backup: Run) -> None:
    old = plant(playground, [20, 12, 3, 1, 0.2])

    ended = run_backup(logical_date=None, run_conf={"dry_run": True})

    assert ended.state == "success"
    assert ended.states == {
        "create_snapshot": "success",
        "wait_for_snapshot": "skipped",
        "share_snapshot": "skipped",
        "wait_for_share": "skipped",
        "prune_snapshots": "success",
    }
    assert changing_calls(playground) == []
    verdicts = {row["id"]: row["verdict"] for row in ended.results["prune_snapshots"]["plan"]}
    assert [verdicts[name] for name in old] == ["delete", "delete", "keep", "keep", "keep"]


def test_existing_snapshot_is_shared_without_a_new_one(playground: Any, run_backup: Run) -> None:
    (name,) = plant(playground, [3], shared_with=[])

    ended = run_backup(logical_date=None, run_conf={"snapshot_id": name})

    assert ended.states == {**FULL, "prune_snapshots": "skipped"}
    assert seen_by_target(playground) == {name}
    assert list(snapshots(playground)) == [name]


def test_held_snapshot_outlives_the_next_prune(playground: Any, run_backup: Run) -> None:
    held, old, _ = plant(playground, [20, 12, 9])
    conf = {"snapshot_id": held, "hold_reason": "legal case 7"}

    ended = run_backup(logical_date=None, run_conf=conf)
    again = run_backup(logical_date=None, run_conf=conf)
    pruned = run_backup(logical_date=None)

    assert ended.states == {**FULL, "prune_snapshots": "skipped"}
    assert ended.results["share_snapshot"]["hold"]["changed"] is True
    assert again.results["share_snapshot"]["hold"]["changed"] is False
    assert pruned.states == FULL
    left = snapshots(playground)
    assert held in left
    assert old not in left
    assert {"Key": "redshift-backup:hold", "Value": "legal case 7"} in left[held]["Tags"]


def test_unknown_key_is_refused_before_any_changing_call(playground: Any, run_backup: Run) -> None:
    ended = run_backup(logical_date=None, run_conf={"snapshot_ids": ["one"], "dryrun": True})

    assert ended.state == "failed"
    assert ended.states["create_snapshot"] == "failed"
    assert changing_calls(playground) == []


@pytest.mark.parametrize(
    "conf",
    [
        {"retention_days": 0},
        {"target_account_ids": ["999999999999"]},
    ],
)
def test_bad_value_is_refused_when_the_run_is_triggered(
    playground: Any, run_backup: Run, conf: dict[str, Any]
) -> None:
    with pytest.raises((ParamValidationError, ValueError)):
        run_backup(logical_date=None, run_conf=conf)

    assert changing_calls(playground) == []


def test_retention_below_the_deployed_minimum_prunes_nothing(
    playground: Any, run_backup: Run
) -> None:
    old = plant(playground, [20, 6])

    ended = run_backup(logical_date=None, run_conf={"retention_days": 2})

    assert ended.state == "failed"
    assert ended.states["prune_snapshots"] == "failed"
    assert set(old) <= set(snapshots(playground))


def test_failed_snapshot_fails_the_sensor_at_once_and_a_clear_makes_a_new_one(
    playground: Any, run_backup: Run
) -> None:
    slot = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    set_snapshots(playground, seconds=1, outcome="failed")

    failed = run_backup(logical_date=slot)
    (name,) = snapshots(playground)
    assert failed.states["wait_for_snapshot"] == "failed"
    assert f"snapshot {name} is failed" in failed.failures["wait_for_snapshot"]["error"]
    assert failed.states["prune_snapshots"] == "upstream_failed"
    assert snapshots(playground)[name]["Status"] == "failed"

    set_snapshots(playground, seconds=0)
    cleared = run_backup(logical_date=slot)

    assert (cleared.state, cleared.states) == ("success", FULL)
    assert cleared.results["create_snapshot"]["origin"] == "created"
    assert list(snapshots(playground)) == [name]
    assert snapshots(playground)[name]["Status"] == "available"


def test_another_failed_snapshot_of_the_cluster_does_not_matter(
    playground: Any, run_backup: Run
) -> None:
    plant(playground, [0.3], status="failed", shared_with=[])

    ended = run_backup(logical_date=None)

    assert (ended.state, ended.states) == ("success", FULL)


def test_past_slot_is_promoted_from_the_automated_snapshot_and_never_prunes(
    playground: Any, run_backup: Run
) -> None:
    old = plant(playground, [20, 12])
    slot = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    taken = slot + timedelta(hours=2)
    playground.control(
        "POST",
        "snapshots",
        [
            {
                "account_id": SOURCE,
                "cluster_identifier": CLUSTER,
                "snapshot_identifier": f"rs:{CLUSTER}-{taken:%Y-%m-%d-%H-%M-%S}",
                "create_time": taken.isoformat(),
                "type": "automated",
            }
        ],
    )

    ended = run_backup(logical_date=slot)

    assert ended.states == {**FULL, "prune_snapshots": "skipped"}
    assert ended.results["create_snapshot"]["origin"] == "promoted"
    assert set(old) <= set(snapshots(playground))


def test_past_slot_without_an_automated_snapshot_says_so(playground: Any, run_backup: Run) -> None:
    slot = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)

    ended = run_backup(logical_date=slot)

    assert ended.states["create_snapshot"] == "failed"
    assert ended.failures["create_snapshot"]["error"].startswith("NoSnapshotForSlotError: ")
    assert changing_calls(playground) == []


def test_older_run_leaves_the_shelf_to_the_newer_slot(playground: Any, run_backup: Run) -> None:
    now = datetime.now(UTC).replace(microsecond=0)

    newer = run_backup(logical_date=now - timedelta(minutes=1))
    older = run_backup(logical_date=now - timedelta(minutes=30))

    assert newer.states == FULL
    assert older.states == {**FULL, "prune_snapshots": "skipped"}


def test_throttled_redshift_is_waited_out_by_the_sensor(playground: Any, run_backup: Run) -> None:
    playground.control(
        "POST",
        "faults",
        {
            "service": "redshift",
            "operation": "DescribeClusterSnapshots",
            "from_call": 3,
            "times": 3,
            "kind": "throttle",
        },
    )

    assert run_backup(logical_date=None).states == FULL


def test_failed_run_pages_the_topic_once(playground: Any, run_backup: Run) -> None:
    sqs = playground.client("sqs")
    queue = subscribe(sqs, playground.client("sns"), TOPIC)

    ended = run_backup(logical_date=None, run_conf={"typo": 1})

    pages = take(sqs, queue)
    assert len(pages) == 1
    assert ended.run_id in pages[0]["Message"]
    assert CLUSTER in pages[0]["Message"]
