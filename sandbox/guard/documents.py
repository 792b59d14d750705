"""Policy documents as statements that can be judged. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.guard.conditions import check_operators, holds
from sandbox.guard.matching import (
    Context,
    MissingVariableError,
    matches_action,
    matches_arn,
    substitute,
)

_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
        "Condition",
    }
)
_EFFECTS = ("Allow", "Deny")


class PolicyError(ValueError):
    """A policy document that IAM would not have taken."""


@dataclass(frozen=True)
class Caller:
    """Who asks, by every name that a policy may call them.

    :ivar arn: of the session or user, ``arn:aws:sts::<account>:assumed-role/<role>/<session>``.
    :ivar identity_arn: of the user or role behind it; the policies hang on that one.
    :ivar service: ``lambda.amazonaws.com`` where AWS itself calls; None otherwise.
    """

    account_id: str
    arn: str
    identity_arn: str
    service: str | None = None

    @property
    def root_arn(self) -> str:
        """The account as policies name it."""
        return f"arn:aws:iam::{self.account_id}:root"


@dataclass(frozen=True)
class Statement:
    """One statement of a policy.

    :ivar policy: the name of the policy it stands in, for the log.
    """

    policy: str
    sid: str
    effect: str
    element: Mapping[str, Any]

    @property
    def name(self) -> str:
        """How the log names it."""
        return f"{self.policy}/{self.sid}"

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """Tell whether the statement is about this action on this resource in this context.

        Its principal is not looked at; see :meth:`names`.
        """
        return (
            self._is_about(action)
            and self._is_on(resource, context)
            and holds(self.element.get("Condition", {}), context)
        )

    def names(self, caller: Caller) -> bool:
        """Tell whether a resource's statement speaks of this caller, by itself or its account."""
        return self.names_directly(caller) or self._names_any(caller, _account_names(caller))

    def names_directly(self, caller: Caller) -> bool:
        """Tell whether it speaks of this very caller, not only of their whole account."""
        return self._names_any(caller, (caller.arn, caller.identity_arn))

    def _names_any(self, caller: Caller, names: Sequence[str]) -> bool:
        if "NotPrincipal" in self.element:
            return not _principal_has(self.element["NotPrincipal"], caller, names)
        return _principal_has(self.element.get("Principal"), caller, names)

    def _is_about(self, action: str) -> bool:
        if "NotAction" in self.element:
            return not any(
                matches_action(one, action) for one in _listed(self.element, "NotAction")
            )
        return any(matches_action(one, action) for one in _listed(self.element, "Action"))

    def _is_on(self, resource: str, context: Context) -> bool:
        try:
            if "NotResource" in self.element:
                others = _listed(self.element, "NotResource")
                return not any(matches_arn(substitute(one, context), resource) for one in others)
            # A trust policy has no resource: it stands on the role that it belongs to.
            wanted = _listed(self.element, "Resource") or ["*"]
            return any(matches_arn(substitute(one, context), resource) for one in wanted)
        except MissingVariableError:
            return False


def read_policy(name: str, document: str | Mapping[str, Any]) -> tuple[Statement, ...]:
    """Read one policy document.

    :param name: for the log and for errors.
    :raises PolicyError: not a policy, naming what is wrong.
    :raises UnknownOperatorError: a condition operator that IAM does not have.
    """
    try:
        content = json.loads(document) if isinstance(document, str) else document
        given = content["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyError(f"policy {name} is not a policy document: {error!r}") from error
    elements = given if isinstance(given, list) else [given]
    return tuple(_statement(name, number, one) for number, one in enumerate(elements, start=1))


def _statement(policy: str, number: int, element: Any) -> Statement:
    if not isinstance(element, Mapping):
        raise PolicyError(f"statement {number} of policy {policy} is not an object")
    sid = str(element.get("Sid") or number)
    unknown = sorted(set(element) - _ELEMENTS)
    if unknown:
        raise PolicyError(f"statement {sid} of policy {policy} has unknown elements {unknown}")
    if element.get("Effect") not in _EFFECTS:
        raise PolicyError(f"statement {sid} of policy {policy} has no Effect Allow or Deny")
    if "Action" not in element and "NotAction" not in element:
        raise PolicyError(f"statement {sid} of policy {policy} has neither Action nor NotAction")
    check_operators(element.get("Condition", {}))
    return Statement(policy, sid, str(element["Effect"]), element)


def _listed(element: Mapping[str, Any], name: str) -> list[str]:
    value = element.get(name, [])
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _account_names(caller: Caller) -> tuple[str, ...]:
    return (caller.root_arn, caller.account_id)


def _principal_has(principal: Any, caller: Caller, names: Sequence[str]) -> bool:
    if principal == "*":
        return caller.service is None
    if not isinstance(principal, Mapping):
        return False
    if caller.service is not None:
        return caller.service in _listed(principal, "Service")
    return any(one == "*" or one in names for one in _listed(principal, "AWS"))
