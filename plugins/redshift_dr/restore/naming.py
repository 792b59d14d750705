"""The names of a drill's cluster and of the copy that it leaves. Pure."""

import re
from datetime import datetime
from hashlib import sha256

CLUSTER_NAME_LIMIT = 63
"""Redshift: a cluster identifier has at most 63 characters."""

DRILL_PATTERN = re.compile(r"drill-[a-z][a-z0-9]*(-[a-z0-9]+)*-[0-9a-f]{8}")
"""Full-matches the name of every drill cluster; IAM grants nothing outside ``drill-*``."""

SLOT_PATTERN = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*-(\d{8}-\d{6})")
"""Full-matches a snapshot that is named by its slot."""

_SLOT_FORMAT = "%Y%m%d-%H%M%S"


def drill_cluster_identifier(cluster_identifier: str, run_id: str) -> str:
    """The name of the cluster that a run restores; the same for every try of the run.

    :param cluster_identifier: the source cluster.
    :param run_id: Airflow's run id, which no identifier could hold as it is.
    """
    digest = sha256(f"{cluster_identifier}/{run_id}".encode()).hexdigest()[:8]
    room = CLUSTER_NAME_LIMIT - len("drill-") - len(digest) - 1
    return f"drill-{cluster_identifier[:room].rstrip('-')}-{digest}"


def slot_of(snapshot_identifier: str) -> datetime | None:
    """The slot that a snapshot is named by, UTC without saying so; ``None`` for other names.

    The DR account does not see the tags of a shared snapshot.
    """
    match = SLOT_PATTERN.fullmatch(snapshot_identifier)
    if match is None:
        return None
    try:
        return datetime.strptime(f"{match[2]}+0000", f"{_SLOT_FORMAT}%z")
    except ValueError:
        return None


def dr_copy_identifier(cluster_identifier: str, moment: datetime) -> str:
    """The name of the copy that the DR account keeps.

    :param cluster_identifier: the source cluster.
    :param moment: the slot, or the snapshot's own time where it has none; UTC.
    """
    return f"{cluster_identifier}-dr-{moment.strftime(_SLOT_FORMAT)}"
