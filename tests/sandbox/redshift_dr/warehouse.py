"""A source warehouse, its inventories and snapshot, and a restore of it in the DR account."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from redshift_dr.operators.inventory import RedshiftRecordInventoryOperator
from redshift_dr.operators.validate import RedshiftValidateOperator
from redshift_dr.validation.hooks import BaselineHook, WarehouseHook
from tests.sandbox.redshift_dr.conftest import settings
from tests.sandbox.redshiftdata.conftest import CLUSTER, Database, cached_client
from tests.unit.redshift_dr.fakes import FakeDagRun, FakeTaskInstance, context_of

SOURCE, TARGET = "164543933824", "058264155998"
NAME, SNAPSHOT, DRILL = "warehouse", "warehouse-20261120-020000", "drill-warehouse-0a1b2c3d"
READER = "redshift_dr_reader"
BUCKET = "evidence"
SHOP = (
    "CREATE SCHEMA shop",
    "CREATE TABLE shop.customers (id INTEGER, name VARCHAR(40))",
    "CREATE TABLE shop.orders (id INTEGER, customer INTEGER, placed TIMESTAMP)",
    "CREATE TABLE shop.empty (id INTEGER)",
    "INSERT INTO shop.customers SELECT n, 'Ada Lovelace' FROM (SELECT 1 AS n UNION ALL SELECT 2)",
    "CREATE TABLE shop.digits (d INTEGER)",
    "INSERT INTO shop.digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)",
    "INSERT INTO shop.orders SELECT a.d * 10 + b.d, 1 + b.d % 2, dateadd(hour, -1, getdate())"
    " FROM shop.digits a CROSS JOIN shop.digits b",
)


def grants(schema: str, reader: str = READER) -> list[str]:
    """What docs/validation.md has a person run."""
    return [
        f"GRANT USAGE ON SCHEMA {schema} TO {reader}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}",
    ]


class Warehouse:
    """The whole world of one drill.

    :param own_clients: whether tasks make their own AWS clients, as they do in Airflow.
    """

    def __init__(
        self,
        sandbox: Any,
        monkeypatch: pytest.MonkeyPatch,
        *,
        own_clients: bool = False,
        **drill: Any,
    ) -> None:
        self.sandbox = sandbox
        self.cluster = settings(NAME, **drill)
        for operation in ("snapshot", "restore"):
            sandbox.control("POST", "lifecycle", {"operation": operation, "seconds": 0})
        cached_client(sandbox, "s3", "target").create_bucket(Bucket=BUCKET)
        for name in ("AWS_SOURCE_INVENTORY", "AWS_DR"):
            variable = f"AIRFLOW_CONN_{name}"
            connection = json.loads(sandbox.environment[variable])
            connection["extra"]["service_config"] = {"s3": {"bucket_name": BUCKET}}
            monkeypatch.setenv(variable, json.dumps(connection))
        if not own_clients:
            share_clients(sandbox, monkeypatch)
        self._create_cluster()
        self.source = Database(sandbox, NAME)
        self.source.run(f"CREATE USER {READER} PASSWORD DISABLE")

    def _create_cluster(self) -> None:
        statements = [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
            for account in (SOURCE, TARGET)
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        key = cached_client(self.sandbox, "kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
        cached_client(self.sandbox, "redshift").create_cluster(
            ClusterIdentifier=NAME, KmsKeyId=key, **CLUSTER
        )

    def record(self, moment: str, **arguments: Any) -> Any:
        """Run one of the inventory's tasks."""
        operator = RedshiftRecordInventoryOperator(
            task_id=f"record_inventory_{moment}",
            cluster=self.cluster,
            drill=self.cluster.drill,
            moment=moment,
            **arguments,
        )
        return operator.execute(context_of(self.run))

    @property
    def run(self) -> FakeDagRun:
        """A backup run of now."""
        return FakeDagRun(run_after=datetime.now(UTC))

    def snapshot(self) -> None:
        """Freeze the warehouse and share it."""
        redshift = cached_client(self.sandbox, "redshift")
        redshift.create_cluster_snapshot(SnapshotIdentifier=SNAPSHOT, ClusterIdentifier=NAME)
        redshift.authorize_snapshot_access(
            SnapshotIdentifier=SNAPSHOT, AccountWithRestoreAccess=TARGET
        )

    def back_up(self) -> None:
        """Both inventories, and the snapshot between them."""
        before = self.record("before")
        self.snapshot()
        self.record("after", created=created(), before=before)

    def damage(self, *sqls: str) -> None:
        """Change the frozen data."""
        for sql in sqls:
            self.sandbox.control("POST", f"snapshots/{SNAPSHOT}/sql", {"sql": sql})

    def restore(self) -> None:
        """Restore the snapshot in the DR account."""
        subnets = cached_client(self.sandbox, "ec2", "target").describe_subnets()["Subnets"]
        target = cached_client(self.sandbox, "redshift", "target")
        target.create_cluster_subnet_group(
            ClusterSubnetGroupName="drill", Description="drill", SubnetIds=[subnets[0]["SubnetId"]]
        )
        target.restore_from_cluster_snapshot(
            SnapshotIdentifier=SNAPSHOT,
            ClusterIdentifier=DRILL,
            ClusterSubnetGroupName="drill",
            OwnerAccount=SOURCE,
        )

    def create_time(self) -> datetime:
        """When the snapshot began."""
        redshift = cached_client(self.sandbox, "redshift")
        (found,) = redshift.describe_cluster_snapshots(SnapshotIdentifier=SNAPSHOT)["Snapshots"]
        moment: datetime = found["SnapshotCreateTime"]
        return moment

    def validate(self, ti: FakeTaskInstance, folder: Any) -> dict[str, Any]:
        """Run the drill's task ``validate``; what it returns, or leaves when it fails."""
        operator = RedshiftValidateOperator(
            task_id="validate",
            cluster=self.cluster,
            selected={
                "snapshot_id": SNAPSHOT,
                "snapshot_create_time": self.create_time().isoformat(),
            },
            restored={"drill_cluster_identifier": DRILL, "evidence_bucket": BUCKET},
            available={"restore_seconds": 1},
            checks_folder=str(folder),
        )
        return operator.execute(context_of(self.run, ti))


def share_clients(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give tasks the tests' clients: making them, two roles assumed, takes longer than a test."""
    for hook, service in ((WarehouseHook, "redshift-data"), (BaselineHook, "s3")):

        def conn(self: Any, service: str = service) -> Any:
            account = "target" if self.aws_conn_id == "aws_dr" else "source"
            return cached_client(sandbox, service, account)

        monkeypatch.setattr(hook, "conn", property(conn))


def created(**fields: Any) -> dict[str, Any]:
    """What ``create_snapshot`` returns."""
    return {"snapshot_id": SNAPSHOT, "exists": True, "origin": "created", **fields}


def by_name(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The checks of a result."""
    return {check["name"]: check for check in result["checks"]}


def write_checks(folder: Any, **files: str) -> Sequence[Any]:
    """Write check files."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())
