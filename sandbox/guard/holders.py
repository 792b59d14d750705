"""Who holds an access key, and every policy that hangs on them: moto's IAM and STS as the guard's.

The accounts' state is moto's; nothing here is kept between requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.utils import utcnow
from moto.iam.models import IAMBackend, ManagedPolicy, Role, User, iam_backends
from moto.sts.models import AssumedRole, sts_backends

from sandbox.accounts import ACCOUNTS, PARTITION
from sandbox.guard.documents import Caller, Statement, read_policy
from sandbox.guard.evaluation import Policies

TEMPORARY_PREFIX = "ASIA"


@dataclass(frozen=True)
class Holder:
    """The holder of an access key.

    :ivar session_token: what a request has to send along; None for a user's own key.
    :ivar is_expired: the session's time is over.
    :ivar facts: the condition keys that speak of the caller, in lower case.
    """

    caller: Caller
    policies: Policies
    secret_access_key: str
    session_token: str | None
    is_expired: bool
    facts: Mapping[str, list[str]]


def holder_of(access_key_id: str) -> Holder | None:
    """Find who holds a key, or None where no account knows it or it is inactive."""
    for account in ACCOUNTS.values():
        iam = iam_backends[account.account_id][PARTITION]
        session = sts_backends[account.account_id][PARTITION].get_assumed_role_from_access_key(
            access_key_id
        )
        if session is not None:
            return _session_holder(account.account_id, iam, session)
        key = iam.access_keys.get(access_key_id)
        if key is not None and key.user_name in iam.users:
            if key.status != "Active":
                return None
            return _user_holder(account.account_id, iam, iam.users[key.user_name], key)
    return None


def role_holder(role_arn: str, session_name: str) -> Holder | None:
    """Return a service's session of a role, as EventBridge Scheduler or Lambda would have it."""
    account_id = role_arn.split(":")[4]
    if account_id not in {account.account_id for account in ACCOUNTS.values()}:
        return None
    iam = iam_backends[account_id][PARTITION]
    role = _role(iam, role_arn)
    if role is None:
        return None
    arn = f"arn:{PARTITION}:sts::{account_id}:assumed-role/{role.name}/{session_name}"
    caller = Caller(account_id, arn, role_arn)
    facts = _facts(caller, "AssumedRole", f"{role.id}:{session_name}", _tags(role))
    return Holder(caller, _role_policies(iam, role, None), "", None, False, facts)


def _user_holder(account_id: str, iam: IAMBackend, user: User, key: Any) -> Holder:
    arn = str(user.arn)
    caller = Caller(account_id, arn, arn)
    groups = [group for group in iam.groups.values() if user in group.users]
    identity = _attached(user)
    for group in groups:
        identity += _attached(group)
    facts = _facts(caller, "User", str(user.id), {}) | {"aws:username": [str(user.name)]}
    secret = str(key.secret_access_key)
    return Holder(caller, Policies(identity), secret, None, False, facts)


def _session_holder(account_id: str, iam: IAMBackend, session: AssumedRole) -> Holder:
    caller = Caller(account_id, str(session.arn), str(session.role_arn))
    role = _role(iam, session.role_arn)
    # A session outlives its role on paper only: AWS takes its rights with the role.
    policies = _role_policies(iam, role, session.policy) if role else Policies()
    facts = _facts(caller, "AssumedRole", str(session.user_id), _tags(role))
    return Holder(
        caller=caller,
        policies=policies,
        secret_access_key=str(session.secret_access_key),
        session_token=str(session.session_token),
        is_expired=session.expiration <= utcnow(),
        facts=facts,
    )


def _role(iam: IAMBackend, role_arn: str) -> Role | None:
    return next((one for one in iam.roles.values() if one.arn == role_arn), None)


def _role_policies(iam: IAMBackend, role: Role, session_policy: str | None) -> Policies:
    boundary = None
    if role.permissions_boundary_arn:
        limit = iam.managed_policies.get(role.permissions_boundary_arn)
        boundary = _managed(limit) if limit else ()
    session = read_policy("session", session_policy) if session_policy else None
    return Policies(_attached(role), boundary, session)


def _attached(holder: Any) -> tuple[Statement, ...]:
    """Read the inline and the managed policies of a user, a group or a role."""
    inline = holder.policies
    named = inline.items() if isinstance(inline, Mapping) else ()
    statements = [one for name, text in named for one in read_policy(str(name), text)]
    for managed in holder.managed_policies.values():
        statements += _managed(managed)
    return tuple(statements)


def _managed(policy: ManagedPolicy) -> tuple[Statement, ...]:
    version = next(one for one in policy.versions if one.is_default)
    return read_policy(str(policy.name), version.document)


def _tags(holder: Any) -> dict[str, str]:
    tags = getattr(holder, "tags", None) or {}
    return {str(key): str(value["Value"]) for key, value in tags.items()}


def _facts(
    caller: Caller, kind: str, user_id: str, tags: Mapping[str, str]
) -> dict[str, list[str]]:
    facts = {
        "aws:principalarn": [caller.identity_arn],
        "aws:principalaccount": [caller.account_id],
        "aws:principaltype": [kind],
        "aws:userid": [user_id],
    }
    return facts | {f"aws:principaltag/{key.lower()}": [value] for key, value in tags.items()}
