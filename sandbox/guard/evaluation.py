"""The verdict on one request from all the policies that have a say in it. Pure.

Source: IAM User Guide, "Policy evaluation logic": an explicit deny anywhere ends it; within one
account the identity's or the resource's policy is enough; across accounts both are needed; a
boundary and a session policy only take away. KMS keys and role trust differ: without their own
policy nobody gets in (KMS Developer Guide, "Key policies"; IAM User Guide, "Roles terms").
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sandbox.guard.documents import Caller, Statement
from sandbox.guard.matching import Context


@dataclass(frozen=True)
class Policies:
    """What hangs on the caller.

    :ivar boundary: and ``session``: None where there is none; an empty one allows nothing.
    """

    identity: tuple[Statement, ...] = ()
    boundary: tuple[Statement, ...] | None = None
    session: tuple[Statement, ...] | None = None


@dataclass(frozen=True)
class Target:
    """One resource of a request.

    :ivar account_id: who owns it.
    :ivar policy: its own policy; None where it has none, or its kind knows none.
    :ivar needs_own_policy: a key or a role: its owner's account gets in by its policy only.
    """

    arn: str
    account_id: str
    policy: tuple[Statement, ...] | None = None
    needs_own_policy: bool = False


@dataclass(frozen=True)
class Verdict:
    """Whether a request may go on, why, and by which statements."""

    allowed: bool
    reason: str
    statements: tuple[str, ...] = field(default=())


def judge(
    caller: Caller, policies: Policies, action: str, targets: Sequence[Target], context: Context
) -> Verdict:
    """Judge an action on every resource that it touches; all must be allowed.

    :param action: ``service:Operation`` as policies write it.
    :param targets: at least one; ``Target("*", account)`` for an action without resources.
    """
    used: list[str] = []
    for target in targets:
        verdict = _judge_one(caller, policies, action, target, context)
        if not verdict.allowed:
            return verdict
        used += [name for name in verdict.statements if name not in used]
    return Verdict(True, "allowed", tuple(used))


def _judge_one(
    caller: Caller, policies: Policies, action: str, target: Target, context: Context
) -> Verdict:
    def about(statements: Iterable[Statement] | None, effect: str) -> list[Statement]:
        return [
            one
            for one in statements or ()
            if one.effect == effect and one.applies(action, target.arn, context)
        ]

    of_caller = (policies.identity, policies.boundary, policies.session)
    denials = [one for statements in of_caller for one in about(statements, "Deny")]
    denials += [one for one in about(target.policy, "Deny") if one.names(caller)]
    if denials:
        names = tuple(one.name for one in denials)
        return Verdict(False, f"an explicit deny on {target.arn}", names)
    for kind, limit in (("boundary", policies.boundary), ("session", policies.session)):
        if limit is not None and not about(limit, "Allow"):
            return Verdict(False, f"the {kind} policy does not allow it on {target.arn}")
    by_identity = about(policies.identity, "Allow")
    by_resource = [one for one in about(target.policy, "Allow") if one.names(caller)]
    return _weigh(caller, target, by_identity, by_resource)


def _weigh(
    caller: Caller, target: Target, by_identity: list[Statement], by_resource: list[Statement]
) -> Verdict:
    allowed = Verdict(True, "allowed", tuple(one.name for one in (*by_identity, *by_resource)))
    if caller.service is not None:
        return allowed if by_resource else _denied_by_resource(target)
    direct = [one for one in by_resource if one.names_directly(caller)]
    is_own = caller.account_id == target.account_id
    if is_own and direct:
        return allowed
    if (not is_own or target.needs_own_policy) and not by_resource:
        return _denied_by_resource(target)
    if not by_identity:
        return Verdict(False, f"no identity policy allows it on {target.arn}")
    return allowed


def _denied_by_resource(target: Target) -> Verdict:
    what = "has no policy that admits" if target.policy is None else "its policy does not admit"
    return Verdict(False, f"{target.arn}: {what} the caller")
