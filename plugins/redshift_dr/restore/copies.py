"""The copy that the DR account owns: its tags, and whether one that is there is it. Pure."""

from collections.abc import Mapping
from typing import Any

from redshift_dr.restore.failure import Failure

_PREFIX = "redshift-backup:"
_SAME = ("managed-by", "source-cluster", "source-snapshot")


def copy_tags(selected: Mapping[str, Any], *, run_id: str) -> dict[str, str]:
    """What the copy is tagged with; the function in the DR account prunes by it.

    :param selected: what ``select_snapshot`` returned.
    """
    tags = {
        "managed-by": "redshift-backup",
        "slot": selected["slot"] or selected["snapshot_create_time"],
        "origin": "created",
        "request-id": run_id,
        "source-cluster": selected["cluster_identifier"],
        "source-snapshot": selected["snapshot_id"],
    }
    return {f"{_PREFIX}{name}": value for name, value in tags.items()}


def judge_copy(snapshot: Mapping[str, Any], tags: Mapping[str, str]) -> Failure | None:
    """Whether a snapshot that has the copy's name is a copy of the same snapshot.

    Of an earlier drill, or of an earlier try of this one: it is kept, none is made twice.

    :param snapshot: what is there, in boto3's shape.
    :param tags: what the copy would be tagged with.
    :return: why it cannot be, else ``None``.
    """
    name, status = snapshot["SnapshotIdentifier"], str(snapshot["Status"]).lower()
    there = {tag["Key"]: tag["Value"] for tag in snapshot.get("Tags") or ()}
    for key in (f"{_PREFIX}{name}" for name in _SAME):
        if there.get(key) != tags[key]:
            return Failure(
                f"snapshot {name} has the name of the copy, and is none: its tag {key} is "
                f"{there.get(key)!r}, not {tags[key]!r}",
                "Look at the snapshot, rename or delete it, then clear keep_dr_copy.",
            )
    if status not in ("available", "creating"):
        return Failure(
            f"the copy {name} of an earlier try is {status}",
            "Let the function aca-redshift-dr prune it, then trigger a new run.",
        )
    return None
