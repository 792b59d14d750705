"""Short scenarios, by name: each needs certain grants, and fails without any one of them.

All run while policies hold. Those of a function are invocations of it; those of a person's role are
calls with that role's own keys.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import boto3

from tests.deploy.conftest import SOURCE, TARGET, Account
from tests.deploy.deployed import (
    CLUSTER,
    DRILL,
    EXTERNAL_ID,
    READER,
    TAG,
    Deployed,
    create_cluster,
    customer_key,
)

_LOOKS = 2_000


@dataclass
class Stage:
    """Where a scenario runs.

    :ivar cluster: and ``prefix``: of the source account's snapshots that it is about.
    """

    deployed: Deployed
    cluster: str = CLUSTER
    prefix: str = "aca-lambda-snapshot"

    def invoke(self, **event: Any) -> dict[str, Any]:
        """Invoke the function about the cluster, and demand success."""
        answer = self.deployed.account.invoke(cluster_identifier=self.cluster, **event)
        assert answer.get("status") == "completed", answer
        return answer

    def ours(self, age: timedelta, **more: Any) -> str:
        """Put a snapshot of the cluster there that the function has made."""
        name = f"{self.prefix}-{self.deployed.now - age:%Y%m%d-%H%M%S}"
        row = {"name": name, "cluster_identifier": self.cluster} | more
        return self.deployed.plant_ours(age, **row)

    def good(self, *ages: timedelta, **more: Any) -> None:
        """Put snapshots there that are shared as required."""
        for age in ages:
            self.ours(age, shared_with=[TARGET], **more)

    def slot(self, age: timedelta) -> str:
        """The instant of an age, as a slot is written."""
        return (self.deployed.now - age).isoformat()

    def as_role(self, name: str, service: str, **arguments: Any) -> Any:
        """A client of one service with a role's keys, as Airflow's account assumes it."""
        deployed = self.deployed
        keys = deployed.sandbox.client("sts", "source").assume_role(
            RoleArn=f"arn:aws:iam::{deployed.owner}:role/{name}",
            RoleSessionName="scenario",
            **arguments,
        )["Credentials"]
        session = boto3.session.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            region_name="us-east-1",
        )
        return session.client(service, endpoint_url=deployed.sandbox.url)

    def wait_for_verdict(self, action: str) -> None:
        """Look at the guard's log until it holds a verdict on an action.

        :raises AssertionError: nobody asks for it.
        """
        for _ in range(_LOOKS):
            rows = self.deployed.sandbox.control("GET", "iam-log")
            if any(row["action"] == action for row in rows):
                return
        raise AssertionError(f"nobody asked for {action}")


def create(stage: Stage) -> None:
    assert stage.invoke(action="create")["origin"] == "created"


def promote(stage: Stage) -> None:
    age = timedelta(days=2)
    # Nobody deletes automated snapshots, so that a second one needs a name of its own.
    name = f"rs:{stage.cluster}-{uuid4().hex}"
    stage.deployed.plant(name, age, type="automated", cluster_identifier=stage.cluster)
    made = stage.invoke(action="create", slot=stage.slot(age + timedelta(minutes=5)))
    assert made["origin"] == "promoted", made


def replace_failed(stage: Stage) -> None:
    age = timedelta(hours=3)
    stage.ours(age, status="failed")
    assert stage.invoke(action="create", slot=stage.slot(age))["origin"] == "created"


def share(stage: Stage) -> None:
    stage.invoke(action="share", snapshot_id=stage.ours(timedelta(hours=1)))


def share_adopted(stage: Stage) -> None:
    name = stage.ours(timedelta(hours=1), origin="adopted", name="by-hand")
    stage.invoke(action="share", snapshot_id=name)


def share_under_a_closed_key(stage: Stage) -> None:
    key = customer_key(stage.deployed.account)
    stage.invoke(action="share", snapshot_id=stage.ours(timedelta(hours=1), kms_key_id=key))


def prune(stage: Stage) -> None:
    stage.good(timedelta(hours=1), timedelta(hours=2), timedelta(days=20))
    assert stage.invoke(action="prune")["deleted"] == 1


def prune_adopted(stage: Stage) -> None:
    stage.good(timedelta(hours=1), timedelta(hours=2))
    stage.good(timedelta(days=20), origin="adopted", name="by-hand")
    assert stage.invoke(action="prune")["deleted"] == 1


def hold(stage: Stage) -> None:
    name = stage.ours(timedelta(hours=1))
    stage.invoke(action="hold", snapshot_id=name, reason="audit")
    stage.invoke(action="release", snapshot_id=name)


def adopt(stage: Stage) -> None:
    deployed = stage.deployed
    name = deployed.plant("by-hand", timedelta(hours=1), cluster_identifier=stage.cluster)
    stage.invoke(action="adopt", snapshot_ids=[name], dry_run=False)


def check_near_quota(stage: Stage) -> None:
    for number in range(18):
        stage.deployed.plant(f"other-{number}", timedelta(days=1))
    stage.invoke(action="check")


def report_failure(stage: Stage) -> None:
    account = stage.deployed.account
    account.client("lambda").invoke(
        FunctionName=f"{account.function}:live",
        InvocationType="Event",
        Payload=json.dumps({"action": "no-such-action"}),
    )
    stage.wait_for_verdict("sns:Publish")


def fire_schedule(stage: Stage) -> None:
    _schedule(stage)
    stage.wait_for_verdict("lambda:InvokeFunction")


def keep_undelivered(stage: Stage) -> None:
    stage.deployed.break_calls("lambda", "Invoke", times=1)
    _schedule(stage)
    stage.wait_for_verdict("sqs:SendMessage")


def _schedule(stage: Stage) -> None:
    """Make a schedule with the target of one of the stack's; a rate fires at once."""
    scheduler, function = stage.deployed.client("scheduler"), stage.deployed.account.function
    target = scheduler.get_schedule(Name=function)["Target"]
    scheduler.create_schedule(
        Name="probe",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target
        | {"Input": '{"action": "status"}', "RetryPolicy": {"MaximumRetryAttempts": 0}},
    )


