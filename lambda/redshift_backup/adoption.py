"""Which snapshots of other makers come into management, and what that means for each. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from redshift_backup.adoptable import adopted_tags, refusal_to_adopt, too_many_tags
from redshift_backup.foresight import Foresight, foresee
from redshift_backup.model import HOLD, Chain, Snapshot
from redshift_backup.retention import Policy, Row, Verdict


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
class Terms:
    """What an adoption goes by, beside the chain.

    :ivar window: how long a slot's window is.
    :ivar allowed_accounts: with whom the deployment lets snapshots be shared.
    :ivar unshareable: why a snapshot can never be shared, by identifier.
    """

    request_id: str
    window: timedelta
    allowed_accounts: frozenset[str]
    unshareable: Mapping[str, str] = field(default_factory=dict)


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
        refused = sum(one.verdict is Adoption.REFUSED for one in self.candidates)
        if refused:
            found.append(f"{refused} of {len(self.candidates)} are refused; see their reasons")
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
    terms: Terms,
    now: datetime,
) -> AdoptionPlan:
    """Decide for every candidate whether it is adopted, and foresee the prune that follows.

    :param candidates: what the event named or matched, of any owner.
    :param observed: the cluster's manual snapshots.
    :param policy: the deployment's.
    """
    newest_first = sorted(
        {one.identifier: one for one in candidates}.values(),
        key=lambda one: (one.create_time, one.identifier),
        reverse=True,
    )
    decided = [(one, *_decide(one, chain, terms)) for one in newest_first]
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


def needs_sharing(snapshot: Snapshot, chain: Chain) -> bool:
    """Tell whether a candidate could be adopted and would have to be shared then."""
    return bool(_missing(snapshot, chain)) and not chain.owns(snapshot)


def _decide(
    snapshot: Snapshot, chain: Chain, terms: Terms
) -> tuple[Adoption, str, Mapping[str, str]]:
    if chain.owns(snapshot):
        return Adoption.OURS, "ours already", {}
    tags = adopted_tags(snapshot, chain, terms.request_id)
    why = refusal_to_adopt(snapshot, chain, terms.window) or too_many_tags(snapshot, tags)
    if why is not None:
        return Adoption.REFUSED, why, {}
    return Adoption.ADOPT, _outlook(snapshot, chain, terms), tags


def _outlook(snapshot: Snapshot, chain: Chain, terms: Terms) -> str:
    outlook = _goodness(snapshot, chain, terms)
    strangers = snapshot.accounts - terms.allowed_accounts
    if strangers:
        outlook += (
            f"; it is shared with {', '.join(sorted(strangers))}, which the deployment does not "
            "allow: take that back (share with revoke_strangers=true)"
        )
    return outlook


def _goodness(snapshot: Snapshot, chain: Chain, terms: Terms) -> str:
    missing = _missing(snapshot, chain)
    if not missing:
        return "good once it is adopted"
    unshareable = terms.unshareable.get(snapshot.identifier)
    if unshareable is not None:
        return f"never good, and every reconcile fails on it while it is kept: {unshareable}"
    return f"not good before it is shared with {', '.join(missing)}"
