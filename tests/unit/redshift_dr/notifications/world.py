"""Stand-ins for what a DAG callback is given, and a memory that is a dictionary."""

from typing import Any

from redshift_dr.config import find_configuration
from redshift_dr.notifications.incidents import Record
from tests.unit.redshift_dr.fakes import FakeDagRun, FakeTaskInstance

ALERTS = find_configuration().parent / "alerts"
BACKUP = "redshift_backup__aca-redshift-cluster"
EXPIRED = {
    "error": "ExpiredTokenException: The security token is expired.",
    "next_step": "Renew it.",
    "error_type": "ExpiredTokenException",
    "conn_id": "aws_source",
}


class FakeDag:
    """A DAG as the callback of ``dag.test()`` sees it: without a template environment."""

    def __init__(self, dag_id: str = BACKUP) -> None:
        self.dag_id = dag_id


class FakeMemory:
    """Records in a dictionary."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}

    def read(self, key: str) -> Record | None:
        return self.records.get(key)

    def write(self, key: str, record: Record) -> None:
        self.records[key] = record

    def forget(self, key: str) -> None:
        self.records.pop(key, None)


def ended_run(
    reason: str, pulled: dict[tuple[str, str], Any], *, dag_id: str = BACKUP, task_id: str
) -> Any:
    """The context of a DAG callback."""
    run = FakeDagRun()
    return {
        "dag": FakeDag(dag_id),
        "dag_run": run,
        "run_id": run.run_id,
        "ti": FakeTaskInstance(task_id=task_id, pulled=pulled),
        "reason": reason,
    }


def failed_run(
    failure: dict[str, str] | None = None, *, dag_id: str = BACKUP, **pulled: Any
) -> Any:
    """A run that failed while it waited for its snapshot.

    :param failure: what the failed task left.
    :param pulled: what other tasks returned.
    """
    left = failure or {"error": "snapshot-1 is failed", "next_step": "clear"}
    values: dict[tuple[str, str], Any] = {
        ("wait_for_snapshot", "failure"): left,
        ("create_snapshot", "return_value"): {"snapshot_id": "snapshot-1"},
        **{(task, "return_value"): value for task, value in pulled.items()},
    }
    return ended_run("task_failure", values, dag_id=dag_id, task_id="wait_for_snapshot")


def good_run(*, dag_id: str = BACKUP, shared: bool = True) -> Any:
    """A green run.

    :param shared: whether it shared a snapshot; a dry run does not.
    """
    copy = {"snapshot_id": "snapshot-2", "snapshot_create_time": "2026-11-20T02:00:09+00:00"}
    values = {("wait_for_share", "return_value"): copy} if shared else {}
    return ended_run("success", values, dag_id=dag_id, task_id="prune_snapshots")
