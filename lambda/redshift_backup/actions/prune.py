"""Delete what no rule keeps: revoke first, delete in batches, then look again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from redshift_backup import telemetry
from redshift_backup.errors import AwsError, PartialFailureError
from redshift_backup.gateway import BATCH_DELETE_LIMIT, ItemError
from redshift_backup.invocation import Invocation
from redshift_backup.model import (
    DELETE_REFUSED_SINCE,
    HOLD,
    RETENTION,
    Snapshot,
    iso_utc,
    parse_instant,
)
from redshift_backup.retention import (
    Plan,
    Row,
    Verdict,
    plan_prune,
    recalled_policy,
    refusal,
    tag_to_leave,
)
from redshift_backup.telemetry import logger

_PENDING_BECOMES_ERROR_AFTER = timedelta(days=3)
# AWS has one code for every state that forbids a deletion; only the text tells this one, as in
# "You can't delete snapshot X because it is used by cluster deleted-11336634."
_IN_USE_TEXTS = ("used by", "in use")
# Somebody may hold a snapshot while hundreds are revoked. Where nothing is revoked a chunk takes
# one call, and a look would double it; the seconds that this leaves are documented at `apply`.
_LOOK_IS_OLD_AFTER_SECONDS = 15.0
# What a deletion may show for moments.
_GOING = frozenset({"deleting", "deleted"})


@dataclass(frozen=True)
class Pruned:
    """What a prune came to.

    :ivar plan: its rows say what became of each snapshot.
    :ivar remaining: deletions of the plan that this run did not come to.
    :ivar failed: the snapshots that could not be deleted, and why.
    """

    plan: Plan
    deleted: int
    remaining: int
    failed: Mapping[str, str] = field(default_factory=dict)

    def raise_if_failed(self) -> None:
        """Raise PartialFailureError with the list, once everything else is done."""
        if self.failed:
            raise PartialFailureError(done=self.deleted, failed=self.failed)


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``prune``."""
    request = invocation.request
    if request.window.is_past(invocation.now):
        reason = (
            f"the window of slot {iso_utc(request.window.slot)} ended at "
            f"{iso_utc(request.window.end)}; past slots never prune"
        )
        nothing = plan_prune((), invocation.chain, invocation.policy, now=invocation.now)
        skipped = describe(Pruned(nothing, 0, 0), nothing)
        return skipped | {"status": "skipped", "reason": reason}
    plan = observe_and_plan(invocation)
    declined = refusal(plan, request.approved_plan_sha256)
    if declined is not None:
        if not request.dry_run:
            raise declined
        return describe(Pruned(plan.refused(str(declined)), 0, 0), plan)
    leave_retention(invocation, plan)
    pruned = apply(invocation, plan)
    pruned.raise_if_failed()
    return describe(pruned, plan)


def describe(pruned: Pruned, planned: Plan) -> dict[str, Any]:
    """Return the response of a prune.

    :param planned: the plan before it was applied; its digest is the one to approve.
    """
    return {
        "status": "completed",
        "plan": rows_as_json(pruned.plan.rows, pruned.plan),
        "plan_sha256": planned.sha256,
        "deleted": pruned.deleted,
        "remaining": pruned.remaining,
    }


def rows_as_json(rows: Sequence[Row], plan: Plan) -> list[dict[str, Any]]:
    """Return the plan as the contract shows it, one object a snapshot, newest first."""
    return [
        {
            "id": row.snapshot.identifier,
            "age_days": round(age / timedelta(days=1), 2),
            "verdict": row.verdict.value,
            "reason": row.reason,
        }
        for row in rows
        for age in (row.snapshot.age(plan.now),)
    ]


def observe_and_plan(invocation: Invocation, *, expected: Iterable[Snapshot] = ()) -> Plan:
    """Describe the chain and decide; changes nothing.

    :param expected: snapshots that a dry run would have made.
    """
    chain = invocation.chain
    observed = invocation.gateway.describe_chain(chain)
    return plan_prune([*observed, *expected], chain, invocation.policy, now=invocation.now)


