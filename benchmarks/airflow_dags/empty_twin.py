"""The backup DAG's empty twin: as many tasks, in the same order, whose work is nothing.

It imports only what every DAG imports, so that what the backup DAG imports counts as its cost. With
``wait_seconds`` in the run's configuration the task ``wait_for_snapshot`` defers until so long
after the run's start.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import DAG, BaseOperator, Param

TASKS = (
    "record_inventory_before",
    "record_inventory_after",
    "create_snapshot",
    "wait_for_snapshot",
    "share_snapshot",
    "wait_for_share",
    "prune_snapshots",
)


class NothingOperator(BaseOperator):
    """Does nothing."""

    def execute(self, context: Any) -> None:
        """Do nothing."""


class WaitOperator(BaseOperator):
    """Does nothing but wait, where it is asked to."""

    def execute(self, context: Any) -> None:
        """Defer, or do nothing."""
        seconds = (context["dag_run"].conf or {}).get("wait_seconds")
        if seconds:
            moment = context["dag_run"].start_date + timedelta(seconds=seconds)
            self.defer(trigger=DateTimeTrigger(moment=moment), method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """Do nothing more."""


with DAG(
    dag_id="empty_twin",
    schedule=None,
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=8),
    params={"dry_run": Param(False, type="boolean")},
):
    previous: BaseOperator | None = None
    beside = NothingOperator(task_id="record_inventory_after").as_teardown()
    for task_id in TASKS:
        if task_id == "record_inventory_after":
            continue
        kind = WaitOperator if task_id == "wait_for_snapshot" else NothingOperator
        task = kind(task_id=task_id, retries=3, trigger_rule="none_failed")
        if previous is not None:
            previous >> task
        if task_id == "create_snapshot":
            task >> beside
        previous = task
