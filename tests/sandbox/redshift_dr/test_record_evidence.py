"""The evidence of a drill: in the bucket, at the snapshot, and in people's mail, over real HTTP."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from redshift_dr.assets import verified_snapshot
from redshift_dr.config import ClusterConfig, DrillConfig
from redshift_dr.evidence.document import canonical
from redshift_dr.operators.evidence import RedshiftRecordEvidenceOperator
from tests.pages import TOPIC, subscribe, take
from tests.unit.redshift_dr.evidence.samples import (
    CLUSTER,
    DELETED,
    DRILL_CLUSTER,
    RESTORED,
    SELECTED,
    SNAPSHOT,
    document,
    failed_document,
    results,
    validated,
)
from tests.unit.redshift_dr.fakes import FakeDagRun, FakeTaskInstance, context_of

BUCKET = "aca-redshift-dr-evidence"
FOLDER = f"drills/aca-redshift-cluster/20261122-060012-{DRILL_CLUSTER}/"
MADE = datetime(2026, 11, 22, 2, 0, 31, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 6, 32, tzinfo=UTC)


class FakeRun(FakeDagRun):
    """A drill's run."""

    dag_id = "redshift_restore_validation__aca-redshift-cluster"
    triggering_user_name = "ada"


class FakeAliasEvents(dict[Any, Any]):
    """Keeps the events that a task adds."""

    def __init__(self) -> None:
        super().__init__()
        self.added: list[tuple[Any, Any]] = []

    def __getitem__(self, _alias: Any) -> "FakeAliasEvents":
        return self

    def add(self, asset: Any, extra: Any) -> None:
        self.added.append((asset, extra))


