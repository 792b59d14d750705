"""With the guard on: what the stack grants is used, and what is used is granted."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.deploy.conftest import DR_FLAGS, SOURCE, TARGET, Account, load

CLUSTER = "aca-redshift-cluster"
MANAGED_BY = "redshift-backup:managed-by"
ROLE = "aca-redshift-backup-function"
# What the platform does with the role, and the sandbox does without asking.
_BY_THE_PLATFORM = {"Log", "ReportFailures", "EncryptReports"}


class World:
    """A deployed function, a cluster under a customer's key, and the guard."""

    def __init__(self, sandbox: Any, account: Account) -> None:
        self.sandbox, self.account = sandbox, account
        self.now = datetime.now(UTC).replace(microsecond=0)

    def plant(self, identifier: str, age: timedelta, **more: Any) -> str:
        row = {
            "account_id": SOURCE,
            "cluster_identifier": CLUSTER,
            "snapshot_identifier": identifier,
            "create_time": (self.now - age).isoformat(),
        }
        self.sandbox.control("POST", "snapshots", [row | more])
        return identifier

    def plant_ours(self, age: timedelta, origin: str = "created", **more: Any) -> str:
        slot = self.now - age
        tags = {
            MANAGED_BY: "redshift-backup",
            "redshift-backup:slot": slot.isoformat().replace("+00:00", "Z"),
            "redshift-backup:origin": origin,
        }
        name = more.pop("name", f"aca-lambda-snapshot-{slot:%Y%m%d-%H%M%S}")
        return self.plant(name, age, tags=tags, **more)

    def plant_copy(self, identifier: str, age: timedelta, drill: str) -> str:
        tags = {MANAGED_BY: "redshift-backup", "redshift-backup:source-cluster": CLUSTER}
        where = {"account_id": TARGET, "cluster_identifier": drill}
        return self.plant(identifier, age, tags=tags, **where)

    def asked(self) -> list[dict[str, Any]]:
        rows = self.sandbox.control("GET", "iam-log")
        return [row for row in rows if ROLE in row["principal"]]


def _key(sandbox: Any, *accounts: str) -> str:
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": action,
            "Resource": "*",
        }
        for account in (SOURCE, *accounts)
        for action in ("kms:*" if account == SOURCE else "kms:Decrypt",)
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return str(sandbox.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])


@pytest.fixture
def world(sandbox: Any, source: Account) -> Iterator[World]:
    """The deployed source account; the guard is off again afterwards."""
    source.deploy()
    source.client("redshift").create_cluster(
        ClusterIdentifier=CLUSTER,
        NodeType="ra3.large",
        NumberOfNodes=2,
        MasterUsername="awsuser",
        MasterUserPassword="Fake-Sandbox-Password-1",
        Encrypted=True,
        KmsKeyId=_key(sandbox, TARGET),
    )
    sandbox.control("POST", "lifecycle", {"operation": "snapshot", "seconds": 0})
    sandbox.control("POST", "lifecycle", {"operation": "copy", "seconds": 0})
    sandbox.control("POST", "iam", {"enforce": True})
    sandbox.control("DELETE", "iam-log")
    yield World(sandbox, source)
    sandbox.control("POST", "iam", {"enforce": False})


def _run_every_scenario(world: World) -> None:
    call = world.account.invoke
    backed_up = call(action="backup")
    assert backed_up["shared"], backed_up
    newest = backed_up["snapshot_id"]
    assert call(action="hold", snapshot_id=newest, reason="audit")["status"] == "completed"
    assert call(action="release", snapshot_id=newest)["status"] == "completed"
    passed = call(
        action="stamp",
        snapshot_id=newest,
        result="passed",
        verified_at=datetime.now(UTC).isoformat(timespec="seconds"),
        restore_seconds=60,
        evidence_uri="s3://evidence/run",
    )
    assert passed["status"] == "completed", passed
    _replace_failed(world)
    _promote(world)
    _adopt(world)
    world.plant_ours(timedelta(days=20), shared_with=[TARGET])
    world.plant_ours(timedelta(days=21), "adopted", name="by-hand-old", shared_with=[TARGET])
    world.plant_ours(timedelta(days=22))
    pruned = call(action="prune")
    assert pruned["deleted"] == 3, pruned
    assert call(action="reconcile")["status"] == "completed"
    _check_near_quota(world)
    _share_under_a_key_whose_policy_leaves_the_target_out(world)


def _share_under_a_key_whose_policy_leaves_the_target_out(world: World) -> None:
    name = world.plant_ours(timedelta(hours=5), kms_key_id=_key(world.sandbox))
    assert world.account.invoke(action="share", snapshot_id=name)["status"] == "completed"


def _replace_failed(world: World) -> None:
    age = timedelta(hours=3)
    world.plant_ours(age, status="failed")
    slot = (world.now - age).isoformat()
    made = world.account.invoke(action="create", slot=slot)
    assert made["origin"] == "created", made


