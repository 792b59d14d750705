"""Whether a cluster is this drill's, and may therefore be adopted or deleted. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redshift_dr.restore.intent import Intent
from redshift_dr.restore.naming import DRILL_PATTERN
from redshift_dr.runs import iso

Cluster = Mapping[str, Any]


@dataclass(frozen=True)
class Ownership:
    """Whose a cluster is.

    :param ours: whether the drill may adopt and delete it.
    :param reason: why not; empty if it is.
    :param missing_tags: tags that a kill left out.
    """

    ours: bool
    reason: str = ""
    missing_tags: Mapping[str, str] | None = None


def judge_ownership(cluster: Cluster, intent: Intent | None, *, account_id: str) -> Ownership:
    """Apply the rule: only what an intent announced, and what fits it in every fact, is ours.

    Tags are not part of it: a kill between restore and tags must not leave a cluster for ever.

    :param cluster: the cluster in boto3's shape.
    :param intent: the intent of that name, if there is one.
    :param account_id: the account of the caller.
    """
    name = cluster["ClusterIdentifier"]
    reason = _strange(cluster, intent, account_id)
    if reason or intent is None:
        return Ownership(False, f"cluster {name} in account {account_id} is not deleted: {reason}")
    tags = {tag["Key"]: tag["Value"] for tag in cluster.get("Tags") or ()}
    missing = {key: value for key, value in intent.tags.items() if tags.get(key) != value}
    return Ownership(True, missing_tags=missing)


def _strange(cluster: Cluster, intent: Intent | None, account_id: str) -> str | None:
    name = cluster["ClusterIdentifier"]
    if intent is None:
        return "the evidence bucket holds no intent for it"
    if account_id != intent.account_id:
        return f"its intent is of account {intent.account_id}"
    if name != intent.cluster_identifier or DRILL_PATTERN.fullmatch(name) is None:
        return f"its intent is of {intent.cluster_identifier}, and both must be one drill's name"
    if not cluster.get("RestoreStatus"):
        return "it was not restored from a snapshot"
    created: datetime | None = cluster.get("ClusterCreateTime")
    if created is None:
        return "AWS does not tell when it was made"
    if created < intent.created_at:
        return f"it was made at {iso(created)}, before its intent of {iso(intent.created_at)}"
    return None
