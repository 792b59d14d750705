"""With whom a snapshot may be shared, and what its encryption key has to say to it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from redshift_backup.errors import ShareRefusedError
from redshift_backup.model import AVAILABLE, MANAGED_BY, MANAGED_BY_US, Chain, KeyFacts, Snapshot

# How Redshift may name the key that AWS owns; it may also name none. No source tells which, and
# neither form was seen on real AWS.
AWS_OWNED_KEY = "AWS_OWNED_KMS_KEY"
# What Redshift needs of the key on behalf of the account that restores.
_NEEDED = "kms:Decrypt"


@dataclass(frozen=True)
class SharePlan:
    """What to authorize and to revoke; ``strangers`` may restore it without being required."""

    authorize: tuple[str, ...]
    revoke: tuple[str, ...]
    strangers: tuple[str, ...]


def plan_share(
    snapshot: Snapshot,
    chain: Chain,
    accounts: Sequence[str],
    *,
    revoke_strangers: bool = False,
) -> SharePlan:
    """Decide what sharing a snapshot with exactly these accounts takes.

    :param accounts: the target accounts; the deployment's allow-list is checked with the request.
    :raises ShareRefusedError: the snapshot is not ours, or not available.
    """
    if not chain.owns(snapshot):
        raise ShareRefusedError(
            f"snapshot {snapshot.identifier} of cluster {snapshot.cluster_identifier} is not "
            f"shared: it is not ours (a manual snapshot of {chain.cluster_identifier}, named "
            f"{chain.prefix}-YYYYMMDD-HHMMSS, with the tag {MANAGED_BY}={MANAGED_BY_US}). The "
            "action adopt takes one over"
        )
    if snapshot.status != AVAILABLE:
        raise ShareRefusedError(
            f"snapshot {snapshot.identifier} is not shared: it is {snapshot.status} and only an "
            "available snapshot can be shared. Wait for it, or make a new one if it failed"
        )
    strangers = tuple(sorted(snapshot.accounts - set(accounts) - chain.required_accounts))
    return SharePlan(
        authorize=tuple(one for one in accounts if one not in snapshot.accounts),
        revoke=strangers if revoke_strangers else (),
        strangers=strangers,
    )


def key_to_ask_for(encrypted: bool, kms_key_id: str | None) -> str | None:
    """Return the key that KMS can tell of; None without encryption and for the AWS-owned key."""
    return kms_key_id if encrypted and kms_key_id != AWS_OWNED_KEY else None


def key_refusal(
    encrypted: bool, kms_key_id: str | None, facts: KeyFacts | None, name: str
) -> str | None:
    """Say why data under this key cannot be shared with another account, or None.

    :param facts: what KMS said of the key; None if it was not asked.
    :param name: what is encrypted, for the sentence.

    Source: Redshift Management Guide, sharing an encrypted snapshot asks for a customer managed
    key. For the AWS-owned key no source says that sharing works, so it is refused too.
    """
    remedy = (
        "Sharing needs a customer managed key: move the cluster to one (ModifyCluster KmsKeyId) "
        "and make a new snapshot"
    )
    if encrypted and kms_key_id in (None, AWS_OWNED_KEY):
        return (
            f"{name} is encrypted with the key that AWS owns, which no account can share. {remedy}"
        )
    if facts is not None and facts.manager == "AWS":
        return (
            f"{name} is encrypted with the AWS managed key {kms_key_id}, whose policy cannot be "
            f"changed to let another account in. {remedy}"
        )
    return None


def key_warnings(facts: KeyFacts, accounts: Iterable[str]) -> list[str]:
    """Say what of the key may keep an account from restoring.

    Warnings only: conditions, denials and the other account's own policies are not evaluated, so
    the restore drill is the proof.
    """
    warnings = [f"key {facts.key_id}: {fact}" for fact in facts.unread]
    if facts.state not in (None, "Enabled"):
        warnings.append(f"key {facts.key_id} is {facts.state}; a restore needs it Enabled")
    if facts.policy is None:
        return warnings
    for account in accounts:
        if key_admits(facts, account):
            continue
        if facts.grants is None:
            warnings.append(
                f"the policy of key {facts.key_id} does not let account {account} use {_NEEDED}, "
                "and its grants are not known; a restore there may be denied"
            )
        else:
            warnings.append(
                f"neither the policy nor a grant of key {facts.key_id} lets account {account} "
                f"use {_NEEDED}; a restore there will be denied"
            )
    return warnings


def key_admits(facts: KeyFacts, account: str) -> bool:
    """Tell whether a key lets an account decrypt, by its policy or by a grant."""
    return policy_admits(facts, account) or _grant_admits(facts.grants, account)


def policy_admits(facts: KeyFacts, account: str) -> bool:
    """Tell whether the policy alone lets an account decrypt; False if it is not known."""
    if facts.policy is None:
        return False
    statements = _listed(facts.policy.get("Statement"))
    return any(
        isinstance(statement, Mapping)
        and statement.get("Effect") == "Allow"
        and _names_account(statement.get("Principal"), account)
        and any(
            fnmatchcase(_NEEDED.lower(), str(action).lower())
            for action in _listed(statement.get("Action"))
        )
        for statement in statements
    )


def _grant_admits(grants: Sequence[Mapping[str, object]] | None, account: str) -> bool:
    return any(
        _is_of_account(str(grant.get("GranteePrincipal", "")), account)
        and "Decrypt" in _listed(grant.get("Operations"))
        for grant in grants or ()
    )


def _names_account(principal: object, account: str) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    return any(
        str(name) == "*" or _is_of_account(str(name), account)
        for name in _listed(principal.get("AWS"))
    )


def _is_of_account(principal: str, account: str) -> bool:
    return principal == account or (
        principal.startswith("arn:") and principal.split(":")[4:5] == [account]
    )


def _listed(value: object) -> Sequence[object]:
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)
