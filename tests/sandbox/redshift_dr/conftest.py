"""The drill's operators as Airflow would run them, one by one, against the sandbox."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from redshift_dr.config import ClusterConfig, DrillConfig
from redshift_dr.operators.delete_cluster import RedshiftDeleteDrillClusterOperator
from redshift_dr.operators.restore_cluster import RedshiftRestoreClusterOperator
from redshift_dr.operators.select_snapshot import RedshiftSelectSnapshotOperator
from redshift_dr.restore.naming import drill_cluster_identifier
from tests.drills import CLUSTER, SOURCE, TARGET, build_network, prepare_drills
from tests.unit.redshift_dr.fakes import FakeDagRun, FakeTaskInstance

SNAPSHOT = "aca-lambda-snapshot-20261129-020000"


class Drills:
    """One run of the drill, task by task; each call is another try.

    :param sandbox: both accounts.
    :param cluster: the cluster's settings.
    """

    def __init__(self, sandbox: Any, cluster: ClusterConfig) -> None:
        self.sandbox = sandbox
        self.cluster = cluster
        self.dag_run = FakeDagRun()
        self.left: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """The run's cluster."""
        return drill_cluster_identifier(CLUSTER, self.dag_run.run_id)

    @property
    def redshift(self) -> Any:
        """Redshift of the DR account."""
        return self.sandbox.client("redshift", account="target")

    def clusters(self) -> list[str]:
        """The clusters of the DR account."""
        return [row["ClusterIdentifier"] for row in self.redshift.describe_clusters()["Clusters"]]

    def context(self, task_id: str) -> Any:
        """What Airflow would give the task; what it leaves is in :attr:`left`."""
        ti = FakeTaskInstance(task_id=task_id)
        ti.dag_id = "redshift_restore_validation__aca-redshift-cluster"
        ti.pushed = self.left
        ti.pulled = {("restore_cluster", key): value for key, value in self.left.items()}
        return {"dag_run": self.dag_run, "run_id": self.dag_run.run_id, "ti": ti}

    def select(self) -> Any:
        """``select_snapshot``."""
        operator = RedshiftSelectSnapshotOperator(task_id="select_snapshot", cluster=self.cluster)
        return operator.execute(self.context("select_snapshot"))

    def restore(self, **changes: Any) -> Any:
        """``restore_cluster``, of what is selected now."""
        operator = RedshiftRestoreClusterOperator(
            task_id="restore_cluster",
            cluster=self.cluster,
            selected={**self.select(), **changes},
        )
        return operator.execute(self.context("restore_cluster"))

    def delete(self, restored: Any = None) -> Any:
        """``delete_cluster``, with the looks of its triggers made one after the other."""
        operator = RedshiftDeleteDrillClusterOperator(
            task_id="delete_cluster",
            cluster=self.cluster,
            selected=self.select(),
            restored=restored,
            available=restored and {"polls": 1},
        )
        context = self.context("delete_cluster")
        step: Callable[[], Any] = lambda: operator.execute(context)  # noqa: E731
        for _ in range(4):
            try:
                return step()
            except TaskDeferred as deferred:
                event = run_trigger(deferred.trigger)
                method = getattr(operator, deferred.method_name)
                step = lambda method=method, event=event: method(context, event)  # noqa: E731
        raise AssertionError("the task is deferred without end")


def run_trigger(trigger: Any) -> Any:
    """Run a trigger to its event."""
    import asyncio

    async def first() -> Any:
        async for event in trigger.run():
            return event.payload

    return asyncio.run(first())


def settings(cluster_identifier: str = CLUSTER, /, **changes: Any) -> ClusterConfig:
    """The example's cluster, or another; the changes are of its drill."""
    return ClusterConfig(
        cluster_identifier=cluster_identifier,
        source_account_id=SOURCE,
        target_account_id=TARGET,
        region_name="us-east-1",
        schedule=None,
        owner="data-platform",
        contact="data-platform@example.com",
        alert_topic_arn=f"arn:aws:sns:us-east-1:{SOURCE}:redshift-dr-alerts",
        drill=DrillConfig(**changes),
    )


@pytest.fixture
def drills(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Drills:
    """A shared snapshot, an hour old, and a connection that knows the deployment."""
    build_network(sandbox.client)
    for name, value in prepare_drills(sandbox.client, sandbox.environment).items():
        monkeypatch.setenv(name, value)
    for operation in ("snapshot", "restore", "delete_cluster"):
        setting = {"operation": operation, "seconds": 0, "outcome": "available"}
        sandbox.control("POST", "lifecycle", setting)
    row = {
        "cluster_identifier": CLUSTER,
        "snapshot_identifier": SNAPSHOT,
        "create_time": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
        "shared_with": [TARGET],
    }
    sandbox.control("POST", "snapshots", [row])
    return Drills(sandbox, settings())
