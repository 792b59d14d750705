"""What the next prune would do with a snapshot once its tags are changed. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from redshift_backup.errors import DeletionLimitError, RefusedError
from redshift_backup.model import Chain, Snapshot
from redshift_backup.retention import Policy, Row, Verdict, plan_prune, recalled_policy, refusal


@dataclass(frozen=True)
class Foresight:
    """The next prune by the deployment's retention, or the longer one that events left behind.

    :ivar rows: by identifier; a snapshot that will not be ours has none.
    :ivar refusal: why that prune would delete nothing today, None if it would delete.
    """

    rows: Mapping[str, Row]
    refusal: RefusedError | None

    def reason(self, row: Row) -> str:
        """Say why, and what holds a deletion back today; it is no reason to rely on."""
        if row.verdict is not Verdict.DELETE or self.refusal is None:
            return row.reason
        if isinstance(self.refusal, DeletionLimitError):
            return f"{row.reason}; not before the plan, which is over the limit, is approved"
        return f"{row.reason}; not while the chain is stale"


def foresee(
    snapshots: Iterable[Snapshot],
    changed_tags: Mapping[str, Mapping[str, str]],
    chain: Chain,
    policy: Policy,
    *,
    now: datetime,
) -> Foresight:
    """Plan the prune of a chain as it will be.

    A deletion that today's state holds back is a deletion all the same: it comes with the next
    good snapshot, or with an approved plan.

    :param snapshots: of the cluster, as they are.
    :param changed_tags: all tags that a snapshot will have, by identifier.
    :param policy: the deployment's.
    """
    after = [
        replace(one, tags=changed_tags[one.identifier]) if one.identifier in changed_tags else one
        for one in snapshots
    ]
    plan = plan_prune(after, chain, recalled_policy(after, chain, policy), now=now)
    return Foresight({row.snapshot.identifier: row for row in plan.rows}, refusal(plan))
