"""With the guard on: what the roles of both stacks cannot do, and who cannot become them."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.deploy.conftest import TARGET
from tests.deploy.deployed import (
    AIRFLOW_PRINCIPAL,
    CLUSTER,
    DRILL,
    EXTERNAL_ID,
    TAG,
    Deployed,
    deploy_dr,
    deploy_source,
)
from tests.deploy.scenarios import Stage, restored_drill

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FUNCTION_ROLE = "aca-redshift-backup-function"
RESTORE_ROLE = "aca-redshift-dr-restore"
OURS = {"Key": f"{TAG}managed-by", "Value": "redshift-backup"}


@pytest.fixture(scope="module")
def stacks(module_sandbox: Any) -> Iterator[tuple[Deployed, Deployed]]:
    """Both stacks under the guard, their schedules off."""
    source = deploy_source(
        module_sandbox, AirflowPrincipalArn=AIRFLOW_PRINCIPAL, BackupScheduleState="DISABLED"
    )
    target = deploy_dr(module_sandbox)
    source.switch_schedule("aca-redshift-backup-reconcile", "DISABLED")
    for name in ("aca-redshift-dr", "aca-redshift-dr-sweep"):
        target.switch_schedule(name, "DISABLED")
    with source.guarded():
        yield source, target


@pytest.fixture
def source(stacks: tuple[Deployed, Deployed]) -> Deployed:
    """The source account without snapshots."""
    stacks[0].delete_snapshots()
    return stacks[0]


@pytest.fixture
def target(stacks: tuple[Deployed, Deployed]) -> Deployed:
    """The DR account without snapshots."""
    stacks[1].delete_snapshots()
    return stacks[1]


def _is_denied(call: Callable[..., Any], **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "AccessDenied")
    return False


def _as_function(deployed: Deployed) -> Any:
    """Become the function's role, which trusts Lambda alone until somebody changes that."""
    iam, role = deployed.client("iam"), f"{deployed.account.function}-function"
    assert _is_denied(partial(Stage(deployed).as_role, role, "redshift"))
    trust = {"Effect": "Allow", "Principal": {"AWS": deployed.owner}, "Action": "sts:AssumeRole"}
    whole = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    opened = whole | {"Statement": [*whole["Statement"], trust]}
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(opened))
    try:
        return Stage(deployed).as_role(role, "redshift")
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(whole))


def test_function_role_cannot_touch_another_prefix_or_cluster(source: Deployed) -> None:
    redshift = _as_function(source)
    other = source.plant("other-prefix-20260101-000000", timedelta(days=30))
    elsewhere = source.plant_ours(
        timedelta(days=31), name="aca-lambda-snapshot-1", cluster_identifier="finance"
    )
    untagged = source.plant("aca-lambda-snapshot-20250101-000000", timedelta(days=32))
    for name in (other, elsewhere, untagged):
        assert _is_denied(redshift.delete_cluster_snapshot, SnapshotIdentifier=name), name
        assert _is_denied(
            redshift.authorize_snapshot_access,
            SnapshotIdentifier=name,
            AccountWithRestoreAccess=TARGET,
        ), name
    for cluster, name in ((CLUSTER, "other-1"), ("finance", "aca-lambda-snapshot-2")):
        create = partial(redshift.create_cluster_snapshot, ClusterIdentifier=cluster)
        assert _is_denied(create, SnapshotIdentifier=name, Tags=[OURS])
    untagged_create = partial(redshift.create_cluster_snapshot, ClusterIdentifier=CLUSTER)
    assert _is_denied(untagged_create, SnapshotIdentifier="aca-lambda-snapshot-3")


@pytest.mark.parametrize("role", ["airflow", "inventory"])
def test_airflow_role_cannot_change_snapshots(source: Deployed, role: str) -> None:
    redshift = Stage(source).as_role(f"aca-redshift-backup-{role}", "redshift")
    for call in _changes(redshift, source):
        assert _is_denied(call), call


