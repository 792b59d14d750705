"""A deployed stack with what its tests stand on: a cluster, a customer's key, a pager queue."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.deploy.conftest import ROOT, SOURCE, TARGET, TEMPLATES, Account
from tests.pages import drain

AIRFLOW_PRINCIPAL = f"arn:aws:iam::{SOURCE}:root"
EXTERNAL_ID = "a-shared-secret"
CLUSTER = "aca-redshift-cluster"
READER = "redshift_dr_reader"
DRILL = f"drill-{CLUSTER}-0a1b2c3d"
TAG = "redshift-backup:"
HOUR = 3600
_READS_KEY = ["kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant"]


def customer_key(account: Account, *readers: str) -> str:
    """Make a key that other accounts may restore with."""
    kms = account.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    for reader in readers:
        principal = {"AWS": f"arn:aws:iam::{reader}:root"}
        admitted = {"Effect": "Allow", "Principal": principal, "Action": _READS_KEY}
        policy["Statement"].append(admitted | {"Resource": "*"})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    return str(key)


@cache
def _function_code() -> bytes:
    """Build the function's zip, once a process."""
    with tempfile.TemporaryDirectory() as directory:
        built = Path(directory) / "code.zip"
        command = [sys.executable, str(ROOT / "lambda" / "build_zip.py"), "--output", str(built)]
        subprocess.run(command, check=True, capture_output=True)
        return built.read_bytes()


def _as_list(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]


def create_cluster(account: Account, identifier: str) -> None:
    """Make a cluster whose snapshots the DR account can restore."""
    account.client("redshift").create_cluster(
        ClusterIdentifier=identifier,
        NodeType="ra3.large",
        NumberOfNodes=2,
        MasterUsername="awsuser",
        MasterUserPassword="Fake-Sandbox-Password-1",
        Encrypted=True,
        KmsKeyId=customer_key(account, TARGET),
    )


def create_reader(account: Account, cluster: str) -> None:
    """Make the user of a cluster's database as whom its rows are counted."""
    account.client("redshift-data").execute_statement(
        ClusterIdentifier=cluster,
        Database="dev",
        DbUser="awsuser",
        Sql=f"CREATE USER {READER} PASSWORD DISABLE",
    )


