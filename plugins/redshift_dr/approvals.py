"""What a person is asked before much is deleted or a hold goes, and what may follow. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redshift_dr.invocation import Failure, PruneResponse, ReleaseResponse
from redshift_dr.prune_report import REFUSED, deletions_of, plan_markdown
from redshift_dr.run_request import ReleaseRequest
from redshift_dr.runs import BackupRun

PRUNE_APPROVAL = "redshift_prune_approval"
RELEASE_HOLD = "redshift_release_hold"
APPROVE = "Approve"
CHANGED = "PlanChangedError"
NOT_APPROVED = "NotApprovedError"


def dag_id_of(kind: str, cluster_identifier: str) -> str:
    """The DAG of a cluster that asks.

    :param kind: :data:`PRUNE_APPROVAL` or :data:`RELEASE_HOLD`.
    """
    return f"{kind}__{cluster_identifier}"


@dataclass(frozen=True)
class Question:
    """What is shown to the person who decides.

    :ivar subject: in one line.
    :ivar body: everything that is needed to decide, in Markdown.
    """

    subject: str
    body: str


def refusal_of(plan: PruneResponse) -> str | None:
    """Why nothing of a plan is deleted, from its dry run; ``None`` where nothing is in the way."""
    for row in plan.plan:
        if row["verdict"] == REFUSED:
            return str(row["reason"])
    return None


def obstacle(plan: PruneResponse, approved: PruneResponse) -> Failure | None:
    """Why asking a person would be in vain.

    :param plan: the dry run of what is refused.
    :param approved: the dry run of the same, as if the plan had been approved.
    """
    if approved.plan_sha256 != plan.plan_sha256:
        return Failure(CHANGED, "the snapshots changed while the plan was made.", retry=True)
    reason = refusal_of(approved)
    if reason is None:
        return None
    return Failure("RefusedError", f"no approval lifts this: {reason.rstrip('.')}.", retry=False)


def change_since(shown_sha256: str, plan: PruneResponse) -> Failure | None:
    """Why an approved plan must not be applied any more; ``None`` where it is still the same.

    :param shown_sha256: of the plan that the person has seen.
    :param plan: a dry run from just now.
    """
    if plan.plan_sha256 == shown_sha256:
        return None
    return Failure(
        CHANGED,
        f"nothing is deleted: the plan {shown_sha256} was approved, and by now it is "
        f"{plan.plan_sha256}, which deletes {len(deletions_of(plan.plan))} snapshots.",
        retry=False,
    )


def prune_question(run: BackupRun, plan: PruneResponse) -> Question:
    """Ask whether a plan over the limit may be applied.

    :param run: what the prune was asked for.
    :param plan: its dry run as if it had been approved.
    """
    cluster = run.cluster.cluster_identifier
    deleted = len(deletions_of(plan.plan))
    lines = [
        f"The plan deletes **{deleted} of {len(plan.plan)}** snapshots of **{cluster}**, more than "
        "one run may without approval.",
        "",
        f"* **{APPROVE}** deletes exactly these, **Reject** none. If the plan has changed when it "
        "is approved, nothing is deleted.",
        f"* Retention {run.retention_days} days, shared with {', '.join(run.target_account_ids)}.",
        f"* The plan's sum: `{plan.plan_sha256}`",
        "",
        plan_markdown(plan.plan),
    ]
    return Question(f"Delete {deleted} snapshots of {cluster}?", "\n".join(lines))


def release_question(cluster: str, request: ReleaseRequest, found: ReleaseResponse) -> Question:
    """Ask whether a hold may be released.

    :param cluster: its identifier.
    :param request: what was asked for.
    :param found: the dry run of the release.
    """
    verdict = found.prune_verdict or "not known"
    lines = [
        f"Snapshot **{found.snapshot_id}** of **{cluster}** is held for: **{found.held_for}**",
        "",
        f"* It is to be released because: {request.reason}",
        f"* What the next prune does with it then: **{verdict}** ({found.prune_reason})",
    ]
    return Question(f"Release the hold of {found.snapshot_id}?", "\n".join(lines))


def hold_changed(held_for: str, found: ReleaseResponse) -> Failure | None:
    """Why a hold must not be released any more; ``None`` where it is the one that was shown.

    :param held_for: its reason as it was shown.
    :param found: a dry run from just now.
    """
    if found.held_for == held_for:
        return None
    return Failure(
        "HeldError",
        f"nothing is released: the hold for {held_for!r} was shown, and by now {found.snapshot_id} "
        f"is {'not held' if found.held_for is None else f'held for {found.held_for!r}'}.",
        retry=False,
    )


def is_approved(answer: Any) -> bool:
    """Whether what the approval's task has returned is a person's approval."""
    return isinstance(answer, Mapping) and list(answer.get("chosen_options") or ()) == [APPROVE]


def who(answer: Mapping[str, Any]) -> str:
    """Who has answered, from the answer or the event that brought it."""
    user = answer.get("responded_by_user") or {}
    return str(user.get("name") or user.get("id") or "somebody")
