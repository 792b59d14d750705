"""With the guard on: the inventory role can record, and can neither read nor overwrite."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from redshift_dr.config import ClusterConfig
from redshift_dr.config.drill import DrillConfig
from redshift_dr.operators.inventory import RedshiftRecordInventoryOperator
from sandbox.accounts import SOURCE as SOURCE_ACCOUNT
from tests.deploy.conftest import DR_FLAGS, SOURCE, TARGET, Account
from tests.sandbox.redshift_dr.warehouse import READER, SHOP, created, grants
from tests.sandbox.redshiftdata.conftest import CLUSTER, Database
from tests.unit.redshift_dr.fakes import FakeDagRun, context_of

NAME = "aca-redshift-cluster"
ROLE = f"arn:aws:iam::{SOURCE}:role/aca-redshift-backup-inventory"
EVERYBODY = ("--airflow-principal-arn", f"arn:aws:iam::{SOURCE}:root")
pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(
    sandbox: Any, source: Account, target: Account, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Both stacks, a cluster with a reader, the connection, and the guard."""
    source.deploy(*EVERYBODY)
    target.deploy(*DR_FLAGS, "--inventory-role-arn", ROLE)
    rows = target.client("cloudformation").describe_stacks(StackName="aca-redshift-dr")["Stacks"]
    outputs = {row["OutputKey"]: row["OutputValue"] for row in rows[0]["Outputs"]}
    source.client("redshift").create_cluster(ClusterIdentifier=NAME, **CLUSTER)
    database = Database(sandbox, NAME)
    database.run(f"CREATE USER {READER} PASSWORD DISABLE")
    database.submit([*SHOP, *grants("shop")])
    bucket = outputs["EvidenceBucketName"]
    extra = {
        "region_name": "us-east-1",
        "role_arn": ROLE,
        "service_config": {"s3": {"bucket_name": bucket}},
    }
    connection = {
        "conn_type": "aws",
        "login": SOURCE_ACCOUNT.access_key_id,
        "password": SOURCE_ACCOUNT.secret_access_key,
        "extra": extra,
    }
    monkeypatch.setenv("AIRFLOW_CONN_AWS_SOURCE_INVENTORY", json.dumps(connection))
    sandbox.control("POST", "iam", {"enforce": True})
    yield bucket
    sandbox.control("POST", "iam", {"enforce": False})


def record(moment: str, **arguments: Any) -> Any:
    cluster = ClusterConfig(
        cluster_identifier=NAME,
        source_account_id=SOURCE,
        target_account_id=TARGET,
        region_name="us-east-1",
        schedule=None,
        owner="data-platform",
        contact="data-platform@example.com",
        alert_topic_arn=f"arn:aws:sns:us-east-1:{SOURCE}:redshift-dr-alerts",
        drill=DrillConfig(),
    )
    operator = RedshiftRecordInventoryOperator(
        task_id=moment, cluster=cluster, drill=cluster.drill, moment=moment, **arguments
    )
    run_after = datetime.now(UTC)
    return operator.execute(context_of(FakeDagRun(run_after=run_after)))


def refused(call: Any, **arguments: Any) -> bool:
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return raised.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


def test_inventory_role_records_and_can_do_nothing_else(sandbox: Any, bucket: str) -> None:
    before = record("before")
    after = record("after", created=created(), before=before)

    assert (after["rows"], after["uncounted"]) == (112, 0)
    sts = sandbox.client("sts", "source")
    found = sts.assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]
    session = boto3.Session(
        found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], "us-east-1"
    )
    s3, data = session.client("s3"), session.client("redshift-data")
    assert refused(s3.get_object, Bucket=bucket, Key=after["key"])
    assert refused(s3.put_object, Bucket=bucket, Key=after["key"], Body=b"{}")
    assert refused(s3.put_object, Bucket=bucket, Key="drills/x", Body=b"{}", IfNoneMatch="*")
    assert refused(s3.delete_object, Bucket=bucket, Key=after["key"])
    where = {"ClusterIdentifier": NAME, "Database": "dev", "Sql": "SELECT 1"}
    assert refused(data.execute_statement, **where, DbUser="awsuser")
    assert refused(session.client("redshift").delete_cluster, ClusterIdentifier=NAME)
