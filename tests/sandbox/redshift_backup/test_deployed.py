"""The real zip in Lambda's own runtime client, invoked over HTTP in the playground."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import redshift_backup
from tests.sandbox.redshift_backup.conftest import CLUSTER, PREFIX, TARGET, name_of, ours

FUNCTION = "aca-redshift-backup"
EVENTS = Path(redshift_backup.__file__).parent / "events"


def invoke(playground: Any, event: object) -> tuple[dict[str, Any], Any]:
    answer = playground.client("lambda").invoke(
        FunctionName=FUNCTION, Payload=json.dumps(event).encode()
    )
    return answer, json.loads(answer["Payload"].read())


def log_text(playground: Any) -> str:
    events = playground.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{FUNCTION}")
    return "\n".join(event["message"] for event in events["events"])


@pytest.fixture
def deployed(playground: Any) -> Any:
    playground.control("POST", "lifecycle", {"operation": "snapshot", "seconds": 0})
    return playground


def test_the_documented_event_backs_up_and_the_target_sees_it(deployed: Any) -> None:
    event = json.loads((EVENTS / "backup-documented.json").read_text())

    answer, response = invoke(deployed, event)

    assert "FunctionError" not in answer, response
    assert (response["statusCode"], response["status"]) == (200, "completed")
    assert (response["shared"], response["target_account_id"]) == (True, TARGET)
    seen = deployed.client("redshift", "target").describe_cluster_snapshots(
        OwnerAccount="164543933824"
    )["Snapshots"]
    assert [one["SnapshotIdentifier"] for one in seen] == [response["snapshot_id"]]
    logged = log_text(deployed)
    assert f'"correlation_id":"{response["correlation_id"]}"' in logged
    assert '"SnapshotShared"' in logged


def test_a_refusal_is_a_function_error_with_the_bare_class_name(deployed: Any) -> None:
    answer, error = invoke(deployed, {"retention_days": "seven", "target_account_id": "1"})

    assert answer["FunctionError"] == "Unhandled"
    assert error["errorType"] == "BadRequestError"
    assert "2 faults" in error["errorMessage"]
    assert '"level":"ERROR"' in log_text(deployed)


def test_the_function_follows_the_sandbox_clock(deployed: Any) -> None:
    _, first = invoke(deployed, {})
    later = datetime.now(UTC) + timedelta(days=40)
    # A jump: in forty days that passed, the stack's schedule would reconcile a thousand times.
    deployed.control("POST", "clock", {"freeze": later.isoformat()})
    deployed.control("POST", "clock", {"resume": True})

    answer, error = invoke(deployed, {"action": "prune"})

    assert error["errorType"] == "StaleChainError", (answer, error)
    _, second = invoke(deployed, {})
    assert second["snapshot_id"].startswith(f"{PREFIX}-{later:%Y%m%d}")
    # The first one has expired by then, and the floor of two good ones still keeps it.
    kept = deployed.client("redshift").describe_cluster_snapshots(SnapshotType="manual")
    assert {one["SnapshotIdentifier"] for one in kept["Snapshots"]} == {
        first["snapshot_id"],
        second["snapshot_id"],
    }


def test_a_frozen_clock_ends_a_wait_as_pending(deployed: Any) -> None:
    client = deployed.client("lambda")
    client.update_function_configuration(FunctionName=FUNCTION, Timeout=4)
    deployed.control("POST", "lifecycle", {"operation": "snapshot", "seconds": 3600})
    deployed.control("POST", "clock", {"freeze": True})

    answer, response = invoke(deployed, {})

    assert "FunctionError" not in answer, response
    assert (response["statusCode"], response["status"]) == (202, "pending")


def test_a_lost_reply_inside_lambda_adopts_on_the_next_event(deployed: Any) -> None:
    slot = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    fault = {"service": "redshift", "operation": "CreateClusterSnapshot", "kind": "drop_after"}
    deployed.control("POST", "faults", fault)

    answer, response = invoke(deployed, {"slot": slot.isoformat()})

    assert "FunctionError" not in answer, response
    assert (response["snapshot_id"], response["origin"]) == (name_of(slot), "adopted")


def test_prune_removes_the_expired_and_nothing_else(deployed: Any) -> None:
    fresh = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    deployed.control("POST", "snapshots", [*fresh, ours(timedelta(days=8))])

    _, response = invoke(deployed, {"action": "prune"})

    assert (response["deleted"], response["remaining"]) == (1, 0)


def test_the_metrics_arrive_in_cloudwatch(deployed: Any) -> None:
    invoke(deployed, {})
    invoke(deployed, {"action": "reconcile"})

    metrics = deployed.client("cloudwatch").list_metrics(Namespace="RedshiftBackup")["Metrics"]
    assert {one["MetricName"] for one in metrics} >= {
        "SnapshotCreated",
        "SnapshotShared",
        "BackupDuration",
        "NewestSharedSnapshotAgeHours",
        "ExpiredSnapshotsRemaining",
    }
    assert {"Name": "cluster_identifier", "Value": CLUSTER} in metrics[0]["Dimensions"]


def test_what_is_taken_over_held_stamped_and_released_in_lambda(deployed: Any) -> None:
    fresh = [ours(timedelta(hours=hour)) for hour in (1, 2)]
    old = ours(timedelta(days=30))
    name = old["snapshot_identifier"]
    deployed.control("POST", "snapshots", [*fresh, old | {"tags": {}}])
    event = {"action": "adopt", "snapshot_ids": [name]}

    _, shown = invoke(deployed, event)
    _, adopted = invoke(deployed, event | {"dry_run": False})
    one = {"snapshot_id": name}
    _, held = invoke(deployed, {"action": "hold", "reason": "annual audit"} | one)
    answer, refused = invoke(deployed, {"action": "hold", "reason": "another"} | one)
    at = datetime.now(UTC).isoformat()
    _, stamped = invoke(deployed, {"action": "stamp", "result": "failed", "verified_at": at} | one)
    _, released = invoke(deployed, {"action": "release"} | one)

    assert (shown["dry_run"], shown["adopted"], adopted["adopted"]) == (True, 0, 1)
    assert (shown["prune_would_delete"], adopted["prune_would_delete"]) == (1, 1)
    assert (held["held"], stamped["result"]) == (True, "failed")
    assert (answer["FunctionError"], refused["errorType"]) == ("Unhandled", "HeldError")
    assert (released["held_for"], released["prune_verdict"]) == ("annual audit", "delete")


def test_check_answers_what_the_function_goes_by(deployed: Any) -> None:
    _, response = invoke(deployed, {"action": "check"})

    told = response["settings"]
    environment = deployed.client("lambda").get_function_configuration(FunctionName=FUNCTION)[
        "Environment"
    ]["Variables"]
    assert (told["account_id"], told["region_name"]) == ("164543933824", "us-east-1")
    assert told["allowed_target_account_ids"] == [environment["ALLOWED_TARGET_ACCOUNT_IDS"]]
    assert told["maximum_age_hours"] == int(environment["MAXIMUM_AGE_HOURS"])
    assert told["minimum_snapshots"] == int(environment.get("MINIMUM_SNAPSHOTS", 2))
    assert {name.upper() for name in told} >= set(environment)