def recall_and_plan(invocation: Invocation, snapshots: Iterable[Snapshot]) -> Plan:
    """Decide for an action whose event has no retention: by the one that events left behind."""
    policy = recalled_policy(snapshots, invocation.chain, invocation.policy)
    return plan_prune(snapshots, invocation.chain, policy, now=invocation.now)


def leave_retention(invocation: Invocation, plan: Plan) -> None:
    """Write the event's retention to the newest good snapshot, if reconcile has to know of it.

    Before the first deletion, so that an error here leaves nothing half done.
    """
    settings = invocation.settings
    left = tag_to_leave(plan, settings.retention_days, settings.target_account_id)
    if left is not None and not invocation.request.dry_run:
        snapshot, value = left
        invocation.gateway.tag_snapshot(snapshot, {RETENTION: value})


def apply(
    invocation: Invocation, plan: Plan, *, observed_after_seconds: float | None = None
) -> Pruned:
    """Delete what an accepted plan deletes, as far as the time allows.

    Goes on after a snapshot that cannot be deleted; the result names it.

    :param observed_after_seconds: when in the invocation the plan's snapshots were described, if
        that is not just now. Of a chunk that was shared, what is known for 15 seconds is looked at
        again right before it is deleted, so that a hold set meanwhile counts. One that comes
        within these seconds, or between that look and the deletion, comes too late.
    """
    deletions = plan.deletions
    if invocation.request.dry_run or not deletions:
        return Pruned(plan, 0, 0)
    if observed_after_seconds is None:
        observed_after_seconds = invocation.budget.elapsed_seconds()
    run_ = _Run(invocation, plan, observed_after_seconds)
    for start in range(0, len(deletions), BATCH_DELETE_LIMIT):
        if not run_.delete_chunk(deletions[start : start + BATCH_DELETE_LIMIT]):
            break
    return run_.look_again()


