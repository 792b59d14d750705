"""Take snapshots of manual scripts or of another tool into management; a dry run by default."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

from redshift_backup.adoption import (
    AdoptionPlan,
    Candidate,
    Terms,
    needs_sharing,
    plan_adoption,
)
from redshift_backup.errors import AwsError, BadRequestError, PartialFailureError
from redshift_backup.invocation import Invocation
from redshift_backup.model import Snapshot
from redshift_backup.sharing import key_refusal, key_to_ask_for
from redshift_backup.telemetry import logger

# Lambda's answer ends at 6 MB, and a row may take 2 KB.
_MOST_MATCHES = 2000


def run(invocation: Invocation) -> dict[str, Any]:
    """Answer the action ``adopt``.

    :raises BadRequestError: a named snapshot does not exist; nothing was changed.
    :raises PartialFailureError: some could not be tagged, the others are done.
    """
    observed = invocation.gateway.describe_chain(invocation.chain)
    plan = _plan(invocation, observed)
    for warning in plan.warnings:
        logger.warning(warning)
    adopted = remaining = 0
    if not invocation.request.dry_run:
        adopted, remaining = _apply(invocation, plan.adoptions)
    response = {
        "status": "completed",
        "plan": [_as_json(one, plan, invocation) for one in plan.candidates],
        "adopted": adopted,
        "remaining": remaining,
        "prune_would_delete": plan.prune_would_delete,
        "warnings": plan.warnings,
    }
    if not plan.candidates:
        response["reason"] = (
            f"none of the {len(observed)} manual snapshots of {invocation.cluster_identifier} "
            f"matches {invocation.request.identifier_pattern}"
        )
    return response


def _plan(invocation: Invocation, observed: Sequence[Snapshot]) -> AdoptionPlan:
    settings, chain = invocation.settings, invocation.chain
    candidates = _candidates(invocation, observed)
    terms = Terms(
        request_id=invocation.caller.request_id,
        window=timedelta(hours=settings.slot_window_hours),
        allowed_accounts=chain.required_accounts | set(settings.allowed_target_account_ids),
        unshareable=_unshareable(invocation, candidates),
    )
    return plan_adoption(
        candidates, observed, chain, invocation.policy, terms=terms, now=invocation.now
    )


def _candidates(invocation: Invocation, observed: Sequence[Snapshot]) -> list[Snapshot]:
    request = invocation.request
    if request.identifier_pattern is not None:
        pattern = request.identifier_pattern
        matching = [one for one in observed if fnmatchcase(one.identifier, pattern)]
        if len(matching) > _MOST_MATCHES:
            raise BadRequestError(
                f"identifier_pattern {pattern} matches {len(matching)} snapshots and one event "
                f"adopts from {_MOST_MATCHES} at most; nothing was changed. Narrow the pattern"
            )
        return matching
    known = {one.identifier: one for one in observed}
    unknown = []
    for identifier in request.snapshot_ids or ():
        if identifier in known:
            continue
        # Of another cluster, automated, or not there at all.
        other = invocation.gateway.describe_snapshot(identifier)
        if other is None:
            unknown.append(identifier)
        else:
            known[identifier] = other
    if unknown:
        raise BadRequestError(
            f"{len(unknown)} of {len(request.snapshot_ids or ())} snapshots to adopt do not exist, "
            f"and nothing was changed: {', '.join(unknown)}"
        )
    return [known[identifier] for identifier in request.snapshot_ids or ()]


def _unshareable(invocation: Invocation, candidates: Sequence[Snapshot]) -> dict[str, str]:
    """Ask KMS, once for each key, whether what has to be shared can be."""
    chain, found = invocation.chain, {}
    for one in candidates:
        if not needs_sharing(one, chain):
            continue
        key_id = key_to_ask_for(one.encrypted, one.kms_key_id)
        facts = None
        if key_id is not None:
            facts = invocation.gateway.describe_key(key_id, sorted(chain.required_accounts))
        why = key_refusal(one.encrypted, one.kms_key_id, facts, "it")
        if why is not None:
            found[one.identifier] = why
    return found


def _apply(invocation: Invocation, adoptions: Sequence[Candidate]) -> tuple[int, int]:
    """Tag newest first; returns how many are adopted, and how many time left undone."""
    errors: dict[str, AwsError] = {}
    tried: list[str] = []
    for one in adoptions:
        if invocation.budget.remaining_seconds() <= 0:
            break
        name = one.snapshot.identifier
        tried.append(name)
        try:
            invocation.gateway.tag_snapshot(one.snapshot, one.tags)
        except AwsError as error:
            logger.error("ERROR: %s", error, extra={"snapshot_id": name})
            errors[name] = error
            continue
        logger.info("Adopted", extra={"snapshot_id": name})
    errors |= _not_adopted(invocation, [name for name in tried if name not in errors])
    adopted = len(tried) - len(errors)
    if errors and len(adoptions) == 1:
        raise next(iter(errors.values()))
    if errors:
        raise PartialFailureError(
            done=adopted, failed={name: str(error) for name, error in errors.items()}
        )
    return adopted, len(adoptions) - len(tried)


def _not_adopted(invocation: Invocation, names: Iterable[str]) -> dict[str, AwsError]:
    """Look again, and return those that are not ours though AWS took their tags."""
    wanted = set(names)
    if not wanted:
        return {}
    chain = invocation.chain
    after = invocation.gateway.describe_chain(chain)
    ours = {one.identifier for one in after if chain.owns(one)}
    return {
        name: AwsError(f"AWS took the tags of snapshot {name}, and it is not ours by them")
        for name in sorted(wanted - ours)
    }


def _as_json(one: Candidate, plan: AdoptionPlan, invocation: Invocation) -> dict[str, Any]:
    age = one.snapshot.age(invocation.now)
    return {
        "id": one.snapshot.identifier,
        "age_days": round(age / timedelta(days=1), 2),
        "verdict": one.verdict.value,
        "reason": one.reason,
        "tags": dict(one.tags),
        "prune_verdict": None if one.prune is None else one.prune.verdict.value,
        "prune_reason": None if one.prune is None else plan.foresight.reason(one.prune),
        "shared_with": sorted(one.snapshot.accounts),
        "missing_accounts": list(one.missing_accounts),
    }