def airflow_invokes(stage: Stage) -> None:
    function = stage.deployed.account.function
    client = stage.as_role(f"{function}-airflow", "lambda")
    for name in (function, f"{function}:live"):
        client.invoke(FunctionName=name, Payload=b'{"action": "status"}')


def airflow_looks(stage: Stage) -> None:
    _look(stage.as_role("aca-redshift-backup-airflow", "redshift"))


def airflow_alerts(stage: Stage) -> None:
    topic = f"arn:aws:sns:us-east-1:{SOURCE}:aca-redshift-backup-alerts"
    stage.as_role("aca-redshift-backup-airflow", "sns").publish(TopicArn=topic, Message="a test")


def inventory_looks(stage: Stage) -> None:
    _look(stage.as_role("aca-redshift-backup-inventory", "redshift"))


def inventory_counts(stage: Stage) -> None:
    login = {"ClusterIdentifier": stage.cluster, "Database": "dev", "DbUser": READER}
    _query(stage.as_role("aca-redshift-backup-inventory", "redshift-data"), login)


def inventory_logs_in(stage: Stage) -> None:
    stage.as_role("aca-redshift-backup-inventory", "redshift").get_cluster_credentials(
        ClusterIdentifier=stage.cluster, DbUser=READER, DbName="dev"
    )


def inventory_adds_a_baseline(stage: Stage) -> None:
    target = Account(stage.deployed.sandbox, "target", "aca-redshift-dr", "aca-redshift-dr")
    bucket = Deployed(stage.deployed.sandbox, target).outputs()["EvidenceBucketName"]
    stage.as_role("aca-redshift-backup-inventory", "s3").put_object(
        Bucket=bucket, Key=f"baselines/{uuid4().hex}.json", Body=b"{}", IfNoneMatch="*"
    )


def _look(redshift: Any) -> None:
    redshift.describe_cluster_snapshots()
    redshift.describe_clusters()


def check_copies_under_a_key(stage: Stage) -> None:
    key = customer_key(stage.deployed.account)
    stage.deployed.plant_copy(timedelta(hours=1), kms_key_id=key)
    stage.invoke(action="check")


def prune_copies(stage: Stage) -> None:
    for age in (timedelta(hours=1), timedelta(hours=2), timedelta(days=200)):
        stage.deployed.plant_copy(age)
    assert stage.invoke(action="prune")["deleted"] == 1


def hold_copy(stage: Stage) -> None:
    name = stage.deployed.plant_copy(timedelta(hours=1))
    stage.invoke(action="hold", snapshot_id=name, reason="audit")
    stage.invoke(action="release", snapshot_id=name)


def sweep(stage: Stage) -> None:
    restored_drill(stage)
    assert stage.invoke(action="sweep")["deleted"] == 1


def restored_drill(stage: Stage, *, is_announced: bool = True) -> str:
    """Have a cluster there whose restore test did not delete it, with its intent or without."""
    deployed, cluster = stage.deployed, _fresh_name()
    age = timedelta(minutes=len(deployed.snapshots()) + 1)
    deployed.client("redshift").restore_from_cluster_snapshot(
        ClusterIdentifier=cluster, SnapshotIdentifier=deployed.plant_copy(age)
    )
    intent = {
        "schema_version": 1,
        "account_id": deployed.owner,
        "cluster_identifier": cluster,
        "source_cluster_identifier": stage.cluster,
        "run_id": "run",
        "created_at": (deployed.now - timedelta(hours=3)).isoformat(),
        "expires_at": (deployed.now - timedelta(hours=2)).isoformat(),
    }
    if is_announced:
        deployed.client("s3").put_object(
            Bucket=deployed.outputs()["EvidenceBucketName"],
            Key=f"intents/{cluster}.json",
            Body=json.dumps(intent),
        )
    return cluster


