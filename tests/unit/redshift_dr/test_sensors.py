"""The snapshot sensors and their trigger, with Redshift replaced by prepared answers."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from airflow.providers.amazon.aws.hooks.redshift_cluster import RedshiftHook
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    TaskDeferred,
)
from airflow.triggers.base import TriggerEvent
from botocore.exceptions import ClientError

from redshift_dr.assets import shared_snapshot
from redshift_dr.sensors.redshift_snapshot import (
    RedshiftClusterSnapshotSensor,
    RedshiftSharedSnapshotSensor,
)
from redshift_dr.triggers.redshift_snapshot import RedshiftClusterSnapshotTrigger
from tests.unit.redshift_dr.fakes import FakeDagRun, FakeTaskInstance, context_of

NOT_FOUND = ClientError(
    {"Error": {"Code": "ClusterSnapshotNotFound", "Message": "no"}}, "DescribeClusterSnapshots"
)
THROTTLED = ClientError(
    {"Error": {"Code": "Throttling", "Message": "slow down"}}, "DescribeClusterSnapshots"
)
DENIED = ClientError(
    {"Error": {"Code": "AccessDenied", "Message": "not you"}}, "DescribeClusterSnapshots"
)


class FakeRedshift:
    """Answers DescribeClusterSnapshots from a list, the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[str | Exception] = []
        self.requests: list[dict[str, Any]] = []

    def describe_cluster_snapshots(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"Snapshots": [{"SnapshotIdentifier": "snapshot-1", "Status": answer}]}


class AsyncFakeRedshift:
    """The same, awaited."""

    def __init__(self, redshift: FakeRedshift) -> None:
        self.redshift = redshift

    async def describe_cluster_snapshots(self, **request: Any) -> dict[str, Any]:
        return self.redshift.describe_cluster_snapshots(**request)


@pytest.fixture
def redshift() -> Iterator[FakeRedshift]:
    fake = FakeRedshift()

    @asynccontextmanager
    async def opened() -> Any:
        yield AsyncFakeRedshift(fake)

    async def get_async_conn(_hook: object) -> Any:
        return opened()

    with (
        mock.patch.object(RedshiftHook, "conn", new=fake),
        mock.patch.object(RedshiftHook, "get_async_conn", new=get_async_conn),
    ):
        yield fake


def sensor(**arguments: Any) -> RedshiftClusterSnapshotSensor:
    values = {"snapshot_identifier": "snapshot-1", "aws_conn_id": "aws_source", "timeout": 3600}
    return RedshiftClusterSnapshotSensor(task_id="wait_for_snapshot", **{**values, **arguments})


def context() -> Any:
    return context_of(FakeDagRun(), FakeTaskInstance(start_date=datetime.now(UTC)))


def run_trigger(trigger: RedshiftClusterSnapshotTrigger) -> dict[str, Any]:
    async def first() -> TriggerEvent:
        return await anext(trigger.run())

    return asyncio.run(first()).payload


def trigger_of(**arguments: Any) -> RedshiftClusterSnapshotTrigger:
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "snapshot_identifier": "snapshot-1",
        "owner_account": None,
        "started": now.isoformat(),
        "deadline": (now + timedelta(hours=1)).isoformat(),
        "grace_seconds": 300.0,
        "not_found": "snapshot snapshot-1 does not exist",
        "seen": False,
        "aws_conn_id": None,
    }
    return RedshiftClusterSnapshotTrigger(**{**values, **arguments})


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redshift_dr.snapshot_wait.SHORTEST_DELAY_SECONDS", 0.0)


def test_available_snapshot_needs_no_triggerer(redshift: FakeRedshift) -> None:
    redshift.answers = ["available"]

    facts = sensor().execute(context())

    assert facts["snapshot_id"] == "snapshot-1"
    assert redshift.requests == [{"SnapshotIdentifier": "snapshot-1"}]


def test_pending_snapshot_is_deferred_with_an_absolute_deadline(redshift: FakeRedshift) -> None:
    redshift.answers = ["creating"]

    with pytest.raises(TaskDeferred) as deferred:
        sensor().execute(context())

    _, arguments = deferred.value.trigger.serialize()
    waited = datetime.fromisoformat(arguments["deadline"]) - datetime.fromisoformat(
        arguments["started"]
    )
    assert waited == timedelta(hours=1)
    assert arguments["seen"] is True
    assert deferred.value.timeout > timedelta(hours=1)


@pytest.mark.parametrize("status", ["failed", "cancelled", "deleted"])
@pytest.mark.parametrize("deferrable", [True, False])
def test_failed_snapshot_fails_at_once_without_retry(
    redshift: FakeRedshift, status: str, deferrable: bool
) -> None:
    redshift.answers = [status]
    given = context()

    with pytest.raises(AirflowFailException, match=f"snapshot-1 is {status}"):
        sensor(deferrable=deferrable).execute(given)

    assert len(redshift.requests) == 1
    assert given["ti"].pushed["failure"]["next_step"] == "Clear create_snapshot."


def test_refused_look_fails_with_retry(redshift: FakeRedshift) -> None:
    redshift.answers = [DENIED]
    given = context()

    with pytest.raises(AirflowException, match="AccessDenied: not you") as caught:
        sensor().execute(given)

    assert not isinstance(caught.value, AirflowFailException)
    left = given["ti"].pushed["failure"]
    assert (left["error_type"], left["conn_id"]) == ("AccessDenied", sensor().aws_conn_id)


def test_sensor_without_triggerer_pokes_until_available(redshift: FakeRedshift) -> None:
    redshift.answers = [NOT_FOUND, "creating", THROTTLED, "available"]

    facts = sensor(deferrable=False, poke_interval=0).execute(context())

    assert facts["status"] == "available"
    assert len(redshift.requests) == 4


