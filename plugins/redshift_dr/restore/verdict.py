"""Whether a drill has proved anything. Pure."""

from collections.abc import Mapping
from typing import Any

Result = Mapping[str, Any] | None


def missing_proofs(
    *, validated: Result, kept: Result, deleted: Result, recorded: Result
) -> list[str]:
    """What keeps a run from passing, one sentence each without its full stop.

    Every argument is what a task left on record, ``None`` where it left nothing: it failed, was
    killed, was skipped, or was marked by hand. A run passes only by what is on record.

    :param validated: of ``validate``.
    :param kept: of ``keep_dr_copy``.
    :param deleted: of ``delete_cluster``.
    :param recorded: of ``record_evidence``.
    """
    faults = []
    if validated is None:
        faults.append("no validation is on record")
    elif validated.get("result") != "passed":
        faults.append(f"validation {validated.get('result') or 'has no result'}")
    if kept is None:
        faults.append("keep_dr_copy left no result")
    if deleted is None:
        faults.append("no deletion of the drill cluster is on record")
    elif not deleted.get("deleted"):
        faults.append(f"no cluster was deleted: {deleted.get('reason') or 'no reason is given'}")
    if recorded is None:
        faults.append("no evidence is on record")
    elif recorded.get("verdict") != "passed":
        faults.append(f"the evidence says {recorded.get('verdict') or 'nothing'}")
    return faults
