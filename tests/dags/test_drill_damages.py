"""Whole drills of damaged backups, with every policy enforced: caught, told once, cleaned up."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_dr.config.drill import DrillDeadlines
from redshift_dr.operators.select_snapshot import RedshiftSelectSnapshotOperator
from sandbox.redshift.settings import SETTINGS
from tests.dags.conftest import DRILL_DAG_ID, Ended, _run
from tests.drills import BUCKET, CLUSTER, SOURCE, TARGET, dr_copies, drill_clusters
from tests.pages import TOPIC, subscribe, take

pytestmark = pytest.mark.slow

VALUES = ("Customer 0", "Product 0", "kitchen")
"""Of rows; no one may read them anywhere but in the database."""
Run = Callable[..., Ended]


class Accounts:
    """Both accounts with a backup, and who listens to the topic.

    :param playground: the sandbox.
    """

    def __init__(self, playground: Any) -> None:
        self.client, self.control = playground.client, playground.control
        for operation in ("snapshot", "restore", "delete_cluster"):
            self.set_lifecycle(operation)
        self.queue = subscribe(self.client("sqs"), self.client("sns"), TOPIC)
        self.snapshot = ""

    def set_lifecycle(self, operation: str, seconds: float = 0, outcome: str = "available") -> None:
        """How what begins from now on goes."""
        setting = {"operation": operation, "seconds": seconds, "outcome": outcome}
        self.control("POST", "lifecycle", setting)

    def damage(self, sql: str) -> int:
        """Change the frozen data of the backup; how many rows that were."""
        done = self.control("POST", f"snapshots/{self.snapshot}/sql", {"sql": sql})
        rows: int = done["rows_affected"]
        return rows

    def pages(self) -> list[dict[str, Any]]:
        """What the topic told people."""
        return take(self.client("sqs"), self.queue)

    def documents(self) -> dict[str, str]:
        """All that drills have written into the evidence bucket."""
        s3 = self.client("s3", "target")
        rows = s3.list_objects_v2(Bucket=BUCKET, Prefix="drills/").get("Contents", [])
        return {
            row["Key"]: s3.get_object(Bucket=BUCKET, Key=row["Key"])["Body"].read().decode()
            for row in rows
        }

    def evidence(self) -> dict[str, Any]:
        """The document of the only drill."""
        (text,) = (text for key, text in self.documents().items() if key.endswith(".json"))
        found: dict[str, Any] = json.loads(text)
        return found

    def sweep(self) -> list[dict[str, Any]]:
        """Let the DR account's function sweep; what it says of each cluster."""
        invoked = self.client("lambda", "target").invoke(
            FunctionName="aca-redshift-dr", Payload=b'{"action": "sweep"}'
        )
        response = json.load(invoked["Payload"])
        assert "FunctionError" not in invoked, response
        rows: list[dict[str, Any]] = response["clusters"]
        return rows


@pytest.fixture
def accounts(playground: Any, run_backup: Run) -> Accounts:
    """Both accounts, and a backup that the backup DAG has made."""
    accounts = Accounts(playground)
    ended = run_backup(logical_date=None)
    assert ended.state == "success"
    assert set(ended.inventories.values()) == {"success"}
    accounts.snapshot = ended.results["create_snapshot"]["snapshot_id"]
    return accounts


@pytest.fixture
def drill(parsed_dags: Any) -> Callable[..., Ended]:
    """Run the drill once, with these settings in the place of the configured ones."""

    def run(**settings: Any) -> Ended:
        dag = copy.deepcopy(parsed_dags[DRILL_DAG_ID])
        for task in dag.tasks:
            if hasattr(task, "cluster"):
                changed = task.cluster.drill.model_copy(update=settings)
                task.cluster = task.cluster.model_copy(update={"drill": changed})
        if "deadlines" in settings:
            minutes = settings["deadlines"].restore_minutes
            dag.get_task("wait_for_cluster").timeout = timedelta(minutes=minutes)
        return _run(dag)

    return run


