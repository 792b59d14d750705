"""Which clusters of restore tests have been left behind, and which are none of ours. Pure.

The rule is the one by which a test deletes its own cluster: the intent that was written before
the restore says what will be made, and nothing is deleted that no intent announced.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from redshift_backup.model import (
    CREATING,
    DRILL,
    EXPIRES_AT,
    Cluster,
    Snapshot,
    iso_utc,
    parse_instant,
)
from redshift_backup.settings import ACCOUNT_ID, IDENTIFIER

SCHEMA_VERSION = 1
INTENTS = "intents/"
LONGEST_INTENT_BYTES = 65_536
# AWS deletes a cluster in these states only; every other one passes, or ends in one of these.
DELETABLE = frozenset(
    {
        "available",
        "hardware-failure",
        "incompatible-hsm",
        "incompatible-network",
        "incompatible-parameters",
        "incompatible-restore",
        "paused",
    }
)
DELETING = "deleting"


class Verdict(StrEnum):
    """What becomes of one cluster."""

    DELETE = "delete"
    DELETED = "deleted"
    KEPT = "kept"
    PENDING = "pending"
    NOT_OURS = "not ours"
    MALFORMED = "malformed"
    FAILED = "failed"


@dataclass(frozen=True)
class Intent:
    """What a restore test announced before it restored."""

    account_id: str
    cluster_identifier: str
    source_cluster_identifier: str
    run_id: str
    created_at: datetime
    expires_at: datetime

    @property
    def tags(self) -> dict[str, str]:
        """What the cluster of this intent is marked with."""
        return {DRILL: self.run_id, EXPIRES_AT: iso_utc(self.expires_at)}


@dataclass(frozen=True)
class MalformedIntent:
    """An intent that cannot be understood, and why."""

    fault: str


@dataclass(frozen=True)
class Row:
    """One cluster with its verdict."""

    cluster: Cluster
    verdict: Verdict
    reason: str
    intent: Intent | None = None

    @property
    def missing_tags(self) -> dict[str, str]:
        """The marks of its intent that the cluster lost, or never got."""
        wanted = self.intent.tags if self.intent is not None else {}
        return {key: value for key, value in wanted.items() if key not in self.cluster.tags}

    @property
    def expires_at(self) -> str | None:
        """When it may be deleted; None if no intent says."""
        return None if self.intent is None else iso_utc(self.intent.expires_at)


def intent_key(cluster_identifier: str) -> str:
    """Return where in the evidence bucket the intent of a cluster is."""
    return f"{INTENTS}{cluster_identifier}.json"


def read_intent(content: bytes) -> Intent | MalformedIntent:
    """Read an intent; what is not understood in full says nothing."""
    if len(content) > LONGEST_INTENT_BYTES:
        return MalformedIntent(
            f"it has more than {LONGEST_INTENT_BYTES} bytes, which no intent needs"
        )
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        return MalformedIntent(f"it is no JSON ({error})")
    if not isinstance(document, dict):
        return MalformedIntent("it is no JSON object")
    if document.get("schema_version") != SCHEMA_VERSION:
        return MalformedIntent(
            f"its schema_version is {document.get('schema_version')!r}, and this version of the "
            f"function reads {SCHEMA_VERSION}"
        )
    return _fields_of(document)


def _fields_of(document: dict[str, Any]) -> Intent | MalformedIntent:
    texts = {
        name: value
        for name in (
            "account_id",
            "cluster_identifier",
            "source_cluster_identifier",
            "run_id",
            "created_at",
            "expires_at",
        )
        if isinstance(value := document.get(name), str)
    }
    created_at = parse_instant(texts.get("created_at", ""))
    expires_at = parse_instant(texts.get("expires_at", ""))
    faults = {
        "account_id": not ACCOUNT_ID.fullmatch(texts.get("account_id", "")),
        "cluster_identifier": not IDENTIFIER.fullmatch(texts.get("cluster_identifier", "")),
        "source_cluster_identifier": not IDENTIFIER.fullmatch(
            texts.get("source_cluster_identifier", "")
        ),
        "run_id": not texts.get("run_id"),
        "created_at": created_at is None,
        "expires_at": expires_at is None,
    }
    wrong = [name for name, is_wrong in faults.items() if is_wrong]
    if wrong or created_at is None or expires_at is None:
        return MalformedIntent(f"{', '.join(wrong)} of it is missing or malformed")
    return Intent(
        account_id=texts["account_id"],
        cluster_identifier=texts["cluster_identifier"],
        source_cluster_identifier=texts["source_cluster_identifier"],
        run_id=texts["run_id"],
        created_at=created_at,
        expires_at=expires_at,
    )


def judge(
    cluster: Cluster,
    intent: Intent | MalformedIntent | None,
    snapshots: Sequence[Snapshot],
    *,
    account_id: str,
    now: datetime,
) -> Row:
    """Decide what becomes of one cluster that is named as those of restore tests.

    :param intent: as the evidence bucket has it; None if there is none.
    :param snapshots: that were made of the cluster.
    :param account_id: of the function, which has to be the DR account.
    :param now: aware UTC; the only clock used.
    """
    if isinstance(intent, MalformedIntent):
        return Row(
            cluster,
            Verdict.MALFORMED,
            f"its intent {intent_key(cluster.identifier)} cannot be understood: {intent.fault}; "
            "mend it, or delete the cluster by hand",
        )
    foreign = _foreign_reason(cluster, intent, account_id)
    if foreign is not None:
        return Row(cluster, Verdict.NOT_OURS, f"{foreign}; it is left alone", intent)
    assert intent is not None
    expiry = iso_utc(intent.expires_at)
    if not intent.expires_at < now:
        return Row(cluster, Verdict.KEPT, f"its restore test may use it until {expiry}", intent)
    pending = _pending_reason(cluster, snapshots)
    if pending is not None:
        return Row(cluster, Verdict.PENDING, f"expired at {expiry}; {pending}", intent)
    reason = f"expired at {expiry}, and the run {intent.run_id} did not delete it"
    return Row(cluster, Verdict.DELETE, reason, intent)


def _foreign_reason(cluster: Cluster, intent: Intent | None, account_id: str) -> str | None:
    if intent is None:
        return f"no intent {intent_key(cluster.identifier)} announced it"
    if intent.cluster_identifier != cluster.identifier:
        return f"its intent is of cluster {intent.cluster_identifier}"
    if intent.account_id != account_id:
        return f"its intent is of account {intent.account_id}, and this is {account_id}"
    if not cluster.is_restored:
        return "it was not restored from a snapshot"
    # AWS and the intent's writer count whole seconds.
    announced = intent.created_at.replace(microsecond=0)
    if cluster.create_time is None or cluster.create_time < announced:
        created = (
            "at a time not told" if cluster.create_time is None else iso_utc(cluster.create_time)
        )
        return f"it was made {created}, not after its intent of {iso_utc(announced)}"
    return None


def _pending_reason(cluster: Cluster, snapshots: Sequence[Snapshot]) -> str | None:
    if cluster.status == DELETING:
        return "AWS is deleting it"
    if cluster.status not in DELETABLE:
        return f"it is {cluster.status}, and AWS deletes it only when that is over"
    making = sorted(one.identifier for one in snapshots if one.status == CREATING)
    if making:
        return f"{', '.join(making)} is still being made of it"
    return None