def test_restore_role_cannot_change_snapshots_or_delete_other_clusters(target: Deployed) -> None:
    redshift = Stage(target).as_role(RESTORE_ROLE, "redshift", ExternalId=EXTERNAL_ID)
    for call in _changes(redshift, target):
        assert _is_denied(call), call
    delete = partial(redshift.delete_cluster, SkipFinalClusterSnapshot=True)
    assert _is_denied(delete, ClusterIdentifier=CLUSTER)
    assert _is_denied(delete, ClusterIdentifier="a-drill-1")
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault):
        delete(ClusterIdentifier="drill-of-nobody")


def test_restore_role_cannot_be_assumed_without_its_external_id(target: Deployed) -> None:
    assume = partial(Stage(target).as_role, RESTORE_ROLE, "redshift")
    assert _is_denied(assume)
    assert _is_denied(assume, ExternalId="a-wrong-secret")
    assume(ExternalId=EXTERNAL_ID)


def test_a_request_signed_with_a_wrong_secret_is_refused(target: Deployed) -> None:
    keys = target.sandbox.client("sts", "source").assume_role(
        RoleArn=f"arn:aws:iam::{TARGET}:role/{RESTORE_ROLE}",
        RoleSessionName="wrong",
        ExternalId=EXTERNAL_ID,
    )["Credentials"]
    session = boto3.session.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"][::-1],
        aws_session_token=keys["SessionToken"],
        region_name="us-east-1",
    )
    redshift = session.client("redshift", endpoint_url=target.sandbox.url)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        redshift.describe_clusters()


def _changes(redshift: Any, deployed: Deployed) -> list[Callable[[], Any]]:
    """What no role of Airflow may do with a snapshot of the account, ours or not."""
    name = deployed.plant_ours(timedelta(days=3))
    return [
        partial(
            redshift.create_cluster_snapshot,
            ClusterIdentifier=CLUSTER,
            SnapshotIdentifier="aca-lambda-snapshot-20260101-000000",
            Tags=[OURS],
        ),
        partial(redshift.delete_cluster_snapshot, SnapshotIdentifier=name),
        partial(
            redshift.batch_delete_cluster_snapshots,
            Identifiers=[{"SnapshotIdentifier": name, "SnapshotClusterIdentifier": DRILL}],
        ),
        partial(
            redshift.modify_cluster_snapshot,
            SnapshotIdentifier=name,
            ManualSnapshotRetentionPeriod=1,
        ),
        partial(
            redshift.authorize_snapshot_access,
            SnapshotIdentifier=name,
            AccountWithRestoreAccess=TARGET,
        ),
        partial(
            redshift.revoke_snapshot_access,
            SnapshotIdentifier=name,
            AccountWithRestoreAccess=TARGET,
        ),
    ]


def test_dr_function_prunes_its_own_copies_and_nothing_else(target: Deployed) -> None:
    fresh, old = timedelta(days=1), timedelta(days=200)
    for age in (fresh, timedelta(days=8), old):
        target.plant_copy(age)
    other = target.plant("of-another-team", old, cluster_identifier=DRILL)
    target.sandbox.control("DELETE", "iam-log")
    answer = target.account.invoke(action="reconcile")
    copies = next(row for row in answer["clusters"] if row["cluster_identifier"] == CLUSTER)
    assert copies["deleted"] == 1, copies
    rows = target.sandbox.control("GET", "iam-log")
    assert [row["action"] for row in rows if not row["allowed"]] == []
    left = target.snapshots()
    assert other in left
    assert len(left) == 3


def test_dr_function_sweeps_what_is_announced_and_nothing_else(target: Deployed) -> None:
    stage = Stage(target)
    announced, unknown = restored_drill(stage), restored_drill(stage, is_announced=False)
    target.sandbox.control("DELETE", "iam-log")
    swept, checked = target.account.invoke(action="sweep"), target.account.invoke(action="check")
    rows = target.sandbox.control("GET", "iam-log")
    assert [row["action"] for row in rows if not row["allowed"]] == []
    verdicts = {row["id"]: row["verdict"] for row in swept["clusters"]}
    assert (verdicts[announced], verdicts[unknown]) == ("deleted", "not ours")
    states = {row["name"]: row["status"] for row in checked["checks"]}
    assert (states["evidence_bucket"], states["permissions"]) == ("OK", "OK")
