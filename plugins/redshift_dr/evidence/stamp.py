"""What a drill lets the backup function write at the source snapshot. Pure."""

from collections.abc import Mapping
from typing import Any

from redshift_dr.evidence.verdict import Record
from redshift_dr.invocation import REFUSALS, Failure, StampResponse

UNSTAMPABLE = REFUSALS | {"NotFoundError"}
"""Errors of the function that say something of the snapshot: foreign, gone, younger than the test.

They are a warning in the evidence. All others are errors of the drill.
"""


def shown_result(document: Record) -> str | None:
    """What the drill has shown of the snapshot: ``passed``, ``failed``, or ``None`` for nothing.

    It is the validation's result and not the drill's verdict: a cluster that could not be deleted
    afterwards makes no snapshot worse. Without a validation a restore that was accepted and then
    failed is a failure; a drill that was ended from outside has shown nothing.
    """
    validation = document["validation"]
    if validation is not None:
        passed = validation["result"] == "passed" and not _broken(document)
        return "passed" if passed else "failed"
    failed = {failure["task_id"] for failure in document["failures"]}
    return "failed" if document["restore"] and "wait_for_cluster" in failed else None


def reason_not_to_stamp(document: Record) -> str | None:
    """Why the function is not asked, or ``None`` if it is."""
    if document["snapshot"] is None:
        return "the drill had chosen no snapshot"
    if shown_result(document) is None:
        return "the drill ended before it could tell whether the snapshot can be restored"
    return None


def stamp_payload(document: Record, evidence_uri: str) -> dict[str, Any]:
    """The request ``stamp`` (contract, section 4); the same for every try of the same drill."""
    drill, validation = document["drill"], document["validation"] or {}
    payload = {
        "action": "stamp",
        "cluster_identifier": drill["cluster_identifier"],
        "correlation_id": drill["run_id"],
        "snapshot_id": document["snapshot"]["snapshot_id"],
        "result": shown_result(document),
        "verified_at": validation.get("finished_at") or drill["recorded_at"],
        "evidence_uri": evidence_uri,
    }
    seconds = document["timings"]["restore_seconds"]
    return payload if seconds is None else {**payload, "restore_seconds": seconds}


def stamp_of_answer(outcome: StampResponse | Failure) -> Mapping[str, Any] | None:
    """The stamp for the evidence, or ``None`` if the failure is one of the drill."""
    if isinstance(outcome, Failure):
        if outcome.error_type in UNSTAMPABLE:
            return {"status": "refused", "reason": str(outcome)}
        return None
    return {"status": outcome.status, "reason": outcome.reason}


def _broken(document: Record) -> bool:
    return any(
        check["severity"] == "error" and check["result"] in ("failed", "error")
        for check in document["validation"]["checks"]
    )
