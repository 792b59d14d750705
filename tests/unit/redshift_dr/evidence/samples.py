"""Drills as their tasks leave them, for all tests of the evidence."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from redshift_dr.config import ClusterConfig, DrillConfig
from redshift_dr.evidence.document import DrillRun, Records, build_document
from redshift_dr.evidence.history import History, point_of

CLUSTER = ClusterConfig(
    cluster_identifier="aca-redshift-cluster",
    source_account_id="164543933824",
    target_account_id="058264155998",
    region_name="us-east-1",
    schedule="0 2 * * *",
    owner="data-platform",
    contact="data-platform@example.com",
    alert_topic_arn="arn:aws:sns:us-east-1:164543933824:aca-redshift-backup-alerts",
    drill=DrillConfig(),
)
STARTED = datetime(2026, 11, 22, 6, 0, 4, tzinfo=UTC)
RUN_ID = "scheduled__2026-11-22T06:00:00+00:00"
SNAPSHOT = "aca-lambda-snapshot-20261122-020000"
DRILL_CLUSTER = "drill-aca-redshift-cluster-1a2b3c4d"

SELECTED = {
    "snapshot_id": SNAPSHOT,
    "snapshot_arn": "arn:aws:redshift:us-east-1:164543933824:snapshot:"
    f"aca-redshift-cluster/{SNAPSHOT}",
    "owner_account": "164543933824",
    "cluster_identifier": "aca-redshift-cluster",
    "slot": "2026-11-22T02:00:00Z",
    "snapshot_create_time": "2026-11-22T02:00:31Z",
    "age_hours": 3.993,
    "maximum_age_hours": 26,
    "encrypted": True,
    "node_type": "ra3.large",
    "number_of_nodes": 2,
    "total_size_mb": 48213,
}
RESTORED = {
    "drill_cluster_identifier": DRILL_CLUSTER,
    "intent_uri": f"s3://aca-redshift-dr-evidence/intents/{DRILL_CLUSTER}.json",
    "evidence_bucket": "aca-redshift-dr-evidence",
    "started_at": "2026-11-22T06:00:12Z",
    "adopted": False,
    "node_type": "ra3.large",
    "number_of_nodes": 2,
}
WAITED = {"available_at": "2026-11-22T06:22:04Z", "restore_seconds": 1312.4, "polls": 41}
KEPT = {"dr_copy": "aca-redshift-cluster-dr-20261122-020000", "reason": None, "copy_seconds": 248.1}
DELETED = {
    "deleted": True,
    "drill_cluster_identifier": DRILL_CLUSTER,
    "deleted_at": "2026-11-22T06:31:40Z",
}
TABLES = {
    "tpch.customer": 150_000,
    "tpch.lineitem": 6_001_215,
    "tpch.nation": 25,
    "tpch.orders": 1_500_000,
    "tpch.part": 200_000,
    "tpch.partsupp": 800_000,
    "tpch.region": 5,
    "tpch.supplier": 10_000,
}


def check(name: str, result: str = "passed", **fields: Any) -> dict[str, Any]:
    """One check as ``validate`` returns it."""
    return {
        "name": name,
        "kind": "sql",
        "severity": "error",
        "result": result,
        "message": "no offending rows",
        "numbers": {"offending_rows": 0},
        "seconds": 0.7,
        "statements": 1,
        **fields,
    }


def inventory_checks() -> list[dict[str, Any]]:
    """One check for each table, all passed."""
    return [
        check(
            table,
            kind="inventory",
            message="row count lies between the inventories",
            numbers={"before": rows, "restored": rows, "after": rows + rows // 1000},
        )
        for table, rows in TABLES.items()
    ]


PASSED_CHECKS = (
    *inventory_checks(),
    check("orders_without_customer"),
    check("line_items_without_order", seconds=3.4),
    check("discount_out_of_range"),
    check(
        "tpch.orders.o_entry",
        kind="freshness",
        message="newest value is 1.2 hours older than the snapshot, limit 26",
        numbers={"age_hours": 1.2, "maximum_age_hours": 26},
    ),
)


def validated(*checks: Mapping[str, Any], result: str = "passed") -> dict[str, Any]:
    """What ``validate`` returns."""
    return {
        "result": result,
        "started_at": "2026-11-22T06:22:06Z",
        "finished_at": "2026-11-22T06:23:31Z",
        "validation_seconds": 85.2,
        "statements": 26,
        "checks": list(checks or PASSED_CHECKS),
    }


def results(**changes: Any) -> dict[str, Any]:
    """What the tasks of a good drill returned; ``name=None`` takes a task's result away."""
    whole = {
        "select_snapshot": SELECTED,
        "restore_cluster": RESTORED,
        "wait_for_cluster": WAITED,
        "validate": validated(),
        "keep_dr_copy": KEPT,
        "delete_cluster": DELETED,
        **changes,
    }
    return {task: value for task, value in whole.items() if value is not None}


