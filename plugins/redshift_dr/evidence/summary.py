"""The message that tells people of a drill that passed. Pure."""

from collections.abc import Mapping
from typing import Any

from redshift_dr.evidence import words
from redshift_dr.evidence.document import counts_of
from redshift_dr.evidence.report import headline


def facts_of_drill(
    document: Mapping[str, Any], *, evidence_uri: str, report_uri: str, sha256: str
) -> dict[str, Any]:
    """The variables of ``include/alerts/drill_summary.txt.jinja``, all as text but the warnings."""
    drill, snapshot = document["drill"], document["snapshot"] or {}
    timings, counts = document["timings"], counts_of(document)
    return {
        "headline": headline(document),
        "cluster_identifier": drill["cluster_identifier"],
        "source_account_id": drill["source_account_id"],
        "dr_account_id": drill["dr_account_id"],
        "region_name": drill["region_name"],
        "snapshot_id": str(snapshot.get("snapshot_id") or words.NOTHING),
        "snapshot_time": words.instant(snapshot.get("snapshot_create_time")),
        "data_age": words.duration(timings["data_age_seconds"]),
        "restore_time": words.duration(timings["restore_seconds"]),
        "validation_time": words.duration(timings["validation_seconds"]),
        "total_time": words.duration(timings["total_seconds"]),
        "checks_passed": str(counts["passed"]),
        "checks_failed": str(counts["failed"]),
        "checks_warned": str(counts["warned"]),
        "dr_copy": str((document["dr_copy"] or {}).get("dr_copy") or "none"),
        "warnings": list(document["verdict"]["warnings"]),
        "dag_id": drill["dag_id"],
        "run_id": drill["run_id"],
        "triggered_by": str(drill["triggered_by"] or drill["run_type"]),
        "evidence_uri": evidence_uri,
        "report_uri": report_uri,
        "sha256": sha256,
    }
