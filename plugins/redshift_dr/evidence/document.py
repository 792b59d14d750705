"""The evidence of one drill as one JSON document. Pure.

Fields are taken over by name. What a task returned beyond them, a row's values above all, never
gets into the document.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from redshift_dr.config.models import ClusterConfig
from redshift_dr.evidence.verdict import Record, checks_of, judge
from redshift_dr.runs import iso

SCHEMA_VERSION = 1

TASKS = (
    "select_snapshot",
    "restore_cluster",
    "wait_for_cluster",
    "validate",
    "keep_dr_copy",
    "delete_cluster",
)
"""The tasks whose results and failures are evidence, in the drill's order."""

SNAPSHOT_FIELDS = (
    "snapshot_id",
    "snapshot_arn",
    "owner_account",
    "slot",
    "snapshot_create_time",
    "age_hours",
    "maximum_age_hours",
    "encrypted",
    "node_type",
    "number_of_nodes",
    "total_size_mb",
)
RESTORE_FIELDS = (
    "drill_cluster_identifier",
    "intent_uri",
    "started_at",
    "adopted",
    "node_type",
    "number_of_nodes",
)
VALIDATION_FIELDS = ("result", "started_at", "finished_at", "validation_seconds", "statements")
CHECK_FIELDS = ("name", "kind", "severity", "result", "message", "seconds", "statements")
COPY_FIELDS = ("dr_copy", "reason", "copy_seconds")
DELETION_FIELDS = ("deleted", "drill_cluster_identifier", "deleted_at", "reason")

NOT_STAMPED = {"status": "pending", "reason": None}
"""The stamp before the backup function was asked; evidence is written first."""


@dataclass(frozen=True)
class DrillRun:
    """Who or what ran the drill, and with which code.

    :ivar dag_id: Airflow's DAG.
    :ivar run_id: Airflow's run.
    :ivar run_type: ``scheduled``, ``manual`` or another of Airflow's.
    :ivar triggered_by: the user who started the run, ``None`` for a schedule.
    :ivar started_at: when the run began.
    :ivar recorded_at: when the evidence was first written.
    :ivar code: version by package.
    """

    dag_id: str
    run_id: str
    run_type: str
    triggered_by: str | None
    started_at: datetime
    recorded_at: datetime
    code: Mapping[str, str]


@dataclass(frozen=True)
class Records:
    """What the drill's tasks left, by task; a task that left nothing is absent.

    :ivar results: what each returned.
    :ivar failures: the error that each left for the alert.
    """

    results: Mapping[str, Record] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)