class Deployed:
    """One account with its stack, as time passes over it.

    :ivar owner: the account's id.
    """

    def __init__(self, sandbox: Any, account: Account) -> None:
        self.sandbox, self.account = sandbox, account
        self.owner = SOURCE if account.name == "source" else TARGET

    def client(self, service: str) -> Any:
        return self.account.client(service)

    def create_stack(self, parameters: Mapping[str, str]) -> None:
        """Create the account's stack as one does by hand, which costs less than the script."""
        bucket = f"code-{self.owner}"
        s3 = self.client("s3")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="code.zip", Body=_function_code())
        kind = "source" if self.account.name == "source" else "dr"
        packaged = f"{{S3Bucket: {bucket}, S3Key: code.zip}}"
        text = TEMPLATES[kind].read_text(encoding="utf-8")
        self.client("cloudformation").create_stack(
            StackName=self.account.stack,
            TemplateBody=text.replace("../../build/aca-redshift-backup.zip", packaged),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=_as_list(parameters),
        )
        self._demand("CREATE_COMPLETE")

    def change_stack(self, **parameters: str) -> None:
        """Change parameters of the stack; the others stay."""
        stacks = self.client("cloudformation")
        found = stacks.describe_stacks(StackName=self.account.stack)["Stacks"][0]["Parameters"]
        kept = {one["ParameterKey"]: one["ParameterValue"] for one in found}
        stacks.update_stack(
            StackName=self.account.stack,
            UsePreviousTemplate=True,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=_as_list(kept | parameters),
        )
        self._demand("UPDATE_COMPLETE")

    def _demand(self, status: str) -> None:
        stacks = self.client("cloudformation")
        found = stacks.describe_stacks(StackName=self.account.stack)["Stacks"][0]
        assert found["StackStatus"] == status, found

    @property
    def now(self) -> datetime:
        """The sandbox's time, whole seconds."""
        told = self.sandbox.control("GET", "clock")["now"]
        return datetime.fromisoformat(told).replace(microsecond=0)

    def hours_to(self, hour: int, minute: int = 0) -> float:
        """Return the hours that are left to the next such time of day."""
        now = self.now
        next_one = now.replace(hour=hour, minute=minute, second=0)
        if next_one <= now:
            next_one += timedelta(days=1)
        return (next_one - now).total_seconds() / HOUR

    def pass_hours(self, hours: float) -> None:
        self.sandbox.control("POST", "clock", {"advance_seconds": hours * HOUR})

    def plant(self, identifier: str, age: timedelta, **more: Any) -> str:
        """Put a snapshot of an age there, as if it had been made then."""
        row = {
            "account_id": self.owner,
            "cluster_identifier": CLUSTER,
            "snapshot_identifier": identifier,
            "create_time": (self.now - age).isoformat(),
        }
        self.sandbox.control("POST", "snapshots", [row | more])
        return identifier

    def plant_ours(self, age: timedelta, origin: str = "created", **more: Any) -> str:
        """Put a snapshot there that the function has made, or adopted."""
        slot = self.now - age
        tags = {
            f"{TAG}managed-by": "redshift-backup",
            f"{TAG}slot": slot.isoformat().replace("+00:00", "Z"),
            f"{TAG}origin": origin,
        }
        name = more.pop("name", f"aca-lambda-snapshot-{slot:%Y%m%d-%H%M%S}")
        return self.plant(name, age, tags=tags | more.pop("tags", {}), **more)

    def plant_copy(self, age: timedelta, **more: Any) -> str:
        """Put a copy there that a restore test has left in the DR account."""
        name = f"{CLUSTER}-dr-{self.now - age:%Y%m%d-%H%M%S}"
        source = {f"{TAG}source-cluster": CLUSTER, f"{TAG}source-snapshot": "of-the-slot"}
        return self.plant_ours(age, name=name, cluster_identifier=DRILL, tags=source, **more)

    def snapshots(self) -> dict[str, dict[str, Any]]:
        """The account's manual snapshots by identifier."""
        pages = self.client("redshift").get_paginator("describe_cluster_snapshots")
        found = pages.paginate(SnapshotType="manual")
        return {one["SnapshotIdentifier"]: one for page in found for one in page["Snapshots"]}

    def delete_snapshots(self) -> None:
        """Delete every manual snapshot of the account."""
        redshift = self.client("redshift")
        for name, snapshot in self.snapshots().items():
            for reader in snapshot.get("AccountsWithRestoreAccess", ()):
                redshift.revoke_snapshot_access(
                    SnapshotIdentifier=name, AccountWithRestoreAccess=reader["AccountId"]
                )
            redshift.delete_cluster_snapshot(SnapshotIdentifier=name)

    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""
        stacks = self.client("cloudformation").describe_stacks(StackName=self.account.stack)
        rows = stacks["Stacks"][0]["Outputs"]
        return {row["OutputKey"]: row["OutputValue"] for row in rows}

    def listen(self) -> None:
        """Put a queue on the topic of the alarms."""
        topic = f"arn:aws:sns:us-east-1:{self.owner}:{self.account.function}-alerts"
        queue = f"arn:aws:sqs:us-east-1:{self.owner}:pager"
        self.client("sqs").create_queue(QueueName="pager")
        self.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)

    def pages(self) -> list[tuple[str, str]]:
        """Take the alarms that arrived since the last look, each with its new state."""
        told = [json.loads(json.loads(body)["Message"]) for body in self.take("pager")]
        return [(one["AlarmName"], one["NewStateValue"]) for one in told if "AlarmName" in one]

    def take(self, queue: str) -> list[str]:
        """Take every message of a queue."""
        sqs = self.client("sqs")
        return drain(sqs, sqs.get_queue_url(QueueName=queue)["QueueUrl"])

    def states(self) -> dict[str, str]:
        """Every alarm of the account with its state."""
        kinds = ["MetricAlarm", "CompositeAlarm"]
        answer = self.client("cloudwatch").describe_alarms(AlarmTypes=kinds)
        alarms = answer["MetricAlarms"] + answer["CompositeAlarms"]
        return {one["AlarmName"]: one["StateValue"] for one in alarms}

    def break_calls(self, service: str, operation: str, **fault: Any) -> None:
        """Make calls fail from now on."""
        body = {"service": service, "operation": operation, "kind": "error_500", "times": 10_000}
        self.sandbox.control("POST", "faults", body | fault)

    def switch_schedule(self, name: str, state: str, every: str | None = None) -> None:
        """Switch a schedule of the stack on or off, as somebody does by hand."""
        scheduler = self.client("scheduler")
        found = scheduler.get_schedule(Name=name)
        kept = {key: found[key] for key in ("Name", "FlexibleTimeWindow", "Target")}
        expression = every or found["ScheduleExpression"]
        scheduler.update_schedule(**kept, ScheduleExpression=expression, State=state)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Let policies, trust and signatures hold for as long as it lasts."""
        self.sandbox.control("POST", "iam", {"enforce": True})
        self.sandbox.control("DELETE", "iam-log")
        try:
            yield
        finally:
            self.sandbox.control("POST", "iam", {"enforce": False})


def deploy_source(sandbox: Any, **parameters: str) -> Deployed:
    """Deploy the source stack beside a cluster whose key lets the DR account restore."""
    account = Account(sandbox, "source", "aca-lambda-backup", "aca-redshift-backup")
    deployed = Deployed(sandbox, account)
    _hurry(sandbox)
    create_cluster(account, CLUSTER)
    deployed.create_stack(parameters)
    deployed.listen()
    return deployed


def deploy_dr(sandbox: Any, **parameters: str) -> Deployed:
    """Deploy the DR stack."""
    account = Account(sandbox, "target", "aca-redshift-dr", "aca-redshift-dr")
    deployed = Deployed(sandbox, account)
    _hurry(sandbox)
    needed = {"ExternalId": EXTERNAL_ID, "AirflowPrincipalArn": AIRFLOW_PRINCIPAL}
    deployed.create_stack(needed | parameters)
    deployed.listen()
    return deployed


def _hurry(sandbox: Any) -> None:
    """Let what takes minutes on AWS take no time."""
    for operation in ("snapshot", "copy", "restore", "delete_cluster"):
        body = {"operation": operation, "seconds": 0, "outcome": "available"}
        sandbox.control("POST", "lifecycle", body)