def _promote(world: World) -> None:
    age = timedelta(days=2)
    name = f"rs:{CLUSTER}-{world.now - age:%Y-%m-%d-%H-%M-%S}"
    world.plant(name, age, type="automated")
    slot = (world.now - age - timedelta(minutes=5)).isoformat()
    made = world.account.invoke(action="create", slot=slot)
    assert made["origin"] == "promoted", made


def _adopt(world: World) -> None:
    name = world.plant("by-hand", timedelta(days=1))
    adopted = world.account.invoke(action="adopt", snapshot_ids=[name], dry_run=False)
    assert adopted["status"] == "completed", adopted
    shared = world.account.invoke(action="share", snapshot_id=name)
    assert shared["status"] == "completed", shared


def _check_near_quota(world: World) -> None:
    for number in range(18):
        world.plant(f"other-{number}", timedelta(days=1))
    assert world.account.invoke(action="check")["status"] == "completed"


def _granted() -> set[str]:
    resource = load("source")["Resources"]["FunctionRole"]["Properties"]
    granted = set()
    for statement in resource["Policies"][0]["PolicyDocument"]["Statement"]:
        statement = statement.get("Fn::If", [None, statement])[1]
        actions = statement["Action"]
        actions = [actions] if isinstance(actions, str) else actions
        if statement["Sid"] not in _BY_THE_PLATFORM:
            granted |= {f"{statement['Sid']} {action}" for action in actions}
    return granted


@pytest.mark.timeout(300)
def test_everything_granted_is_used_and_nothing_else_is_asked_for(world: World) -> None:
    _run_every_scenario(world)
    asked = world.asked()
    denied = [(row["action"], row["resources"]) for row in asked if not row["allowed"]]
    assert denied == []
    used = {
        f"{statement.rpartition('/')[2]} {row['action']}"
        for row in asked
        for statement in row["statements"]
    }
    assert _granted() <= used, f"granted and not used: {sorted(_granted() - used)}"


def _as_role(sandbox: Any, account: str, name: str, service: str, **arguments: Any) -> Any:
    owner = {"source": SOURCE, "target": TARGET}[account]
    keys = sandbox.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{owner}:role/{name}", RoleSessionName="test", **arguments
    )["Credentials"]
    session = boto3.session.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name="us-east-1",
    )
    return session.client(service, endpoint_url=sandbox.url)


def _is_denied(call: Callable[..., Any], **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "AccessDenied")
    return False


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_function_role_cannot_touch_another_prefix_or_cluster(world: World) -> None:
    iam = world.sandbox.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": SOURCE}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=document)
    redshift = _as_role(world.sandbox, "source", ROLE, "redshift")
    other = world.plant("other-prefix-20260101-000000", timedelta(days=30))
    elsewhere = world.plant_ours(
        timedelta(days=31), name="aca-lambda-snapshot-1", cluster_identifier="finance"
    )
    untagged = world.plant("aca-lambda-snapshot-20250101-000000", timedelta(days=32))
    for name in (other, elsewhere, untagged):
        assert _is_denied(redshift.delete_cluster_snapshot, SnapshotIdentifier=name), name
        assert _is_denied(
            redshift.authorize_snapshot_access,
            SnapshotIdentifier=name,
            AccountWithRestoreAccess=TARGET,
        ), name
    tags = [{"Key": MANAGED_BY, "Value": "redshift-backup"}]
    for cluster, name in ((CLUSTER, "other-1"), ("finance", "aca-lambda-snapshot-2")):
        create = partial(redshift.create_cluster_snapshot, ClusterIdentifier=cluster)
        assert _is_denied(create, SnapshotIdentifier=name, Tags=tags)
    untagged_create = partial(redshift.create_cluster_snapshot, ClusterIdentifier=CLUSTER)
    assert _is_denied(untagged_create, SnapshotIdentifier="aca-lambda-snapshot-3")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_airflow_invokes_and_looks_and_changes_nothing(sandbox: Any, source: Account) -> None:
    source.deploy("--airflow-principal-arn", f"arn:aws:iam::{SOURCE}:root")
    sandbox.control("POST", "iam", {"enforce": True})
    try:
        role = "aca-redshift-backup-airflow"
        invoked = _as_role(sandbox, "source", role, "lambda").invoke(
            FunctionName="aca-redshift-backup", Payload=b'{"action": "status"}'
        )
        assert invoked["StatusCode"] == 200
        redshift = _as_role(sandbox, "source", role, "redshift")
        assert redshift.describe_cluster_snapshots()["Snapshots"] == []
        for call in _changes(redshift):
            assert _is_denied(call)
    finally:
        sandbox.control("POST", "iam", {"enforce": False})


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_restore_role_needs_its_external_id_and_deletes_drills_only(
    sandbox: Any, target: Account
) -> None:
    target.deploy(*DR_FLAGS)
    sandbox.control("POST", "iam", {"enforce": True})
    try:
        role = "aca-redshift-dr-restore"
        assume = partial(_as_role, sandbox, "target", role, "redshift")
        assert _is_denied(assume)
        assert _is_denied(assume, ExternalId="a-wrong-secret")
        redshift = assume(ExternalId="a-shared-secret")
        for call in _changes(redshift):
            assert _is_denied(call)
        delete = partial(redshift.delete_cluster, SkipFinalClusterSnapshot=True)
        assert _is_denied(delete, ClusterIdentifier=CLUSTER)
        with pytest.raises(redshift.exceptions.ClusterNotFoundFault):
            delete(ClusterIdentifier="drill-1")
    finally:
        sandbox.control("POST", "iam", {"enforce": False})