class World:
    """The playground with an evidence bucket, a snapshot to stamp, and a subscriber."""

    def __init__(self, playground: Any) -> None:
        self.playground = playground
        self.s3 = playground.client("s3", account="target")
        playground.control("POST", "clock", {"advance_seconds": self._ahead()})
        self.plant()
        self.queue = subscribe(playground.client("sqs"), playground.client("sns"), TOPIC)
        self.ti = FakeTaskInstance(task_id="record_evidence")
        self.events = FakeAliasEvents()

    @staticmethod
    def _ahead() -> float:
        return max(0.0, (NOW - datetime.now(UTC)) / timedelta(seconds=1))

    def plant(self, **fields: Any) -> None:
        tags = {"managed-by": "redshift-backup", "origin": "created", "slot": SELECTED["slot"]}
        row = {
            "account_id": "164543933824",
            "cluster_identifier": "aca-redshift-cluster",
            "snapshot_identifier": SNAPSHOT,
            "create_time": MADE.isoformat(),
            "tags": {f"redshift-backup:{key}": value for key, value in tags.items()},
            "shared_with": ["058264155998"],
            **fields,
        }
        self.playground.control("POST", "snapshots", [row])

    def left(self, failures: dict[str, str] | None = None, **changes: Any) -> None:
        """What the tasks before have left."""
        self.ti.pulled = {(task, "return_value"): xcom for task, xcom in results(**changes).items()}
        for task, error in (failures or {}).items():
            self.ti.pulled[(task, "failure")] = {"error": error, "next_step": "-"}

    def record(self, cluster: ClusterConfig = CLUSTER) -> dict[str, Any]:
        operator = RedshiftRecordEvidenceOperator(task_id="record_evidence", cluster=cluster)
        context = context_of(FakeRun(), self.ti)
        context["outlet_events"] = self.events
        return operator.execute(context)

    def keys(self) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return [entry["Key"] for entry in found]

    def read(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    def evidence(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read(f"{FOLDER}evidence.json"))
        return found

    def stamp(self) -> dict[str, str]:
        (found,) = self.playground.client("redshift").describe_cluster_snapshots(
            SnapshotIdentifier=SNAPSHOT
        )["Snapshots"]
        names = ("verified-at", "verified-result", "restore-seconds", "evidence")
        tags = {tag["Key"].partition(":")[2]: tag["Value"] for tag in found["Tags"]}
        return {name: tags[name] for name in names if name in tags}

    def mail(self) -> list[dict[str, Any]]:
        return take(self.playground.client("sqs"), self.queue)

    def break_calls(self, service: str, operation: str, times: int = 20) -> None:
        fault = {"service": service, "operation": operation, "kind": "error_500", "times": times}
        self.playground.control("POST", "faults", {"from_call": 1, **fault})

    def mend_calls(self) -> None:
        self.playground.control("DELETE", "faults")


@pytest.fixture
def world(playground: Any) -> World:
    world = World(playground)
    world.left()
    return world


def test_a_passed_drill_leaves_document_report_stamp_event_and_summary(world: World) -> None:
    answer = world.record()

    uri = f"s3://{BUCKET}/{FOLDER}evidence.json"
    assert world.keys() == [f"{FOLDER}evidence.json", f"{FOLDER}report.html"]
    content = world.read(f"{FOLDER}evidence.json")
    assert answer == {
        "evidence_uri": uri,
        "report_uri": f"s3://{BUCKET}/{FOLDER}report.html",
        "sha256": hashlib.sha256(content).hexdigest(),
        "verdict": "passed",
        "reasons": [],
        "warnings": [],
        "checks_passed": 12,
        "checks_failed": 0,
        "restore_seconds": 1312.4,
        "validation_seconds": 85.2,
        "total_seconds": 1399.0,
        "stamp": "completed",
    }
    page = world.read(f"{FOLDER}report.html").decode()
    assert "Restore drill passed" in page
    assert answer["sha256"] in page
    assert world.evidence()["drill"]["triggered_by"] == "ada"
    assert world.stamp() == {
        "verified-at": "2026-11-22T06:23:31Z",
        "verified-result": "passed",
        "restore-seconds": "1312.4",
        "evidence": uri,
    }
    ((asset, extra),) = world.events.added
    assert asset == verified_snapshot("aca-redshift-cluster")
    assert extra == {
        "snapshot_id": SNAPSHOT,
        "cluster_identifier": "aca-redshift-cluster",
        "slot": "2026-11-22T02:00:00Z",
        "verdict": "passed",
        "evidence_uri": uri,
    }
    (mail,) = world.mail()
    assert mail["Subject"] == "Restore drill passed: aca-redshift-cluster"
    assert "12 passed, 0 failed, 0 warnings" in mail["Message"]
    assert answer["sha256"] in mail["Message"]
    assert mail["MessageAttributes"]["kind"]["Value"] == "drill_summary"


def test_a_failed_drill_is_evidence_and_a_failed_stamp_and_no_summary(world: World) -> None:
    world.left(validate=validated(*failed_document()["validation"]["checks"], result="failed"))

    answer = world.record()

    assert (answer["verdict"], answer["checks_passed"], answer["checks_failed"]) == ("failed", 8, 3)
    assert world.stamp()["verified-result"] == "failed"
    assert "Restore drill failed" in world.read(f"{FOLDER}report.html").decode()
    assert world.events.added == []
    assert world.mail() == []


def test_every_result_may_be_missing(world: World) -> None:
    world.ti.pulled = {}
    cluster = CLUSTER.model_copy(update={"drill": DrillConfig(evidence_bucket=BUCKET)})

    answer = world.record(cluster)

    assert answer["verdict"] == "failed"
    assert answer["stamp"] == "not made"
    evidence, _report = world.keys()
    assert evidence.startswith("drills/aca-redshift-cluster/20261120-020000-drill-aca-redshift-")
    assert world.stamp() == {}


def test_bucket_that_is_named_nowhere_says_both_places(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DR", '{"conn_type": "aws", "extra": {}}')
    world.ti.pulled = {}

    with pytest.raises(
        AirflowFailException, match=r"service_config\.s3\.bucket_name.*clusters\.yaml"
    ):
        world.record()

    assert "aws_dr" in world.ti.pushed["failure"]["error"]


def test_evidence_is_there_when_the_stamp_fails_and_the_next_try_completes_it(world: World) -> None:
    world.break_calls("lambda", "Invoke")

    with pytest.raises(AirflowException, match=f"the evidence is in s3://{BUCKET}/{FOLDER}"):
        world.record()

    before = world.evidence()
    assert before["verdict"]["result"] == "passed"
    assert before["stamp"] == {"status": "pending", "reason": None}
    assert world.mail() == []

    world.mend_calls()
    world.record()

    assert world.evidence() == {**before, "stamp": {"status": "completed", "reason": None}}
    assert len(world.keys()) == 2
    assert len(world.mail()) == 1


def test_evidence_is_there_when_the_summary_does_not_go_out_and_it_is_sent_once(
    world: World,
) -> None:
    world.break_calls("sns", "Publish")

    with pytest.raises(AirflowException, match="its summary did not reach"):
        world.record()

    first = world.read(f"{FOLDER}evidence.json")
    assert "Next step" not in world.ti.pushed["failure"]["error"]
    world.mend_calls()
    world.record()

    assert world.read(f"{FOLDER}evidence.json") == first
    assert len(world.mail()) == 1


@pytest.mark.parametrize("fate", ["foreign", "gone"])
def test_a_snapshot_that_may_not_be_stamped_is_a_warning(world: World, fate: str) -> None:
    redshift = world.playground.client("redshift")
    redshift.revoke_snapshot_access(
        SnapshotIdentifier=SNAPSHOT, AccountWithRestoreAccess="058264155998"
    )
    redshift.delete_cluster_snapshot(SnapshotIdentifier=SNAPSHOT)
    if fate == "foreign":
        world.plant(tags={})

    answer = world.record()

    (warning,) = answer["warnings"]
    assert warning.startswith("the source snapshot is not stamped: ")
    assert (answer["verdict"], answer["stamp"]) == ("passed", "refused")
    assert world.evidence()["verdict"]["warnings"] == [warning]
    (mail,) = world.mail()
    assert mail["Subject"] == "Restore drill passed, with warnings: aca-redshift-cluster"
    assert warning in mail["Message"]
    assert mail["MessageAttributes"]["severity"]["Value"] == "warning"


def test_missing_bucket_is_named_and_left_for_the_alert(world: World) -> None:
    world.s3.delete_bucket(Bucket=BUCKET)

    with pytest.raises(AirflowException, match=f"{BUCKET} cannot be used: NoSuchBucket"):
        world.record()

    assert "NoSuchBucket" in world.ti.pushed["failure"]["error"]
    assert world.stamp() == {}
    assert world.mail() == []


def test_past_drills_are_in_the_report_and_unreadable_ones_are_told(world: World) -> None:
    for day in range(1, 21):
        past = document()
        past["drill"]["started_at"] = f"2026-10-{day:02}T06:00:12Z"
        key = f"drills/aca-redshift-cluster/202610{day:02}-060012-{DRILL_CLUSTER}/evidence.json"
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=canonical(past))
    broken = f"drills/aca-redshift-cluster/20261021-060012-{DRILL_CLUSTER}/evidence.json"
    world.s3.put_object(Bucket=BUCKET, Key=broken, Body=b"{")
    strange = "drills/aca-redshift-cluster-2/20261021-060012-drill-x/evidence.json"
    world.s3.put_object(Bucket=BUCKET, Key=strange, Body=b"{")

    world.record()

    page = world.read(f"{FOLDER}report.html").decode()
    assert page.count("<title id=") == 2
    assert "21 drills from 2026-10-01 to 2026-11-22" in page
    assert f"{broken}: it is no JSON document" in page
    assert strange not in page


@pytest.mark.slow
def test_history_that_may_not_be_listed_costs_the_chart_and_not_the_evidence(world: World) -> None:
    world.break_calls("s3", "ListObjectsV2")

    assert world.record()["verdict"] == "passed"

    page = world.read(f"{FOLDER}report.html").decode()
    assert "1 past drill could not be read" in page


def test_no_deletion_no_pass_and_the_snapshot_is_still_verified(world: World) -> None:
    world.left(
        delete_cluster=None, failures={"delete_cluster": "the cluster is still there after 2 h."}
    )

    answer = world.record()

    assert answer["verdict"] == "failed"
    assert answer["reasons"][0] == (
        "task delete_cluster failed: the cluster is still there after 2 h"
    )
    assert world.stamp()["verified-result"] == "passed"
    assert world.events.added == []


def test_a_second_drill_of_the_same_run_has_a_folder_of_its_own(world: World) -> None:
    world.record()
    world.left(
        restore_cluster={**RESTORED, "started_at": "2026-11-22T09:00:00Z"}, delete_cluster=DELETED
    )
    world.record()

    assert len(world.keys()) == 4