class _Run:
    """One application of a plan, and what it has found so far."""

    def __init__(self, invocation: Invocation, plan: Plan, observed_after_seconds: float) -> None:
        self._invocation = invocation
        self._plan = plan
        self._observed_after_seconds = observed_after_seconds
        self._tried: dict[str, Snapshot] = {}
        self._failed: dict[str, str] = {}
        self._pending: dict[str, str] = {}
        self._held: dict[str, str] = {}

    def delete_chunk(self, chunk: Sequence[Snapshot]) -> bool:
        """Revoke every account of every snapshot, then delete them; False when time is up."""
        ready: list[Snapshot] = []
        for snapshot in chunk:
            if self._invocation.budget.is_used_up or not self._revoke_all(snapshot):
                break
            self._tried[snapshot.identifier] = snapshot
            if snapshot.identifier not in self._failed:
                ready.append(snapshot)
        known_for = self._invocation.budget.elapsed_seconds() - self._observed_after_seconds
        has_revoked = any(one.accounts for one in ready)
        if has_revoked and known_for >= _LOOK_IS_OLD_AFTER_SECONDS:
            ready = self._without_held(ready)
        if ready:
            self._delete(ready)
        return not self._invocation.budget.is_used_up

    def _revoke_all(self, snapshot: Snapshot) -> bool:
        """Revoke every account; False when time is up before the snapshot is done with."""
        try:
            for number, account in enumerate(sorted(snapshot.accounts)):
                if number and self._invocation.budget.is_used_up:
                    return False
                self._invocation.gateway.revoke(snapshot, account)
        except AwsError as error:
            self._failed[snapshot.identifier] = str(error)
        return True

    def _without_held(self, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
        """Look again right before the deletion, and leave out what somebody holds by now."""
        created = [one.create_time for one in snapshots]
        try:
            observed = self._invocation.gateway.describe_chain(
                self._plan.chain, start=min(created), end=max(created)
            )
        except AwsError as error:
            self._failed |= {one.identifier: str(error) for one in snapshots}
            return []
        names = {one.identifier for one in snapshots}
        for one in observed:
            if one.identifier in names and HOLD in one.tags:
                self._held[one.identifier] = f"hold: {one.tags[HOLD]}, set while this prune ran"
                # Its accounts are revoked; it is kept now, so the next reconcile shares it again.
                logger.warning("Held while it was pruned", extra={"snapshot_id": one.identifier})
        return [one for one in snapshots if one.identifier not in self._held]

    def _delete(self, snapshots: Sequence[Snapshot]) -> None:
        try:
            item_errors = self._invocation.gateway.batch_delete(snapshots)
        except AwsError as error:
            self._failed |= {one.identifier: str(error) for one in snapshots}
            return
        for item in item_errors:
            self._take_refusal(item)

    def _take_refusal(self, item: ItemError) -> None:
        snapshot = self._tried[item.identifier]
        sentence = f"{item.code}: {item.reason}"
        if not is_in_use(item):
            self._failed[item.identifier] = sentence
            return
        since = parse_instant(snapshot.tags.get(DELETE_REFUSED_SINCE, ""))
        if since is not None and self._invocation.now - since > _PENDING_BECOMES_ERROR_AFTER:
            self._failed[item.identifier] = f"{sentence} (since {iso_utc(since)}, more than 3 days)"
            return
        self._pending[item.identifier] = item.reason
        if since is None:
            self._remember(snapshot)

    def _remember(self, snapshot: Snapshot) -> None:
        if self._invocation.budget.is_used_up:
            return
        try:
            self._invocation.gateway.tag_snapshot(
                snapshot, {DELETE_REFUSED_SINCE: iso_utc(self._invocation.now)}
            )
        except AwsError as error:
            # The count of days starts later then; that alone is no reason to fail a prune.
            logger.error(
                "ERROR: the tag that counts the days of a pending deletion is not set: %s",
                error,
                extra={"snapshot_id": snapshot.identifier},
            )

    def look_again(self) -> Pruned:
        """See what is really gone, in the expired range only, and count by that."""
        newest = max((one.create_time for one in self._tried.values()), default=None)
        there = self._still_there(newest) if newest is not None else frozenset()
        gone = self._tried.keys() - there
        failed = {name: why for name, why in self._failed.items() if name in there}
        explained = failed.keys() | self._pending.keys() | self._held.keys()
        unexplained = (self._tried.keys() & there) - explained
        for name in sorted(unexplained):
            failed[name] = "AWS accepted the deletion, and the snapshot is still there"
        if gone:
            telemetry.count("SnapshotsPruned", len(gone), self._plan.chain.cluster_identifier)
        logger.info("Pruned", extra={"deleted": len(gone), "failed": len(failed)})
        return Pruned(
            plan=replace(self._plan, rows=tuple(self._row(row) for row in self._plan.rows)),
            deleted=len(gone),
            remaining=len(self._plan.deletions) - len(self._tried),
            failed={name: failed[name] for name in sorted(failed)},
        )

    def _still_there(self, newest: datetime) -> frozenset[str]:
        observed = self._invocation.gateway.describe_chain(self._plan.chain, end=newest)
        return frozenset(one.identifier for one in observed if one.status not in _GOING)

    def _row(self, row: Row) -> Row:
        name = row.snapshot.identifier
        if name in self._held:
            return replace(row, verdict=Verdict.HELD, reason=self._held[name])
        if name in self._pending:
            return replace(row, verdict=Verdict.PENDING, reason=self._pending[name])
        return row


def is_in_use(item: ItemError) -> bool:
    """Tell whether a deletion was refused because a restored cluster still uses the snapshot."""
    return item.code == "InvalidClusterSnapshotState" and any(
        text in item.reason for text in _IN_USE_TEXTS
    )