def build_document(
    cluster: ClusterConfig, run: DrillRun, records: Records, *, stamp: Record = NOT_STAMPED
) -> dict[str, Any]:
    """Put the evidence of a drill together.

    :param cluster: the settings of the drilled cluster.
    :param run: who or what ran it.
    :param records: what its tasks left; any of it may be missing.
    :param stamp: ``status`` and ``reason`` of the stamp at the source snapshot.
    :return: the document that ``evidence.schema.json`` describes.
    """
    results = records.results
    validate, delete = results.get("validate"), results.get("delete_cluster")
    verdict = judge(
        validate,
        delete,
        dr_copy=results.get("keep_dr_copy"),
        wants_dr_copy=cluster.drill is not None and cluster.drill.keep_dr_copy,
    )
    # What failed before it is the cause of a missing validation; its own failure says no more.
    causes = [
        f"task {task} failed: {records.failures[task]}"
        for task in TASKS
        if task in records.failures and task != "validate"
    ]
    warnings = [*verdict.warnings]
    if stamp["status"] == "refused":
        warnings.append(f"the source snapshot is not stamped: {stamp['reason']}")
    configuration = cluster.model_dump(mode="json")
    return {
        "schema_version": SCHEMA_VERSION,
        "verdict": {
            "result": verdict.result,
            "reasons": [*causes, *verdict.reasons] if verdict.reasons else [],
            "warnings": warnings,
        },
        "drill": _drill(cluster, run),
        "timings": timings(results),
        "snapshot": _taken(results.get("select_snapshot"), SNAPSHOT_FIELDS),
        "restore": _restore(results),
        "validation": _validation(validate),
        "dr_copy": _taken(results.get("keep_dr_copy"), COPY_FIELDS),
        "deletion": _taken(delete, DELETION_FIELDS),
        "stamp": {"status": stamp["status"], "reason": stamp["reason"]},
        "failures": [
            {"task_id": task, "error": records.failures[task]}
            for task in TASKS
            if task in records.failures
        ],
        "configuration": configuration,
        "configuration_sha256": sha256_of(canonical(configuration)),
        "code": dict(run.code),
    }


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one way a document is written: sorted keys, two spaces, UTF-8, a line break at its end.

    ``evidence.json`` holds these bytes, so ``sha256sum evidence.json`` gives the document's digest.
    """
    text = json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def sha256_of(content: bytes) -> str:
    """The SHA-256 digest in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def timings(results: Mapping[str, Record]) -> dict[str, float | None]:
    """RPO and RTO of a drill, in seconds; ``None`` for what was not reached.

    ``data_age_seconds`` (RPO) is the snapshot's age when the drill chose it: what a disaster at
    that instant would have cost. ``total_seconds`` (RTO) is from the restore's request to the end
    of the validation: how long until the data could be relied on again.
    """
    age = _number((results.get("select_snapshot") or {}).get("age_hours"))
    validate = results.get("validate") or {}
    started = _instant((results.get("restore_cluster") or {}).get("started_at"))
    finished = _instant(validate.get("finished_at"))
    return {
        "data_age_seconds": None if age is None else round(age * 3600, 3),
        "restore_seconds": _number((results.get("wait_for_cluster") or {}).get("restore_seconds")),
        "validation_seconds": _number(validate.get("validation_seconds")),
        "total_seconds": (finished - started).total_seconds() if started and finished else None,
    }


def counts_of(document: Record) -> dict[str, int]:
    """How many checks of a document passed, failed (``failed`` or ``error``) and warn."""
    results = [check["result"] for check in checks_of(document["validation"])]
    passed, failed = results.count("passed"), results.count("failed") + results.count("error")
    return {"passed": passed, "failed": failed, "warned": len(results) - passed - failed}


def _drill(cluster: ClusterConfig, run: DrillRun) -> dict[str, Any]:
    return {
        "cluster_identifier": cluster.cluster_identifier,
        "source_account_id": cluster.source_account_id,
        "dr_account_id": cluster.target_account_id,
        "region_name": cluster.region_name,
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "run_type": run.run_type,
        "triggered_by": run.triggered_by,
        "started_at": iso(run.started_at),
        "recorded_at": iso(run.recorded_at),
    }


def _restore(results: Mapping[str, Record]) -> dict[str, Any] | None:
    restore = _taken(results.get("restore_cluster"), RESTORE_FIELDS)
    if restore is None:
        return None
    return {**restore, "available_at": (results.get("wait_for_cluster") or {}).get("available_at")}


def _validation(validate: Record | None) -> dict[str, Any] | None:
    taken = _taken(validate, VALIDATION_FIELDS)
    if taken is None:
        return None
    return {**taken, "checks": [_check(check) for check in checks_of(validate)]}


def _check(check: Record) -> dict[str, Any]:
    numbers = check.get("numbers")
    counted = numbers.items() if isinstance(numbers, Mapping) else ()
    taken = {name: check.get(name) for name in CHECK_FIELDS}
    return {
        **taken,
        "numbers": {str(key): value for key, value in counted if _number(value) is not None},
    }


def _taken(record: Record | None, names: tuple[str, ...]) -> dict[str, Any] | None:
    return None if record is None else {name: record.get(name) for name in names}


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else None


def _instant(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
