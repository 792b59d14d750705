"""Whether the drill of a demonstration showed what it promises. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DrillSeen:
    """Everything that was seen of one drill.

    :param state: final state of the Airflow run.
    :param tasks: the run's task instances, as Airflow's API gives them.
    :param checks: of the task ``validate``.
    :param dr_copy: the copy that ``keep_dr_copy`` named.
    :param deleted: what ``delete_cluster`` returned.
    :param recorded: what ``record_evidence`` returned.
    :param clusters_left: every cluster of the DR account, afterwards.
    :param copies: the snapshots that the DR account owns, and their status, afterwards.
    :param stored: those of the evidence's addresses that there is an object at.
    """

    dag_id: str
    run_id: str
    state: str
    tasks: Sequence[Mapping[str, Any]]
    checks: Sequence[Mapping[str, Any]]
    dr_copy: str | None
    deleted: Mapping[str, Any]
    recorded: Mapping[str, Any]
    clusters_left: Sequence[str]
    copies: Mapping[str, str]
    stored: Sequence[str]


def drill_faults(seen: DrillSeen) -> list[str]:
    """Return one sentence for everything that is not as promised; empty when all is so."""
    wrong = []
    if seen.state != "success":
        wrong.append(f"the drill {seen.run_id} ended {seen.state}, not success")
    if seen.recorded.get("verdict") != "passed":
        wrong.append(f"its verdict is {seen.recorded.get('verdict')}, not passed")
    if not any(
        check["kind"] == "inventory" and check["result"] == "passed" for check in seen.checks
    ):
        wrong.append("no table was compared with the inventory of the backup")
    if seen.copies.get(seen.dr_copy or "") != "available":
        wrong.append(f"the DR account owns no available copy {seen.dr_copy}")
    if not seen.deleted.get("deleted"):
        wrong.append("delete_cluster did not delete the drill cluster")
    if seen.clusters_left:
        wrong.append(f"the DR account still has {', '.join(seen.clusters_left)}")
    if len(seen.stored) != 2:
        stored = ", ".join(seen.stored) or "nothing"
        wrong.append(f"of evidence and report there is {stored}, not both")
    return wrong


def drill_result(seen: DrillSeen) -> dict[str, Any]:
    """Return what the last line of the demonstration says of the drill."""
    return {
        "state": seen.state,
        "verdict": seen.recorded.get("verdict"),
        "restore_seconds": seen.recorded.get("restore_seconds"),
        "checks_passed": seen.recorded.get("checks_passed"),
        "checks_failed": seen.recorded.get("checks_failed"),
        "dr_copy": seen.dr_copy,
        "evidence_uri": seen.recorded.get("evidence_uri"),
    }
