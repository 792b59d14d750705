"""Which snapshots of other makers come into management, and what that means for each. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from redshift_backup.foresight import Foresight, foresee
from redshift_backup.model import (
    AVAILABLE,
    HOLD,
    MANAGED_BY,
    MANAGED_BY_US,
    ORIGIN,
    REQUEST_ID,
    SLOT,
    Chain,
    Snapshot,
    iso_utc,
)
from redshift_backup.retention import Policy, Row, Verdict

# AWS's limit for one resource.
TAGS_PER_SNAPSHOT = 50


class Adoption(StrEnum):
    """What becomes of one candidate."""

    ADOPT = "adopt"
    OURS = "ours"
    REFUSED = "refused"


@dataclass(frozen=True)
class Candidate:
    """One snapshot with its verdict.

    :ivar tags: what is set; empty unless it is adopted.
    :ivar missing_accounts: required ones that may not restore it yet.
    :ivar prune: what the next prune does with it, None if it will not be ours.
    """

    snapshot: Snapshot
    verdict: Adoption
    reason: str
    tags: Mapping[str, str]
    missing_accounts: tuple[str, ...]
    prune: Row | None


@dataclass(frozen=True)
class AdoptionPlan:
    """One candidate for each snapshot that was named or matched, newest first."""

    candidates: tuple[Candidate, ...]
    foresight: Foresight

    @property
    def adoptions(self) -> tuple[Candidate, ...]:
        """Those that have to be tagged."""
        return tuple(one for one in self.candidates if one.verdict is Adoption.ADOPT)

    @property
    def prune_would_delete(self) -> int:
        """How many of the adopted no rule keeps."""
        return sum(
            one.prune is not None and one.prune.verdict is Verdict.DELETE for one in self.adoptions
        )

    @property
    def warnings(self) -> list[str]:
        """What to know before the plan is applied."""
        found = []
        lost = self.prune_would_delete
        if lost:
            found.append(
                f"{lost} of {len(self.adoptions)} snapshots to adopt are kept by no rule: the next "
                f"prune that deletes takes them. To keep one, set its tag {HOLD} before the "
                "adoption, or lengthen the retention of the events that prune"
            )
        unshared = sum(bool(one.missing_accounts) for one in self.adoptions)
        if unshared:
            found.append(
                f"{unshared} of {len(self.adoptions)} snapshots to adopt are not shared as "
                "required, so they count for no floor, week or month; reconcile shares those that "
                "are kept"
            )
        if self.foresight.refusal is not None:
            found.append(f"after the adoption no prune deletes: {self.foresight.refusal}")
        return found


def plan_adoption(
    candidates: Iterable[Snapshot],
    observed: Iterable[Snapshot],
    chain: Chain,
    policy: Policy,
    *,
    request_id: str,
    window: timedelta,
    now: datetime,
) -> AdoptionPlan:
    """Decide for every candidate whether it is adopted, and foresee the prune that follows.

    :param candidates: what the event named or matched, of any owner.
    :param observed: the cluster's manual snapshots.
    :param policy: the deployment's.
    :param window: how long a slot's window is.
    """
    newest_first = sorted(
        {one.identifier: one for one in candidates}.values(),
        key=lambda one: (one.create_time, one.identifier),
        reverse=True,
    )
    decided = [(one, *_decide(one, chain, request_id, window)) for one in newest_first]
    changed = {
        one.identifier: {**one.tags, **tags}
        for one, verdict, _, tags in decided
        if verdict is Adoption.ADOPT
    }
    foresight = foresee(observed, changed, chain, policy, now=now)
    return AdoptionPlan(
        tuple(
            Candidate(
                one, verdict, reason, tags, _missing(one, chain), foresight.rows.get(one.identifier)
            )
            for one, verdict, reason, tags in decided
        ),
        foresight,
    )


def _missing(snapshot: Snapshot, chain: Chain) -> tuple[str, ...]:
    return tuple(sorted(chain.required_accounts - snapshot.accounts))


def _decide(
    snapshot: Snapshot, chain: Chain, request_id: str, window: timedelta
) -> tuple[Adoption, str, Mapping[str, str]]:
    if chain.owns(snapshot):
        return Adoption.OURS, "ours already", {}
    why = _refusal(snapshot, chain, window)
    if why is not None:
        return Adoption.REFUSED, why, {}
    tags = adopted_tags(snapshot, chain, request_id)
    total = len({*snapshot.tags, *tags})
    if total > TAGS_PER_SNAPSHOT:
        why = f"it would have {total} tags and AWS allows {TAGS_PER_SNAPSHOT}; take some off"
        return Adoption.REFUSED, why, {}
    missing = _missing(snapshot, chain)
    if missing:
        reason = f"not good before it is shared with {', '.join(missing)}"
        return Adoption.ADOPT, reason, tags
    return Adoption.ADOPT, "good once it is adopted", tags


def adopted_tags(snapshot: Snapshot, chain: Chain, request_id: str) -> dict[str, str]:
    """Return the tags that make a snapshot ours; what its own say truly is not said again."""
    tags = {
        MANAGED_BY: MANAGED_BY_US,
        ORIGIN: "adopted",
        SLOT: iso_utc(_slot_of(snapshot, chain)),
        REQUEST_ID: request_id,
    }
    # How it came to be, and with it the age of its data, was written when it was made; only an
    # identifier of another form is ours by that tag alone.
    true_already = {REQUEST_ID} if REQUEST_ID in snapshot.tags else set()
    if ORIGIN in snapshot.tags and _named_slot(snapshot, chain) is not None:
        true_already.add(ORIGIN)
    if snapshot.slot is not None:
        true_already.add(SLOT)
    return {key: value for key, value in tags.items() if key not in true_already}


def _slot_of(snapshot: Snapshot, chain: Chain) -> datetime:
    named = _named_slot(snapshot, chain)
    return named if named is not None else snapshot.create_time.replace(microsecond=0)


def _named_slot(snapshot: Snapshot, chain: Chain) -> datetime | None:
    """Read the slot from an identifier of our form."""
    form = re.escape(chain.prefix) + r"-(\d{8})-(\d{6})"
    found = re.fullmatch(form, snapshot.identifier, re.A)
    if found is None:
        return None
    try:
        return datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return snapshot.create_time.replace(microsecond=0)


def _refusal(snapshot: Snapshot, chain: Chain, window: timedelta) -> str | None:
    """Say why a snapshot is not adopted, or None."""
    if snapshot.snapshot_type != "manual":
        return (
            f"it is {snapshot.snapshot_type} and Redshift deletes it by itself; the action create "
            "with a past slot copies it to a manual one"
        )
    if snapshot.cluster_identifier != chain.cluster_identifier:
        return (
            f"it is of cluster {snapshot.cluster_identifier}, not of {chain.cluster_identifier}; "
            "name that cluster in the event"
        )
    if _is_of_aws_backup(snapshot):
        return "AWS Backup manages it; delete or keep it there"
    manager = _other_manager(snapshot)
    if manager is not None:
        return (
            f"its tag {manager[0]} is {manager[1]}: another tool manages it. Stop that tool and "
            "take the tag off first"
        )
    if snapshot.status != AVAILABLE:
        return f"it is {snapshot.status} and only an {AVAILABLE} one is adopted"
    return _doubtful_data_time(snapshot, chain, window)


def _is_of_aws_backup(snapshot: Snapshot) -> bool:
    # The names are those of its RDS recovery points and the tag is the one its managed policies
    # ask for; whether its Redshift snapshots carry both was not seen on real AWS.
    return re.match(r"awsbackup[:-]", snapshot.identifier) is not None or any(
        key.lower().startswith("aws:backup") for key in snapshot.tags
    )


def _other_manager(snapshot: Snapshot) -> tuple[str, str] | None:
    for key, value in sorted(snapshot.tags.items()):
        last = re.split(r"[:/]", key)[-1]
        is_manager = re.sub(r"[-_. ]", "", last).lower() == "managedby"
        if is_manager and value != MANAGED_BY_US:
            return key, value
    return None


def _doubtful_data_time(snapshot: Snapshot, chain: Chain, window: timedelta) -> str | None:
    """Say why the age of the data would be wrong: old data must never look fresh."""
    slot = _named_slot(snapshot, chain)
    created = iso_utc(snapshot.create_time)
    if slot is None:
        if snapshot.tags.get(ORIGIN) == "promoted":
            return (
                f"it is a promoted copy named for another prefix than {chain.prefix}, and adopted "
                f"its data would count as of {created}, when it was copied"
            )
        return None
    if ORIGIN not in snapshot.tags and snapshot.create_time - slot >= window:
        return (
            f"it is named for slot {iso_utc(slot)} and was made at {created}, after the slot's "
            "window: a promotion that was interrupted. Send create with that slot, which completes "
            "it; adopted, its data would look younger than it is"
        )
    return None
