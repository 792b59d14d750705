"""What Airflow's UI shows of a DAG and its tasks: purpose, configuration, what to do when. Pure."""

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

from redshift_dr.config.flat import flat
from redshift_dr.config.models import ClusterConfig
from redshift_dr.markdown import markdown_table

Runbook = Sequence[tuple[str, str, str]]
"""Rows of task, what is wrong, and what to do first."""

_ANYWHERE: Runbook = (
    (
        "any",
        "*AccessDenied*, *UnrecognizedClient*, *ExpiredToken*",
        "correct the Airflow connection that the log names, then clear the task",
    ),
    (
        "any",
        "it waits in *scheduled* and never starts",
        "look at the pool of the table above: it has to exist and have a free slot",
    ),
)
BACKUP_RUNBOOK: Runbook = (
    (
        "create_snapshot",
        "the run's configuration is refused",
        "trigger a new run with a correct one; nothing was changed",
    ),
    (
        "create_snapshot",
        "*NoSnapshotForSlotError*: a past slot without an automated snapshot",
        "nothing can be done for this slot; the next run backs up as usual",
    ),
    (
        "create_snapshot",
        "*ForeignSnapshotError*: the name is taken",
        "look at the snapshot named; adopt it if it is a backup of this cluster",
    ),
    (
        "wait_for_snapshot",
        "the snapshot failed or was cancelled",
        "clear create_snapshot with all downstream tasks: it replaces the failed one",
    ),
    (
        "share_snapshot",
        "*ShareRefusedError*",
        "compare the target accounts, and the snapshot's KMS key, with what the function allows",
    ),
    (
        "share_snapshot",
        "*HeldError*: it is held for another reason",
        "talk to whoever set that hold; one is never replaced",
    ),
    (
        "wait_for_share",
        "the DR account does not see the snapshot",
        "look at its AccountsWithRestoreAccess in the source account, then clear share_snapshot",
    ),
    (
        "prune_snapshots",
        "*DeletionLimitError*: more deletions than one run may",
        "read the plan in the log; the sum in the error, given to a new run as "
        "approved_plan_sha256, applies exactly that plan",
    ),
    (
        "prune_snapshots",
        "*StaleChainError*: no recent snapshot is shared",
        "find out why backups or sharing stopped; nothing is pruned until one is good again",
    ),
    (
        "record_inventory_before, record_inventory_after",
        "skipped, with a warning",
        "the backup is not touched by it; the next restore test has less to compare with",
    ),
    *_ANYWHERE,
)
DRILL_RUNBOOK: Runbook = (
    (
        "select_snapshot",
        "no snapshot, or the newest is too old",
        "look at the backup DAG's last runs; a new drill with maximum_age_hours accepts an older "
        "one",
    ),
    (
        "restore_cluster",
        "AWS refuses the restore",
        "the error names quota, key or network; correct it and trigger a new drill",
    ),
    (
        "wait_for_cluster",
        "the restore failed, or took longer than its deadline",
        "look at the cluster's events in the DR account; trigger a new drill",
    ),
    (
        "validate",
        "a check failed",
        "open the report of record_evidence: it shows each check with both numbers. Until one "
        "passes, nobody knows whether the backup can be restored",
    ),
    (
        "delete_cluster",
        "the restored cluster is still there",
        "clear the task; the function in the DR account deletes it hourly once its intent expired",
    ),
    (
        "record_evidence",
        "the evidence bucket cannot be used",
        "compare its name and the role's rights with the stack aca-redshift-dr, then clear it",
    ),
    ("verdict", "failed", "it names the task that decides; begin there"),
    *_ANYWHERE,
)
APPROVAL_RUNBOOK: Runbook = (
    (
        "plan_prune, plan_release",
        "skipped",
        "there is nothing to approve: the plan is within the limit, or the snapshot is not held",
    ),
    (
        "plan_prune",
        "*no approval lifts this*",
        "the reason follows: a stale chain, or more deletions than MAX_DELETIONS_APPROVED",
    ),
    (
        "approve_prune, approve_release",
        "nobody answered in time",
        "nothing was changed; clear the first task with all downstream tasks to ask again",
    ),
    (
        "prune_snapshots",
        "*PlanChangedError*: another plan than the approved one",
        "nothing was deleted; clear plan_prune with all downstream tasks, decide on the new one",
    ),
    (
        "release_hold",
        "*HeldError*: another hold than the one shown",
        "nothing was released; clear plan_release with all downstream tasks",
    ),
    *_ANYWHERE,
)

_ROLE = re.compile(r":[a-z:+]+:`~?([^`]+)`")


def dag_documentation(
    cluster: ClusterConfig, text: str, settings: Mapping[str, str], runbook: Runbook
) -> str:
    """The page behind the DAG's "Dag Docs" button.

    :param cluster: its settings; what the text says of ``<cluster>`` is said of this one.
    :param text: what the DAG does and how it is used.
    :param settings: the effective configuration.
    :param runbook: what to do first, by task.
    """
    parts = [
        text.strip().replace("<cluster>", cluster.cluster_identifier).replace("``", "`"),
        "## Configuration",
        markdown_table(
            ("setting", "value"), [(name, f"`{value}`") for name, value in settings.items()]
        ),
        "## Runbook",
        markdown_table(("task", "what is wrong", "first step"), runbook),
    ]
    if cluster.runbook_url:
        parts.append(f"More: [the team's runbook]({cluster.runbook_url})")
    return "\n\n".join(parts)


def settings_of(
    cluster: ClusterConfig, *, only: Iterable[str] = (), without: Iterable[str] = ()
) -> dict[str, str]:
    """The effective configuration of a cluster, by the names that ``clusters.yaml`` has for it.

    :param only: fields to show; all of them where empty.
    :param without: fields to leave out.
    """
    shown = set(only or type(cluster).model_fields) - set(without)
    return {
        path: _shown(value)
        for path, value in flat(type(cluster), dict(cluster))
        if path.partition(".")[0] in shown
    }


def document_tasks(dag: Any) -> None:
    """Give every task of a DAG its page.

    :param dag: an Airflow DAG whose operators are the package's.
    """
    for task in dag.tasks:
        task.doc_md = task_documentation(type(task))


def task_documentation(kind: type) -> str:
    """What a task does, from its operator's docstring: without parameters, in Markdown.

    :param kind: the operator's class.
    """
    return _markdown_of(inspect.getdoc(kind) or "")


@cache
def _markdown_of(docstring: str) -> str:
    """The page; made once for an operator, and not again for each cluster's task."""
    paragraphs = docstring.split("\n\n")
    told = [one for one in paragraphs if not one.startswith((":param", ".. seealso"))]
    text = "\n\n".join(told).replace("``", "`")
    return _ROLE.sub(lambda found: f"`{found[1].rpartition('.')[2]}`", text)


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "-"
    if isinstance(value, BaseModel):
        return _shown(dict(value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_shown(one)}" for name, one in value.items())
    return str(value)
