"""Whether a demonstration showed what it promises. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demo.history import OlderSnapshot
from demo.shelf import Shelf

MINIMUM_ROWS = 100_000
TABLE_COUNT = 8


@dataclass(frozen=True)
class Evidence:
    """Everything that was seen during one demonstration.

    :param state: final state of the Airflow run.
    :param prune: what the task ``prune_snapshots`` returned.
    :param loaded_rows: rows by table in the source cluster.
    :param restored_rows: rows by table in the cluster restored in the DR account.
    """

    dag_id: str
    run_id: str
    state: str
    snapshot_id: str
    target_account_id: str
    prune: Mapping[str, Any]
    history: Sequence[OlderSnapshot]
    shelf: Shelf
    loaded_rows: Mapping[str, int]
    restored_rows: Mapping[str, int]


def faults(evidence: Evidence) -> list[str]:
    """Return one sentence for everything that is not as promised; empty when all is so."""
    return [
        *_run_faults(evidence),
        *_share_faults(evidence),
        *_prune_faults(evidence),
        *_data_faults(evidence),
    ]


def result(evidence: Evidence) -> dict[str, Any]:
    """Return the last line of the demonstration."""
    mine = evidence.shelf.source.get(evidence.snapshot_id)
    wrong = faults(evidence)
    return {
        "dag_id": evidence.dag_id,
        "run_id": evidence.run_id,
        "state": evidence.state,
        "snapshot_id": evidence.snapshot_id,
        "shared_with": list(mine.shared_with) if mine else [],
        "cleaned_up_snapshots": evidence.prune.get("cleaned_up_snapshots", 0),
        "status": "failed" if wrong else evidence.prune["status"],
    }


def _run_faults(evidence: Evidence) -> list[str]:
    wrong = []
    if evidence.state != "success":
        wrong.append(f"the run {evidence.run_id} ended {evidence.state}, not success")
    if evidence.prune.get("status") != "completed":
        wrong.append(f"prune_snapshots answered {evidence.prune.get('status')!r}, not completed")
    return wrong


def _share_faults(evidence: Evidence) -> list[str]:
    name, target = evidence.snapshot_id, evidence.target_account_id
    wrong = []
    mine = evidence.shelf.source.get(name)
    if mine is None:
        wrong.append(f"the source account has no snapshot {name}")
    elif mine.shared_with != (target,):
        shared = ", ".join(mine.shared_with) or "nobody"
        wrong.append(f"{name} is shared with {shared}, not with {target} alone")
    if name not in evidence.shelf.target:
        wrong.append(f"{target} does not see {name} by its own call")
    return wrong


def _prune_faults(evidence: Evidence) -> list[str]:
    wrong = []
    for older in evidence.history:
        for account, seen in (("source", evidence.shelf.source), ("target", evidence.shelf.target)):
            there = older.snapshot_id in seen
            if there and older.expires:
                wrong.append(f"{older.snapshot_id} has expired, but the {account} account sees it")
            if not there and not older.expires:
                wrong.append(f"{older.snapshot_id} must stay, but the {account} account lost it")
    expected = sum(older.expires for older in evidence.history)
    pruned = evidence.prune.get("cleaned_up_snapshots", 0)
    if pruned != expected:
        wrong.append(f"{pruned} snapshots were pruned, {expected} had expired")
    return wrong


def _data_faults(evidence: Evidence) -> list[str]:
    wrong = [
        f"{table}: {evidence.restored_rows.get(table, 0)} rows in the snapshot, "
        f"{rows} in the source"
        for table, rows in evidence.loaded_rows.items()
        if evidence.restored_rows.get(table, 0) != rows
    ]
    total = sum(evidence.loaded_rows.values())
    if len(evidence.loaded_rows) != TABLE_COUNT or total < MINIMUM_ROWS:
        wrong.append(
            f"{total} rows in {len(evidence.loaded_rows)} tables were loaded, "
            f"at least {MINIMUM_ROWS} in {TABLE_COUNT} were to be"
        )
    return wrong
