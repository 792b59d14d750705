"""Thirty weeks of drills by the sandbox's clock, in the two stacks with every policy enforced."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from redshift_dr.operators import delete_cluster, keep_dr_copy, restore_cluster, select_snapshot
from redshift_dr.sensors import redshift_cluster
from redshift_dr.triggers import redshift_cluster as cluster_triggers
from redshift_dr.triggers import redshift_snapshot as snapshot_triggers
from sandbox.redshift.settings import SETTINGS
from tests.drills import CLUSTER, SOURCE, TARGET, dr_copies, drill_clusters
from tests.sandbox.redshift_dr.conftest import run_trigger, settings
from tests.unit.redshift_dr.fakes import FakeDagRun, FakeTaskInstance

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WEEKS = 30
DAYS_OF_PRUNES = (1, 7)
"""Of each week: right after a drill, and before the next. The days between change nothing more."""
RETENTION = timedelta(days=90)
FLOOR = 2
SUNDAY = datetime(2027, 1, 3, 6, tzinfo=UTC)
ASK_THE_CLOCK = (
    select_snapshot,
    restore_cluster,
    redshift_cluster,
    keep_dr_copy,
    delete_cluster,
    cluster_triggers,
    snapshot_triggers,
)
"""Modules of the drill that look at the time, which here is the sandbox's."""
# What the checks say has no say in what becomes of the copies: validation has its own tests.
PASSED = {"result": "passed"}


class SandboxTime(datetime):
    """Stands where the sandbox's clock stands."""

    stands_at = SUNDAY

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        """The sandbox's time, whatever is asked for."""
        return cls.stands_at.astimezone(tz)


class Account:
    """The DR account, week after week.

    :param playground: the sandbox.
    """

    def __init__(self, playground: Any) -> None:
        self.client, self.control = playground.client, playground.control
        self.function = self.client("lambda", "target")
        for operation in ("snapshot", "restore", "delete_cluster"):
            self.control("POST", "lifecycle", {"operation": operation, "seconds": 0})

    def stand(self, moment: datetime) -> None:
        """Set both clocks; what is scheduled between is not fired."""
        self.control("POST", "clock", {"freeze": moment.isoformat()})
        SandboxTime.stands_at = moment

    def prune(self) -> dict[str, Any]:
        """What the stack's schedule does."""
        invoked = self.function.invoke(
            FunctionName="aca-redshift-dr", Payload=b'{"action": "reconcile"}'
        )
        response: dict[str, Any] = json.load(invoked["Payload"])
        assert "FunctionError" not in invoked, response
        return response

    def copies(self) -> dict[str, datetime]:
        """The copies that the account owns, and of when each is."""
        return {row["SnapshotIdentifier"]: row["SnapshotCreateTime"] for row in self.rows()}

    def rows(self) -> list[dict[str, Any]]:
        """The copies as AWS describes them."""
        return dr_copies(self.client)

    def drill(self, moment: datetime) -> str:
        """One drill of the snapshot of this night, task by task; the copy that it keeps."""
        taken = moment - timedelta(hours=4)
        row = {
            "cluster_identifier": CLUSTER,
            "snapshot_identifier": f"aca-lambda-snapshot-{taken:%Y%m%d-%H%M%S}",
            "create_time": taken.isoformat(),
            "shared_with": [TARGET],
        }
        self.control("POST", "snapshots", [row])
        run = FakeDagRun(run_id=f"scheduled__{moment.isoformat()}")
        ti = FakeTaskInstance(start_date=moment)
        ti.dag_id = f"redshift_restore_validation__{CLUSTER}"
        context = {"dag_run": run, "run_id": run.run_id, "ti": ti}
        common = {"cluster": settings(), "task_id": "step"}
        selected = self._run(select_snapshot.RedshiftSelectSnapshotOperator(**common), context)
        assert selected["snapshot_id"] == row["snapshot_identifier"]
        common["selected"] = selected
        restored = self._run(restore_cluster.RedshiftRestoreClusterOperator(**common), context)
        common["restored"] = restored
        wait = redshift_cluster.RedshiftRestoredClusterSensor(
            task_id="step", cluster=settings(), restored=restored, timeout=timedelta(hours=6)
        )
        available = self._run(wait, context)
        keep = keep_dr_copy.RedshiftKeepDrCopyOperator(**common, validated=PASSED)
        kept = self._run(keep, context)
        delete = delete_cluster.RedshiftDeleteDrillClusterOperator(**common, available=available)
        assert self._run(delete, context)["deleted"]
        assert drill_clusters(self.client) == []
        copy: str = kept["dr_copy"]
        return copy

    def _run(self, operator: Any, context: Any) -> Any:
        step, event = operator.execute, ()
        while True:
            try:
                return step(context, *event)
            except TaskDeferred as deferred:
                step, event = (
                    getattr(operator, deferred.method_name),
                    (run_trigger(deferred.trigger),),
                )


@pytest.fixture
def account(playground: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """The stacks as deployed; operators and triggers look at the sandbox's clock."""
    for module in ASK_THE_CLOCK:
        monkeypatch.setattr(module, "datetime", SandboxTime)
    yield Account(playground)
    playground.control("POST", "clock", {"resume": True})


def test_copies_of_thirty_weeks_follow_their_policy_and_never_meet_the_quota(
    account: Account,
) -> None:
    made: dict[str, datetime] = {}
    most = 0
    for week in range(WEEKS):
        sunday = SUNDAY + timedelta(weeks=week)
        account.stand(sunday)
        made[account.drill(sunday)] = sunday
        most = max(most, len(account.rows()))
        for day in DAYS_OF_PRUNES:
            now = sunday + timedelta(days=day, hours=-2, minutes=-30)
            account.stand(now)
            assert account.prune()["status"] == "completed"
            kept = {name for name, moment in made.items() if now - moment < RETENTION}
            assert set(account.copies()) == kept

    assert len(made) == WEEKS
    assert most == 1 + RETENTION // timedelta(weeks=1) < SETTINGS.manual_snapshots
    assert {row["OwnerAccount"] for row in account.rows()} == {TARGET} != {SOURCE}
    # Half a year without drills: the first that passes again lets the old ones go, to the floor.
    later = SUNDAY + timedelta(weeks=WEEKS) + 2 * RETENTION
    account.stand(later)
    fresh = account.drill(later)
    account.prune()
    assert set(account.copies()) == {*sorted(made)[1 - FLOOR :], fresh}