def freshness(parsed_dags: Any) -> Any:
    """A limit that the example's orders keep: the newest is of the last day of 2025."""
    hours = (datetime.now(UTC) - datetime(2025, 12, 31, tzinfo=UTC)) / timedelta(hours=1) + 24
    settings = parsed_dags[DRILL_DAG_ID].get_task("validate").cluster.drill
    known = {**settings.model_dump(), "freshness": [_limit(hours)]}
    return type(settings)(**known).freshness


def _limit(hours: float) -> dict[str, Any]:
    return {"column": "sales.orders.ordered_on", "maximum_age_hours": hours}


AMOUNTS = "sales: amounts that are not price times quantity"
DAMAGES = {
    "table dropped": ("DROP TABLE sales.products", "sales.products", "missing table", {}),
    "column gone": (
        "ALTER TABLE sales.customers DROP COLUMN country",
        "sales.customers",
        "1 missing columns: country",
        {"columns_missing": 1},
    ),
    "5 % of rows missing": (
        "DELETE FROM sales.orders WHERE order_id <= 30",
        "sales.orders",
        "570 rows, expected 600: 30 too few (5.00 %)",
        {"rows_off": -30, "percent_off": 5},
    ),
    "one row too many": (
        "INSERT INTO sales.customers VALUES (121, 'Customer 0', 'DE', '2025-01-01')",
        "sales.customers",
        "121 rows, expected 120: 1 too many",
        {"rows_off": 1},
    ),
    "stale data": (
        "UPDATE sales.orders SET ordered_on = dateadd(day, -30, ordered_on)",
        "sales.orders.ordered_on",
        "hours older than the snapshot",
        {},
    ),
    "violated check": (
        "UPDATE sales.orders SET amount = amount + 1 WHERE order_id <= 7",
        AMOUNTS,
        "7 offending rows",
        {"offending_rows": 7},
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_fails_the_drill_is_told_once_and_leaves_no_cluster(
    accounts: Accounts,
    drill: Callable[..., Ended],
    parsed_dags: Any,
    capfd: pytest.CaptureFixture[str],
    damage: str,
) -> None:
    sql, name, words, numbers = DAMAGES[damage]
    accounts.damage(sql)

    ended = drill(freshness=freshness(parsed_dags))

    assert ended.state == "failed"
    assert ended.states["validate"] == "failed"
    assert ended.results["record_evidence"]["verdict"] == "failed"
    assert drill_clusters(accounts.client) == []
    assert dr_copies(accounts.client) == []
    document = accounts.evidence()
    assert document["verdict"]["result"] == "failed"
    found = {check["name"]: check for check in document["validation"]["checks"]}
    assert found[name]["result"] == "failed"
    assert words in found[name]["message"]
    assert numbers.items() <= found[name]["numbers"].items()
    pages = accounts.pages()
    assert len(pages) == 1
    assert ended.run_id in pages[0]["Message"]
    written = capfd.readouterr()
    told = {
        "XCom": json.dumps([ended.results, ended.failures]),
        "log": written.out + written.err,
        "alert": json.dumps(pages),
        **accounts.documents(),
    }
    assert words in told["log"]
    for place, text in told.items():
        assert [value for value in VALUES if value in text] == [], place


def test_undamaged_backup_passes(
    accounts: Accounts, drill: Callable[..., Ended], parsed_dags: Any
) -> None:
    ended = drill(freshness=freshness(parsed_dags))

    assert ended.failures == {}
    assert ended.state == "success"
    verdict = accounts.evidence()["verdict"]
    assert (verdict["result"], verdict["reasons"]) == ("passed", [])
    # The example has no TPC-H, and its checks say so.
    assert {warning.partition(":")[0] for warning in verdict["warnings"]} == {"TPC-H"}
    assert drill_clusters(accounts.client) == []
    assert len(dr_copies(accounts.client)) == 1
    (summary,) = accounts.pages()
    assert summary["Subject"] == f"Restore drill passed, with warnings: {CLUSTER}"


def fail_restore(accounts: Accounts, _patch: pytest.MonkeyPatch) -> None:
    accounts.set_lifecycle("restore", outcome="failed")


def deny_key(accounts: Accounts, _patch: pytest.MonkeyPatch) -> None:
    kms = accounts.client("kms")
    key = kms.describe_key(KeyId="alias/aca-redshift")["KeyMetadata"]["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    policy["Statement"] = [one for one in policy["Statement"] if TARGET not in json.dumps(one)]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))


def unshare(accounts: Accounts, patch: pytest.MonkeyPatch) -> None:
    """Right after the selection."""
    select = RedshiftSelectSnapshotOperator.execute

    def select_and_lose(self: Any, context: Any) -> Any:
        selected = select(self, context)
        accounts.client("redshift").revoke_snapshot_access(
            SnapshotIdentifier=accounts.snapshot, AccountWithRestoreAccess=TARGET
        )
        return selected

    patch.setattr(RedshiftSelectSnapshotOperator, "execute", select_and_lose)


def delete_subnet_group(accounts: Accounts, _patch: pytest.MonkeyPatch) -> None:
    redshift = accounts.client("redshift", "target")
    (group,) = redshift.describe_cluster_subnet_groups()["ClusterSubnetGroups"]
    name = group["ClusterSubnetGroupName"]
    redshift.delete_cluster_subnet_group(ClusterSubnetGroupName=name)


def use_up_quota(_accounts: Accounts, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SETTINGS, "clusters", 0)


OBSTACLES = {
    "restore fails": (fail_restore, "wait_for_cluster", ("incompatible-restore",)),
    "key denied": (deny_key, "restore_cluster", ("KMS key arn:aws:kms", "kms:Decrypt")),
    "unshared": (unshare, "restore_cluster", (f"not shared with it by account {SOURCE} any more",)),
    "no subnet group": (delete_subnet_group, "restore_cluster", ("has no subnet group",)),
    "quota": (use_up_quota, "restore_cluster", ("used up its quota of clusters",)),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_obstacle_is_explained_told_once_and_leaves_nothing(
    accounts: Accounts,
    drill: Callable[..., Ended],
    monkeypatch: pytest.MonkeyPatch,
    obstacle: str,
) -> None:
    put_up, task, words = OBSTACLES[obstacle]
    put_up(accounts, monkeypatch)

    ended = drill()

    assert ended.state == "failed"
    assert ended.states[task] == "failed"
    told = " ".join(ended.failures[task].values())
    assert [word for word in words if word not in told] == []
    assert (drill_clusters(accounts.client), dr_copies(accounts.client)) == ([], [])
    document = accounts.evidence()
    assert document["verdict"]["result"] == "failed"
    assert words[0] in json.dumps(document["verdict"])
    (page,) = accounts.pages()
    assert ended.run_id in page["Message"]


def test_restore_without_end_fails_at_its_deadline_and_sweep_deletes_it_later(
    accounts: Accounts, drill: Callable[..., Ended], playground: Any
) -> None:
    accounts.set_lifecycle("restore", seconds=timedelta(hours=400).total_seconds())
    deadlines = DrillDeadlines().model_copy(
        update={"restore_minutes": 2 / 60, "delete_minutes": 2 / 60}
    )

    ended = drill(deadlines=deadlines)

    assert ended.state == "failed"
    assert "is creating" in ended.failures["wait_for_cluster"]["error"]
    assert "not to be deleted yet" in ended.failures["delete_cluster"]["error"]
    assert "sweep" in ended.failures["delete_cluster"]["next_step"]
    assert len(accounts.pages()) == 1
    (early,) = accounts.sweep()
    assert early["verdict"] == "kept"
    playground.control("POST", "clock", {"freeze": after(early["expires_at"])})
    (pending,) = accounts.sweep()
    assert pending["verdict"] == "pending"
    playground.control("POST", "clock", {"freeze": after(early["expires_at"], hours=400)})
    (late,) = accounts.sweep()
    assert late["verdict"] == "deleted"
    assert drill_clusters(accounts.client) == []


def after(moment: str, hours: int = 0) -> str:
    """A second, and perhaps hours, later."""
    later = datetime.fromisoformat(moment) + timedelta(hours=hours, seconds=1)
    return later.isoformat()