def test_sensor_without_triggerer_notices_that_the_snapshot_vanished(
    redshift: FakeRedshift,
) -> None:
    redshift.answers = ["creating", NOT_FOUND]

    with pytest.raises(AirflowFailException, match="is gone"):
        sensor(deferrable=False, poke_interval=0).execute(context())


def test_skip_reason_skips_before_any_look(redshift: FakeRedshift) -> None:
    with pytest.raises(AirflowSkipException, match="dry run"):
        sensor(skip_reason="dry run").execute(context())

    assert redshift.requests == []


@pytest.mark.parametrize("kind", [RedshiftClusterSnapshotSensor, RedshiftSharedSnapshotSensor])
def test_snapshot_and_skip_reason_come_from_what_create_returned(
    redshift: FakeRedshift, shared: Callable[..., RedshiftSharedSnapshotSensor], kind: type[Any]
) -> None:
    redshift.answers = ["available"]
    make = sensor if kind is RedshiftClusterSnapshotSensor else shared
    made = {"snapshot_id": "snapshot-1", "skip_reason": None}
    nothing_made = {"snapshot_id": None, "skip_reason": "the cluster is paused"}

    facts = make(snapshot_identifier=None, created=made).execute(context())
    with pytest.raises(AirflowSkipException, match="the cluster is paused"):
        make(snapshot_identifier=None, created=nothing_made).execute(context())

    assert facts["snapshot_id"] == "snapshot-1"
    assert len(redshift.requests) == 1


def test_trigger_survives_a_restart_of_the_triggerer() -> None:
    path, arguments = trigger_of(owner_account="164543933824", seen=True).serialize()

    module, name = path.rsplit(".", 1)
    assert (module, name) == (
        "redshift_dr.triggers.redshift_snapshot",
        "RedshiftClusterSnapshotTrigger",
    )
    again = RedshiftClusterSnapshotTrigger(**json.loads(json.dumps(arguments)))
    assert again.serialize() == (path, arguments)


@pytest.mark.usefixtures("impatient")
def test_trigger_waits_through_throttling_and_late_visibility(redshift: FakeRedshift) -> None:
    redshift.answers = [NOT_FOUND, THROTTLED, "creating", "available"]

    event = run_trigger(trigger_of())

    assert event["verdict"] == "ready"
    assert event["snapshot"]["status"] == "available"
    assert len(redshift.requests) == 4


@pytest.mark.usefixtures("impatient")
def test_throttling_does_not_loop_for_ever(redshift: FakeRedshift) -> None:
    redshift.answers = [THROTTLED]
    deadline = datetime.now(UTC) + timedelta(seconds=0.3)

    event = run_trigger(trigger_of(deadline=deadline.isoformat()))

    assert (event["verdict"], event["retry"]) == ("fail", False)
    assert "Throttling: slow down" in event["reason"]


@pytest.mark.usefixtures("impatient")
def test_trigger_notices_that_the_snapshot_vanished(redshift: FakeRedshift) -> None:
    redshift.answers = ["creating", NOT_FOUND]

    event = run_trigger(trigger_of())

    assert event["verdict"] == "fail"
    assert "is gone" in event["reason"]


@pytest.fixture
def shared() -> Callable[..., RedshiftSharedSnapshotSensor]:
    def make(**arguments: Any) -> RedshiftSharedSnapshotSensor:
        values: dict[str, Any] = {
            "snapshot_identifier": "snapshot-1",
            "owner_account": "164543933824",
            "viewer_account": "058264155998",
            "share": {"asset_event": {"snapshot_id": "snapshot-1", "slot": "2026-11-20T02:00:00Z"}},
            "aws_conn_id": "aws_dr",
            "timeout": 60,
        }
        return RedshiftSharedSnapshotSensor(task_id="wait_for_share", **{**values, **arguments})

    return make


def test_share_is_confirmed_by_owner_account_and_emits_the_event(
    redshift: FakeRedshift, shared: Callable[..., RedshiftSharedSnapshotSensor]
) -> None:
    redshift.answers = ["available"]
    asset = shared_snapshot("aca-redshift-cluster")
    given = context()
    given["outlet_events"] = {asset: mock.Mock(extra=None)}

    facts = shared(outlets=[asset]).execute(given)

    assert redshift.requests == [
        {"SnapshotIdentifier": "snapshot-1", "OwnerAccount": "164543933824"}
    ]
    assert given["outlet_events"][asset].extra["slot"] == "2026-11-20T02:00:00Z"
    assert facts["slot"] == "2026-11-20T02:00:00Z"


def test_share_that_never_shows_names_both_accounts_and_what_to_check(
    redshift: FakeRedshift, shared: Callable[..., RedshiftSharedSnapshotSensor]
) -> None:
    redshift.answers = [NOT_FOUND]

    with pytest.raises(AirflowFailException) as caught:
        shared(timeout=0).execute(context())

    for expected in ("058264155998", "164543933824", "snapshot-1", "AccountsWithRestoreAccess"):
        assert expected in str(caught.value)


def test_wait_for_a_task_marked_successful_by_hand_fails_at_once(
    redshift: FakeRedshift, shared: Callable[..., RedshiftSharedSnapshotSensor]
) -> None:
    with pytest.raises(AirflowFailException, match="create_snapshot left no result"):
        sensor(snapshot_identifier=None).execute(context())
    given = context()
    with pytest.raises(AirflowFailException, match="share_snapshot left no result"):
        shared(share=None).execute(given)

    assert given["ti"].pushed["failure"]["next_step"] == "Clear share_snapshot."
    assert redshift.requests == []