def _changes(redshift: Any) -> list[Callable[[], Any]]:
    """What neither Airflow role may do, in either account."""
    name = "aca-lambda-snapshot-20260101-000000"
    tags = [{"Key": MANAGED_BY, "Value": "redshift-backup"}]
    return [
        partial(
            redshift.create_cluster_snapshot,
            ClusterIdentifier=CLUSTER,
            SnapshotIdentifier=name,
            Tags=tags,
        ),
        partial(redshift.delete_cluster_snapshot, SnapshotIdentifier=name),
        partial(
            redshift.batch_delete_cluster_snapshots,
            Identifiers=[{"SnapshotIdentifier": name, "SnapshotClusterIdentifier": "drill-1"}],
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


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_dr_function_prunes_its_own_copies_and_nothing_else(sandbox: Any, target: Account) -> None:
    target.deploy(*DR_FLAGS)
    world = World(sandbox, target)
    drill = f"drill-{CLUSTER}-0a1b2c3d"
    fresh, old = timedelta(days=1), timedelta(days=200)
    for number, age in enumerate((fresh, timedelta(days=8), old)):
        world.plant_copy(f"{CLUSTER}-dr-{world.now - age:%Y%m%d}-00000{number}", age, drill)
    other = world.plant("of-another-team", old, account_id=TARGET, cluster_identifier=drill)
    sandbox.control("POST", "iam", {"enforce": True})
    sandbox.control("DELETE", "iam-log")
    try:
        answer = target.invoke(action="reconcile")
    finally:
        sandbox.control("POST", "iam", {"enforce": False})
    report = next(row for row in answer["clusters"] if row["cluster_identifier"] == CLUSTER)
    assert report["deleted"] == 1, report
    rows = sandbox.control("GET", "iam-log")
    assert [row["action"] for row in rows if not row["allowed"]] == []
    left = target.client("redshift").describe_cluster_snapshots(SnapshotType="manual")["Snapshots"]
    names = {one["SnapshotIdentifier"] for one in left}
    assert other in names
    assert len(names) == 3


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_dr_function_sweeps_by_its_own_role_and_checks_the_copies(
    sandbox: Any, target: Account
) -> None:
    target.deploy(*DR_FLAGS)
    world = World(sandbox, target)
    for operation in ("restore", "delete_cluster"):
        sandbox.control("POST", "lifecycle", {"operation": operation, "seconds": 0})
    drill = f"drill-{CLUSTER}-0a1b2c3d"
    key = target.client("kms").create_key()["KeyMetadata"]["Arn"]
    for weeks in (1, 2, 40, 41):
        age = timedelta(weeks=weeks) - timedelta(hours=1)
        copy = f"{CLUSTER}-dr-{world.now - age:%Y%m%d-%H%M%S}"
        world.plant_copy(copy, age, drill)
    world.plant("of-the-key", timedelta(hours=1), account_id=TARGET, cluster_identifier=drill,
                kms_key_id=key)  # fmt: skip
    intent = {
        "schema_version": 1,
        "account_id": TARGET,
        "cluster_identifier": drill,
        "source_cluster_identifier": CLUSTER,
        "run_id": "manual__1",
        "created_at": (world.now - timedelta(hours=30)).isoformat(),
        "expires_at": (world.now - timedelta(hours=6)).isoformat(),
    }
    bucket = target.live_environment()["EVIDENCE_BUCKET"]
    target.client("s3").put_object(
        Bucket=bucket, Key=f"intents/{drill}.json", Body=json.dumps(intent)
    )
    redshift = target.client("redshift")
    redshift.restore_from_cluster_snapshot(ClusterIdentifier=drill, SnapshotIdentifier=copy)
    unannounced = f"drill-{CLUSTER}-ffffffff"
    redshift.restore_from_cluster_snapshot(ClusterIdentifier=unannounced, SnapshotIdentifier=copy)
    sandbox.control("POST", "iam", {"enforce": True})
    sandbox.control("DELETE", "iam-log")
    try:
        swept, checked = target.invoke(action="sweep"), target.invoke(action="check")
    finally:
        sandbox.control("POST", "iam", {"enforce": False})
    rows = sandbox.control("GET", "iam-log")
    assert [(row["action"], row["resources"]) for row in rows if not row["allowed"]] == []
    verdicts = {row["id"]: row["verdict"] for row in swept["clusters"]}
    assert verdicts == {drill: "deleted", unannounced: "not ours"}
    states = {row["name"]: row["status"] for row in checked["checks"]}
    assert (states["evidence_bucket"], states["permissions"]) == ("OK", "OK")