def restore_looks(stage: Stage) -> None:
    _look(_restore_client(stage, "redshift"))


def restore(stage: Stage) -> None:
    outputs = stage.deployed.outputs()
    source = Account(stage.deployed.sandbox, "source", "aca-lambda-backup", "aca-redshift-backup")
    key = customer_key(source, TARGET)
    name = stage.deployed.plant(
        f"shared-{uuid4().hex}",
        timedelta(hours=1),
        account_id=SOURCE,
        kms_key_id=key,
        shared_with=[TARGET],
    )
    cluster, redshift = _fresh_name(), _restore_client(stage, "redshift")
    redshift.restore_from_cluster_snapshot(
        ClusterIdentifier=cluster,
        SnapshotIdentifier=name,
        SnapshotClusterIdentifier=CLUSTER,
        OwnerAccount=SOURCE,
        ClusterSubnetGroupName=outputs["SubnetGroupName"],
        KmsKeyId=outputs["RestoreKeyArn"],
    )
    redshift.create_tags(
        ResourceName=f"arn:aws:redshift:us-east-1:{TARGET}:cluster:{cluster}",
        Tags=[{"Key": f"{TAG}drill", "Value": "run"}],
    )


def delete_drill(stage: Stage) -> None:
    cluster = _fresh_name()
    create_cluster(stage.deployed.account, cluster)
    _restore_client(stage, "redshift").delete_cluster(
        ClusterIdentifier=cluster, SkipFinalClusterSnapshot=True
    )


def keep_copy(stage: Stage) -> None:
    _drill(stage)
    _restore_client(stage, "redshift").create_cluster_snapshot(
        ClusterIdentifier=DRILL,
        SnapshotIdentifier=f"{CLUSTER}-dr-20260101-000000",
        Tags=[{"Key": f"{TAG}managed-by", "Value": "redshift-backup"}],
    )


def query(stage: Stage) -> None:
    _drill(stage)
    data = _restore_client(stage, "redshift-data")
    login = {"ClusterIdentifier": DRILL, "Database": "dev", "DbUser": "awsuser"}
    _query(data, login)


def _query(data: Any, login: Mapping[str, str]) -> None:
    """Run a statement, read its result, and cancel it too late."""
    one = data.execute_statement(Sql="SELECT 1", **login)["Id"]
    for _ in range(_LOOKS):
        if data.describe_statement(Id=one)["Status"] == "FINISHED":
            break
    data.get_statement_result(Id=one)
    with suppress(data.exceptions.ValidationException):
        data.cancel_statement(Id=one)


def keep_evidence(stage: Stage) -> None:
    s3, bucket = _restore_client(stage, "s3"), stage.deployed.outputs()["EvidenceBucketName"]
    for folder in ("intents", "drills"):
        s3.put_object(Bucket=bucket, Key=f"{folder}/one.json", Body=b"{}")
        s3.get_object(Bucket=bucket, Key=f"{folder}/one.json")


def read_baseline(stage: Stage) -> None:
    place = {"Bucket": stage.deployed.outputs()["EvidenceBucketName"], "Key": "baselines/one.json"}
    stage.deployed.client("s3").put_object(**place, Body=b"{}")
    s3 = _restore_client(stage, "s3")
    s3.get_object(**place)
    s3.list_objects_v2(Bucket=place["Bucket"], Prefix="baselines/")


def log_in(stage: Stage) -> None:
    _drill(stage)
    _restore_client(stage, "redshift").get_cluster_credentials(
        ClusterIdentifier=DRILL, DbUser="awsuser", DbName="dev"
    )


def _restore_client(stage: Stage, service: str) -> Any:
    return stage.as_role("aca-redshift-dr-restore", service, ExternalId=EXTERNAL_ID)


def _fresh_name() -> str:
    return f"drill-{CLUSTER}-{uuid4().hex[:8]}"


def _drill(stage: Stage) -> None:
    """Have a cluster there as a restore leaves one."""
    redshift = stage.deployed.client("redshift")
    names = {one["ClusterIdentifier"] for one in redshift.describe_clusters()["Clusters"]}
    if DRILL not in names:
        create_cluster(stage.deployed.account, DRILL)


_ALL = (
    *(create, promote, replace_failed, share, share_adopted, share_under_a_closed_key),
    *(prune, prune_adopted, hold, adopt, check_near_quota, report_failure),
    *(fire_schedule, keep_undelivered),
    *(airflow_invokes, airflow_looks, airflow_alerts, inventory_looks),
    *(inventory_counts, inventory_logs_in, inventory_adds_a_baseline),
    *(check_copies_under_a_key, prune_copies, hold_copy, sweep),
    *(restore_looks, restore, delete_drill, keep_copy, query, log_in),
    *(keep_evidence, read_baseline),
)
SCENARIOS: Mapping[str, Callable[[Stage], None]] = {one.__name__: one for one in _ALL}
