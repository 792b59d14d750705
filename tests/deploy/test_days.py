"""Days of the deployed source stack by the sandbox's clock: slots, pages, and silence."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.deploy.conftest import SOURCE, TARGET, Account

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
HOUR = 3600
CLUSTER = "aca-redshift-cluster"


class Days:
    """The deployed stack, a cluster to back up, and a queue on the topic of the alarms."""

    def __init__(self, sandbox: Any, source: Account) -> None:
        self.sandbox, self.source = sandbox, source
        for operation in ("snapshot", "copy"):
            body = {"operation": operation, "seconds": 0, "outcome": "available"}
            sandbox.control("POST", "lifecycle", body)
        source.client("redshift").create_cluster(
            ClusterIdentifier=CLUSTER,
            NodeType="ra3.large",
            NumberOfNodes=2,
            MasterUsername="awsuser",
            MasterUserPassword="Sandbox-1234",
            Encrypted=True,
            KmsKeyId=self._key(),
        )
        source.deploy()
        assert source.invoke(action="backup")["shared"] is True
        self.queue = self._listen()

    def _key(self) -> str:
        kms = self.source.client("kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        policy["Statement"].append(
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{TARGET}:root"},
                "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant"],
                "Resource": "*",
            }
        )
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
        return str(key)

    def _listen(self) -> str:
        sqs, sns = self.source.client("sqs"), self.source.client("sns")
        url = sqs.create_queue(QueueName="pager")["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{SOURCE}:pager"
        topic = f"arn:aws:sns:us-east-1:{SOURCE}:aca-redshift-backup-alerts"
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return str(url)

    def pass_hours(self, hours: float) -> None:
        self.sandbox.control("POST", "clock", {"advance_seconds": hours * HOUR})

    def pages(self) -> list[tuple[str, str]]:
        """Take what arrived since the last look: alarm and new state."""
        sqs, found = self.source.client("sqs"), []
        while True:
            answer = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
            for message in answer.get("Messages", ()):
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                told = json.loads(json.loads(message["Body"])["Message"])
                found.append((told.get("AlarmName", "record"), told.get("NewStateValue", "")))
            if not answer.get("Messages"):
                return found

    def snapshots(self) -> dict[str, dict[str, Any]]:
        pages = self.source.client("redshift").get_paginator("describe_cluster_snapshots")
        found = pages.paginate(SnapshotType="manual", ClusterIdentifier=CLUSTER)
        return {one["SnapshotIdentifier"]: one for page in found for one in page["Snapshots"]}

    def state_of(self, alarm: str) -> str:
        answer = self.source.client("cloudwatch").describe_alarms(
            AlarmNames=[alarm], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        [found] = answer["MetricAlarms"] + answer["CompositeAlarms"]
        return str(found["StateValue"])


@pytest.fixture
def days(sandbox: Any, source: Account) -> Days:
    """A stack whose first backup is made and shared."""
    return Days(sandbox, source)


def _slot_of(snapshot: dict[str, Any]) -> datetime:
    tags = {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]}
    return datetime.fromisoformat(tags["redshift-backup:slot"])


def _accounts(snapshot: dict[str, Any]) -> list[str]:
    return [one["AccountId"] for one in snapshot["AccountsWithRestoreAccess"]]


def test_two_days_back_up_two_slots_once_though_delivered_twice(days: Days) -> None:
    first = set(days.snapshots())
    days.sandbox.control("POST", "scheduler", {"deliveries": 2})
    days.pass_hours(48)

    made = [one for name, one in days.snapshots().items() if name not in first]
    assert sorted(_slot_of(one).strftime("%H:%M:%S") for one in made) == ["02:00:00"] * 2
    assert len({_slot_of(one) for one in made}) == 2
    assert [_accounts(one) for one in made] == [[TARGET]] * 2
    assert days.pages() == []


def test_a_week_of_good_runs_pages_nobody(days: Days) -> None:
    days.pass_hours(7 * 24)
    assert days.pages() == []
    assert len(days.snapshots()) >= 7


def test_backups_that_stop_are_told_once_by_the_dead_mans_switch(days: Days) -> None:
    scheduler = days.source.client("scheduler")
    backup = scheduler.get_schedule(Name="aca-redshift-backup")
    wanted = {
        name: backup[name]
        for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    }
    scheduler.update_schedule(**wanted, State="DISABLED")

    days.pass_hours(24)
    assert days.pages() == []
    days.pass_hours(8)
    assert days.pages() == [("aca-redshift-backup-stale", "ALARM")]
    days.pass_hours(24)
    assert days.pages() == []

    assert days.source.invoke(action="backup")["shared"] is True
    days.pass_hours(5)
    assert days.state_of("aca-redshift-backup-stale") == "OK"


def test_a_function_that_is_gone_is_told_by_the_silence(days: Days) -> None:
    days.source.client("lambda").delete_function(FunctionName="aca-redshift-backup")
    days.pass_hours(6)
    assert ("aca-redshift-backup-stale", "ALARM") in days.pages()


def test_the_age_is_measured_also_while_airflow_schedules(days: Days) -> None:
    days.source.deploy("--backup-schedule-state", "DISABLED")
    first = set(days.snapshots())
    days.pass_hours(12)
    assert set(days.snapshots()) == first
    assert days.state_of("aca-redshift-backup-stale") == "OK"


def test_runs_that_fail_are_paged_as_errors(days: Days) -> None:
    denied = {"service": "redshift", "operation": "DescribeClusterSnapshots", "kind": "error_500"}
    days.sandbox.control("POST", "faults", denied | {"times": 10_000})
    days.pass_hours(2)
    told = days.pages()
    assert ("aca-redshift-backup-errors", "ALARM") in told
    assert ("aca-redshift-backup-stale", "ALARM") not in told


def test_more_expired_than_one_run_deletes_is_paged(days: Days) -> None:
    [newest] = days.snapshots().values()
    rows = []
    for number in range(25):
        created = newest["SnapshotCreateTime"] - timedelta(days=20, hours=number)
        rows.append(
            {
                "cluster_identifier": CLUSTER,
                "snapshot_identifier": f"aca-lambda-snapshot-{created:%Y%m%d-%H%M%S}",
                "create_time": created.isoformat(),
                "shared_with": [TARGET],
                "tags": {
                    "redshift-backup:managed-by": "redshift-backup",
                    "redshift-backup:origin": "created",
                },
            }
        )
    days.sandbox.control("POST", "snapshots", rows)
    days.pass_hours(30)
    assert ("aca-redshift-backup-expired", "ALARM") in days.pages()
    assert {row["snapshot_identifier"] for row in rows} <= set(days.snapshots())


def test_a_function_that_is_held_back_is_paged_as_throttled(days: Days) -> None:
    days.source.client("lambda").put_function_concurrency(
        FunctionName="aca-redshift-backup", ReservedConcurrentExecutions=0
    )
    days.pass_hours(4)
    told = {name for name, state in days.pages() if state == "ALARM"}
    assert told & {"aca-redshift-backup-throttles", "aca-redshift-backup-undelivered"}
