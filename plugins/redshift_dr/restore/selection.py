"""Chooses the snapshot that a drill restores. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from redshift_dr.restore.failure import Failure
from redshift_dr.restore.naming import slot_of
from redshift_dr.runs import iso

Snapshot = Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    """What is looked for.

    :param cluster_identifier: the source cluster.
    :param source_account_id: its account, which must own the snapshot.
    :param dr_account_id: the account that looks and restores.
    :param snapshot_id: the snapshot that a person named, else ``None`` for the newest.
    :param maximum_age_hours: over this age the drill fails.
    """

    cluster_identifier: str
    source_account_id: str
    dr_account_id: str
    snapshot_id: str | None
    maximum_age_hours: int


def select_snapshot(
    snapshots: Iterable[Snapshot], choice: Choice, *, now: datetime
) -> dict[str, Any] | Failure:
    """Choose the snapshot: the one named, else the newest of the cluster's backups.

    A backup is known by what the DR account can see: owner, cluster, manual, a name that ends in
    its slot. Tags of a shared snapshot are for its owner only, so an adopted snapshot of another
    name is chosen only if it is named.

    :param snapshots: what the DR account sees of the owner's, in boto3's shape.
    :param now: aware; the only clock.
    :return: the facts of the snapshot, as JSON, or why there is none.
    """
    if choice.snapshot_id is not None:
        found = _named(snapshots, choice)
    else:
        found = _newest(snapshots, choice)
    if isinstance(found, Failure):
        return found
    age_hours = (now - found["SnapshotCreateTime"]) / timedelta(hours=1)
    if age_hours > choice.maximum_age_hours:
        return _too_old(found, choice, age_hours)
    return _facts(found, choice, age_hours)


def _named(snapshots: Iterable[Snapshot], choice: Choice) -> Snapshot | Failure:
    name = choice.snapshot_id
    found = next((row for row in snapshots if row["SnapshotIdentifier"] == name), None)
    if found is None:
        return _unseen(f"snapshot {name}", choice)
    if not _is_of_cluster(found, choice):
        return Failure(
            f"snapshot {name} is of cluster {found['ClusterIdentifier']} and owned by "
            f"{found['OwnerAccount']}, not of {choice.cluster_identifier} in account "
            f"{choice.source_account_id}",
            "Name a snapshot of this cluster, or trigger the drill of the other one.",
        )
    if found["Status"] != "available":
        return Failure(
            f"snapshot {name} is {found['Status']}, not available",
            "Name another snapshot, or wait until it is available and trigger a new run.",
        )
    return found


def _newest(snapshots: Iterable[Snapshot], choice: Choice) -> Snapshot | Failure:
    backups = [
        row
        for row in snapshots
        if _is_of_cluster(row, choice)
        and row["Status"] == "available"
        and slot_of(row["SnapshotIdentifier"]) is not None
    ]
    if not backups:
        return _unseen("available backup", choice)
    return max(backups, key=lambda row: (row["SnapshotCreateTime"], row["SnapshotIdentifier"]))


def _is_of_cluster(row: Snapshot, choice: Choice) -> bool:
    return bool(
        row["ClusterIdentifier"] == choice.cluster_identifier
        and row["OwnerAccount"] == choice.source_account_id
        and row.get("SnapshotType", "manual") == "manual"
    )


def _unseen(what: str, choice: Choice) -> Failure:
    return Failure(
        f"account {choice.dr_account_id} sees no {what} of {choice.cluster_identifier} that "
        f"account {choice.source_account_id} owns and shares",
        f"Look at the last runs of redshift_backup__{choice.cluster_identifier}, share a snapshot, "
        "then clear select_snapshot.",
    )


def _too_old(row: Snapshot, choice: Choice, age_hours: float) -> Failure:
    return Failure(
        f"snapshot {row['SnapshotIdentifier']} of {iso(row['SnapshotCreateTime'])} is "
        f"{age_hours:.1f} hours old, and {choice.maximum_age_hours} hours are allowed",
        f"Find out why redshift_backup__{choice.cluster_identifier} shares no newer one. To test "
        "this one all the same, trigger a run with maximum_age_hours.",
    )


def _facts(row: Snapshot, choice: Choice, age_hours: float) -> dict[str, Any]:
    slot = slot_of(row["SnapshotIdentifier"])
    return {
        "snapshot_id": row["SnapshotIdentifier"],
        "snapshot_arn": row.get("SnapshotArn"),
        "owner_account": row["OwnerAccount"],
        "cluster_identifier": row["ClusterIdentifier"],
        "slot": iso(slot) if slot else None,
        "snapshot_create_time": iso(row["SnapshotCreateTime"]),
        "age_hours": round(age_hours, 2),
        "maximum_age_hours": choice.maximum_age_hours,
        "encrypted": bool(row.get("Encrypted")),
        "kms_key_id": row.get("KmsKeyId"),
        "node_type": row.get("NodeType"),
        "number_of_nodes": row.get("NumberOfNodes"),
        "restorable_node_types": list(row.get("RestorableNodeTypes") or ()),
        "total_size_mb": row.get("TotalBackupSizeInMegaBytes"),
    }