def run(**changes: Any) -> DrillRun:
    """A scheduled drill."""
    return DrillRun(
        **{
            "dag_id": "redshift_restore_validation__aca-redshift-cluster",
            "run_id": RUN_ID,
            "run_type": "scheduled",
            "triggered_by": None,
            "started_at": STARTED,
            "recorded_at": datetime(2026, 11, 22, 6, 31, 44, tzinfo=UTC),
            "code": {"redshift-dr": "0.1.0", "apache-airflow": "3.3.2", "python": "3.12.4"},
            **changes,
        }
    )


def document(*, failures: Mapping[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """The evidence of a drill, by the changes of :func:`results`."""
    stamp = changes.pop("stamp", {"status": "completed", "reason": None})
    records = Records(results(**changes), failures or {})
    return build_document(CLUSTER, run(), records, stamp=stamp)


def failed_document() -> dict[str, Any]:
    """A drill of a damaged snapshot: a table gone, rows missing, an unmade check."""
    checks = list(PASSED_CHECKS)
    checks[1] = check(
        "tpch.lineitem",
        "failed",
        kind="inventory",
        message="5 701 154 rows restored, 6 001 215 to 6 007 216 expected: 300 061 too few",
        numbers={"before": 6_001_215, "restored": 5_701_154, "after": 6_007_216},
    )
    checks[4] = check(
        "tpch.part", "failed", kind="inventory", message="the table is missing", numbers={}
    )
    checks[9] = check(
        "line_items_without_order", "error", message="no answer within 300 seconds", seconds=300.0
    )
    checks[10] = check(
        "discount_out_of_range",
        "warned",
        severity="warn",
        message="12 offending rows",
        numbers={"offending_rows": 12},
    )
    return document(
        validate=validated(*checks, result="failed"),
        keep_dr_copy={"dr_copy": None, "reason": "the validation failed", "copy_seconds": None},
        failures={"validate": "3 of 12 checks did not pass"},
    )


def unfinished_document() -> dict[str, Any]:
    """A drill whose restore was refused."""
    return document(
        restore_cluster=None,
        wait_for_cluster=None,
        validate=None,
        keep_dr_copy=None,
        delete_cluster={"deleted": False, "reason": "never restored"},
        stamp={"status": "not made", "reason": "the drill ended before it could tell"},
        failures={
            "restore_cluster": "KMSKeyNotAccessibleFault: the key "
            "arn:aws:kms:us-east-1:164543933824:key/5f4a2c1e-3d3e-4b1a-9c55-0c7a5f1d2b3e admits no "
            "kms:CreateGrant of account 058264155998"
        },
    )


def past(count: int = 30) -> History:
    """A year of drills before, two of them failed, one of them before it validated."""
    points = []
    for week in range(count, 0, -1):
        point = point_of(
            document(
                select_snapshot={**SELECTED, "age_hours": 4 + (week * 7) % 5 / 3},
                validate=None
                if week == 9
                else {
                    **validated(result="failed" if week == 17 else "passed"),
                    "finished_at": f"2026-11-22T06:{20 + (week * 11) % 9:02}:31Z",
                },
            )
        )
        started = STARTED - timedelta(weeks=week)
        points.append(type(point)(**{**vars(point), "started_at": started}))
    return History(tuple(points), ("drills/x/20260301-060004-y/evidence.json: no JSON document",))


def cases() -> list[tuple[str, dict[str, Any], History]]:
    """Name, document and past of the reports that are looked at."""
    return [
        ("passed", document(), past()),
        ("failed", failed_document(), past(51)),
        ("unfinished", unfinished_document(), History()),
    ]
