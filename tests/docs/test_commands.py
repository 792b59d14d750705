"""Every command of README and docs works as printed, against both stacks in the sandbox."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.docs.commands import PAGES, commands_of_page
from tests.docs.shell import Outcome, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SOURCE, TARGET, CLUSTER = "164543933824", "058264155998", "aca-redshift-cluster"
DEPLOYMENT = "docs/deployment.md"
PAGES_WITH_COMMANDS = [
    page
    for page in PAGES
    if page != DEPLOYMENT and any(not one.mark for one in commands_of_page(page))
]
# The last two have expired, and so lately that `check` does not call it a fault.
OUR_AGES_HOURS = (2, 26, 50, 171, 172)


class World:
    """A cluster with data and both stacks, deployed by the commands of their own page."""

    def __init__(self, sandbox: Any, folder: Path) -> None:
        self._sandbox = sandbox
        sandbox.reset(bare=True)
        for operation in ("snapshot", "copy", "restore", "delete_cluster"):
            sandbox.control("POST", "lifecycle", {"operation": operation, "seconds": 0})
        self._key = self._make_key()
        self._make_cluster()
        # As in a real account: what a role of the stacks is not granted is refused.
        sandbox.control("POST", "iam", {"enforce": True})
        self.deployed = self.run(DEPLOYMENT, folder)

    def run(self, page: str, folder: Path) -> Outcome:
        """Run a page's commands on a shelf that is as it was at the beginning."""
        self._clear()
        newest = self._plant()
        return run(
            commands_of_page(page),
            {"SNAPSHOT": newest},
            self._sandbox.environment,
            folder,
            ready=self._sandbox.commands,
        )

    def _make_key(self) -> str:
        kms = self._sandbox.client("kms", "source")
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

    def _make_cluster(self) -> None:
        self._sandbox.client("redshift", "source").create_cluster(
            ClusterIdentifier=CLUSTER,
            DBName="dev",
            NodeType="ra3.large",
            NumberOfNodes=2,
            MasterUsername="awsuser",
            MasterUserPassword="Fake-Sandbox-Password-1",
            Encrypted=True,
            KmsKeyId=self._key,
        )
        data = self._sandbox.client("redshift-data", "source")
        statement = data.batch_execute_statement(
            ClusterIdentifier=CLUSTER,
            Database="dev",
            DbUser="awsuser",
            Sqls=["CREATE TABLE orders (id INT)", "INSERT INTO orders VALUES (1), (2), (3)"],
        )["Id"]
        deadline = time.monotonic() + 60
        while (state := data.describe_statement(Id=statement))["Status"] != "FINISHED":
            assert state["Status"] not in ("FAILED", "ABORTED"), state.get("Error")
            assert time.monotonic() < deadline, state
            time.sleep(0.02)

    def _clear(self) -> None:
        for account in ("source", "target"):
            redshift = self._sandbox.client("redshift", account)
            for one in redshift.describe_clusters()["Clusters"]:
                if account == "target" or one["ClusterIdentifier"] != CLUSTER:
                    redshift.delete_cluster(
                        ClusterIdentifier=one["ClusterIdentifier"], SkipFinalClusterSnapshot=True
                    )
            deadline = time.monotonic() + 60
            while not self._delete_snapshots(redshift):
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def _delete_snapshots(self, redshift: Any) -> bool:
        """Delete all; false where an invocation of the page before still works on one."""
        try:
            for one in redshift.describe_cluster_snapshots(SnapshotType="manual")["Snapshots"]:
                name = one["SnapshotIdentifier"]
                for access in one.get("AccountsWithRestoreAccess", ()):
                    redshift.revoke_snapshot_access(
                        SnapshotIdentifier=name, AccountWithRestoreAccess=access["AccountId"]
                    )
                redshift.delete_cluster_snapshot(SnapshotIdentifier=name)
        except (
            redshift.exceptions.InvalidClusterSnapshotStateFault,
            redshift.exceptions.ClusterSnapshotNotFoundFault,
        ):
            return False
        return True

    def _plant(self) -> str:
        now = datetime.now(UTC).replace(microsecond=0)
        ours = [self._ours(now - timedelta(hours=hours)) for hours in OUR_AGES_HOURS]
        foreign = [
            self._row(name, now - timedelta(days=days))
            for name, days in (("manual-before-upgrade", 3), ("manual-year-end", 200))
        ]
        self._sandbox.control("POST", "snapshots", ours + foreign)
        return str(ours[0]["snapshot_identifier"])

    def _ours(self, made: datetime) -> dict[str, Any]:
        tags = {
            "redshift-backup:managed-by": "redshift-backup",
            "redshift-backup:slot": made.isoformat().replace("+00:00", "Z"),
            "redshift-backup:origin": "created",
        }
        name = f"aca-lambda-snapshot-{made:%Y%m%d-%H%M%S}"
        return self._row(name, made) | {"tags": tags, "shared_with": [TARGET]}

    def _row(self, name: str, made: datetime) -> dict[str, Any]:
        return {
            "account_id": SOURCE,
            "cluster_identifier": CLUSTER,
            "snapshot_identifier": name,
            "create_time": made.isoformat(),
            "kms_key_id": self._key,
        }


@pytest.fixture(scope="module")
def world(sandbox_server: Any, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(sandbox_server, tmp_path_factory.mktemp("deployment"))


def test_the_commands_of_the_deployment_work_as_printed(world: World) -> None:
    assert world.deployed.failure == "", world.deployed.output


@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS)
def test_the_commands_of_the_page_work_as_printed(page: str, world: World, tmp_path: Path) -> None:
    outcome = world.run(page, tmp_path)
    assert outcome.failure == "", f"{outcome.failure}\n{outcome.output}"
