"""What a message tells. Every fact is always there, as text; what nobody knows is "-"."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from airflow.sdk.exceptions import AirflowRuntimeError

from redshift_dr.config.models import ClusterConfig
from redshift_dr.notifications.incidents import Incident
from redshift_dr.runs import iso

NO_GOOD_COPY = "unknown: no run in Airflow's history saw one shared"

TIMED_OUT = "timed_out"
"""Airflow's reason for a run over its ``dagrun_timeout``."""
TIMED_OUT_FAILURE = {
    "error": "the run took longer than it may and was ended, so that later backups can run",
    "next_step": "Look which task was waiting, then clear it. A run whose logical date is in the "
    "future starts no task before it.",
}
DEFAULT_NEXT_STEP = "Open the log, correct the cause, then clear the failed task."


def facts_of_cluster(cluster: ClusterConfig) -> dict[str, str]:
    """What every message tells of its cluster."""
    return {
        "cluster_identifier": cluster.cluster_identifier,
        "source_account_id": cluster.source_account_id,
        "target_account_id": cluster.target_account_id,
        "region_name": cluster.region_name,
        "contact": cluster.contact,
        "runbook_url": cluster.runbook_url or "-",
    }


def facts_of_run(context: Any) -> dict[str, str]:
    """What is known of a run.

    :param context: of a DAG callback; that of a run that never had a task has nothing but ``dag``,
        ``run_id`` and ``reason``.
    """
    ti, dag_run = context.get("ti"), context.get("dag_run")
    slot = (dag_run.logical_date or dag_run.run_after) if dag_run is not None else None
    return {
        "dag_id": getattr(context.get("dag"), "dag_id", "-"),
        "run_id": str(context.get("run_id") or "-"),
        "task_id": ti.task_id if ti is not None else "-",
        "slot": iso(slot) if slot else "-",
        "reason": str(context.get("reason") or "-"),
        "log_url": getattr(ti, "log_url", None) or "-",
    }


def facts_of_failure(context: Any, failure: Mapping[str, Any] | None) -> dict[str, str]:
    """What went wrong, and the first step to take.

    The context of a DAG callback has no ``exception``.

    :param failure: what the failed task left.
    """
    known = TIMED_OUT_FAILURE if context.get("reason") == TIMED_OUT else failure or {}
    return {
        "error": known.get("error") or "see the log",
        "next_step": known.get("next_step") or DEFAULT_NEXT_STEP,
    }


def facts_of_incident(incident: Incident, cluster: ClusterConfig) -> dict[str, str]:
    """What the message stands for."""
    scope = "this cluster"
    if incident.shared:
        _, conn_id, *_ = incident.id.split("/")
        scope = (
            f"every cluster that uses connection {conn_id} and function {cluster.function_name} in "
            f"{cluster.region_name}; they fail for the same cause without a page of their own"
        )
    return {"incident": incident.id, "scope": scope}


def newest_copy(found: Any, *, now: datetime) -> str:
    """The newest snapshot that was seen from the DR account, and its age.

    :param found: what ``wait_for_share`` returned, of one run or of all that there are.
    """
    rows = found if isinstance(found, list | tuple) else [found]
    dated = [
        (datetime.fromisoformat(row["snapshot_create_time"]), str(row["snapshot_id"]))
        for row in rows
        if isinstance(row, Mapping) and row.get("snapshot_create_time") and row.get("snapshot_id")
    ]
    if not dated:
        return NO_GOOD_COPY
    taken, name = max(dated)
    return f"{age_words(taken, now=now)} old: {name}, taken {iso(taken)}"


def age_words(moment: datetime, *, now: datetime) -> str:
    """How long ago something was, in hours and minutes."""
    minutes = max(0, int((now - moment).total_seconds() // 60))
    return f"{minutes // 60} h {minutes % 60:02} min"


def pull(ti: Any, task_id: str, key: str = "return_value") -> dict[str, Any] | None:
    """An XCom of the run; a message goes out without it where it cannot be read."""
    value = _pull(ti, task_ids=task_id, key=key)
    return value if isinstance(value, dict) else None


def pull_history(ti: Any, task_id: str) -> Any:
    """What a task has returned in this run and in all before it."""
    # All of them, since Airflow's own order puts runs without a logical date first or last, as the
    # database likes it.
    return _pull(ti, task_ids=task_id, include_prior_dates=True)


def _pull(ti: Any, **arguments: Any) -> Any:
    if ti is None:
        return None
    try:
        return ti.xcom_pull(**arguments)
    except (AirflowRuntimeError, ImportError):  # ImportError: dag.test() has no supervisor to ask
        return None
