"""Delete the clusters of restore tests that outlived their expiry."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from redshift_backup import telemetry
from redshift_backup.drill import (
    LONGEST_INTENT_BYTES,
    Intent,
    MalformedIntent,
    Row,
    Verdict,
    intent_key,
    judge,
    read_intent,
)
from redshift_backup.errors import AwsError, ConfigError, InvalidStateError, PartialFailureError
from redshift_backup.invocation import Invocation
from redshift_backup.model import Cluster, Snapshot, is_drill_cluster
from redshift_backup.telemetry import logger

# Of these an expired cluster may be there still.
_LEFT = frozenset({Verdict.DELETE, Verdict.PENDING, Verdict.MALFORMED, Verdict.FAILED})


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``sweep``.

    One cluster after the other: each is looked at right before it is deleted, because its run may
    have begun again and moved its expiry.

    :raises ConfigError: nothing says where the intents are.
    :raises PartialFailureError: a cluster could not be deleted, or its intent not be understood;
        the others are done by then.
    """
    bucket = invocation.settings.evidence_bucket
    if bucket is None:
        raise ConfigError(
            "EVIDENCE_BUCKET is not set, so nothing tells which clusters are of restore tests; "
            "set it in the deployment to the bucket that holds their intents"
        )
    clusters = [
        one for one in invocation.gateway.describe_clusters() if is_drill_cluster(one.identifier)
    ]
    rows: list[Row] = []
    for cluster in sorted(clusters, key=lambda one: one.identifier):
        if invocation.budget.is_used_up:
            break
        rows.append(_sweep_one(invocation, bucket, cluster))
    remaining = len(clusters) - len(rows)
    _measure(invocation, rows, remaining)
    _raise_if_any(rows)
    return {
        "status": "completed",
        "clusters": [_as_json(row) for row in rows],
        "deleted": sum(row.verdict is Verdict.DELETED for row in rows),
        "remaining": remaining,
    }


def _sweep_one(invocation: Invocation, bucket: str, cluster: Cluster) -> Row:
    try:
        row = _plan(invocation, bucket, cluster)
        if row.verdict is Verdict.DELETE and not invocation.request.dry_run:
            row = _delete(invocation, row)
    except AwsError as error:
        row = Row(cluster, Verdict.FAILED, str(error))
    is_wrong = row.verdict in (Verdict.MALFORMED, Verdict.FAILED)
    tell = logger.error if is_wrong else logger.info
    sign = "ERROR: " if is_wrong else ""
    tell("%sdrill cluster %s: %s: %s", sign, cluster.identifier, row.verdict.value, row.reason)
    return row


def _plan(invocation: Invocation, bucket: str, cluster: Cluster) -> Row:
    content = invocation.gateway.read_object(
        bucket, intent_key(cluster.identifier), LONGEST_INTENT_BYTES
    )
    intent = None if content is None else read_intent(content)
    requested = invocation.request.cluster_identifier
    if isinstance(intent, Intent) and requested not in (None, intent.source_cluster_identifier):
        reason = f"it is of {intent.source_cluster_identifier}, and the event names {requested}"
        return Row(cluster, Verdict.KEPT, reason, intent)
    row = _judge(invocation, cluster, intent, ())
    if row.verdict is Verdict.DELETE:
        made = invocation.gateway.describe_snapshots_of(cluster)
        row = _judge(invocation, cluster, intent, made)
    return row


def _judge(
    invocation: Invocation,
    cluster: Cluster,
    intent: Intent | MalformedIntent | None,
    snapshots: Sequence[Snapshot],
) -> Row:
    account_id = invocation.caller.account_id
    return judge(cluster, intent, snapshots, account_id=account_id, now=invocation.now)


def _delete(invocation: Invocation, row: Row) -> Row:
    if row.missing_tags:
        try:
            invocation.gateway.tag_cluster(row.cluster, row.missing_tags)
        except AwsError as error:
            # The marks are for whoever looks at the account; the intent is what rules.
            logger.error("ERROR: the tags of %s are not set: %s", row.cluster.identifier, error)
    try:
        invocation.gateway.delete_cluster(row.cluster)
    except InvalidStateError as error:
        # Something began in between: most likely the run's own deletion.
        return replace(row, verdict=Verdict.PENDING, reason=str(error))
    return replace(row, verdict=Verdict.DELETED)


def _measure(invocation: Invocation, rows: Sequence[Row], remaining: int) -> None:
    cluster = invocation.settings.cluster_identifier or "all clusters"
    left = sum(row.verdict in _LEFT for row in rows) + remaining
    foreign = sum(row.verdict is Verdict.NOT_OURS for row in rows)
    telemetry.count("DrillClustersRemaining", left, cluster)
    telemetry.count("DrillClustersNotOurs", foreign, cluster)


def _raise_if_any(rows: Sequence[Row]) -> None:
    wrong = (Verdict.MALFORMED, Verdict.FAILED)
    failed = {row.cluster.identifier: row.reason for row in rows if row.verdict in wrong}
    if failed:
        raise PartialFailureError(done=len(rows) - len(failed), failed=failed)


def _as_json(row: Row) -> dict[str, Any]:
    return {
        "id": row.cluster.identifier,
        "verdict": row.verdict.value,
        "reason": row.reason,
        "expires_at": row.expires_at,
    }
