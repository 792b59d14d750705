"""Kinds of KMS keys, and who may use one: what moto's KMS does not tell apart."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import moto.kms.models
import moto.kms.responses
import moto.kms.urls
from moto.kms.exceptions import NotFoundException
from moto.kms.models import Key, KmsBackend, kms_backends
from moto.kms.utils import AbstractPrivateKey, generate_private_key

AWS_OWNED_KEY = "AWS_OWNED_KMS_KEY"
"""What ``KmsKeyId`` says for a key that AWS owns. From memory of the console; unverified."""

AWS_MANAGED_ALIAS_PREFIX = "alias/aws/"


class KeyKind(StrEnum):
    """Who owns the key. Only a customer's key has a policy that can admit another account."""

    AWS_OWNED = "aws-owned"
    AWS_MANAGED = "aws-managed"
    CUSTOMER = "customer"


class KeyUnusableError(Exception):
    """A key that does not exist here, or is disabled or on its way out. The message says which."""


@dataclass(frozen=True)
class ResolvedKey:
    """A key as Redshift stores it: the ARN (or the word for AWS's own key) and its kind."""

    arn: str
    kind: KeyKind


class LatePrivateKey(AbstractPrivateKey):
    """A private key that is made when it is first used: to make one takes up to a second.

    moto makes one for every key, and symmetric ones never use it.
    """

    def __init__(self, key_spec: str) -> None:
        self._key_spec = key_spec

    @cached_property
    def _key(self) -> Any:
        return generate_private_key(self._key_spec)

    def sign(self, message: bytes, signing_algorithm: str) -> bytes:
        """Sign a message."""
        return bytes(self._key.sign(message, signing_algorithm))

    def verify(self, message: bytes, signature: bytes, signing_algorithm: str) -> bool:
        """Tell whether the signature is of this key and this message."""
        return bool(self._key.verify(message, signature, signing_algorithm))

    def public_key(self) -> bytes:
        """Return the public half, DER."""
        return bytes(self._key.public_key())


class SandboxKmsBackend(KmsBackend):
    """moto's KMS, whose reserved aliases name keys that AWS manages (``KeyManager`` ``AWS``)."""

    _url_module = moto.kms.urls

    def _generate_default_keys(self, alias_name: str) -> str | None:
        key_id: str | None = super()._generate_default_keys(alias_name)
        if key_id is not None:
            self.keys[key_id].key_manager = "AWS"
        return key_id

    def disable_key(self, key_id: str) -> None:
        """Disable a key by id or ARN; moto crashes on an ARN."""
        super().disable_key(self.get_key_id(key_id))

    def enable_key(self, key_id: str) -> None:
        """Enable a key by id or ARN."""
        super().enable_key(self.get_key_id(key_id))

    def schedule_key_deletion(self, key_id: str, pending_window_in_days: int) -> float:
        """Let a key, by id or ARN, go in some days."""
        due: float = super().schedule_key_deletion(self.get_key_id(key_id), pending_window_in_days)
        return due

    def cancel_key_deletion(self, key_id: str) -> None:
        """Keep a key, by id or ARN, that was to go."""
        super().cancel_key_deletion(self.get_key_id(key_id))


def install() -> None:
    """Put the sandbox's KMS backend in moto's place. Idempotent."""
    moto.kms.responses._assert_default_policy = _assert_default_policy
    moto.kms.models.generate_private_key = LatePrivateKey
    if kms_backends.backend is not SandboxKmsBackend:
        kms_backends.backend = SandboxKmsBackend
        kms_backends.clear()


def _assert_default_policy(policy_name: str | None) -> None:
    # The model makes the name optional, and every key has just the one policy.
    if policy_name not in (None, "default"):
        raise NotFoundException("No such policy exists")


def resolve_key(account_id: str, region: str, key_id: str | None) -> ResolvedKey:
    """Find the key that an account names, by id, ARN or alias.

    :param key_id: None, or ``AWS_OWNED_KMS_KEY``, means the key that AWS owns.
    :raises KeyUnusableError: no such key in this account and region, or it cannot be used.
    """
    if key_id is None or key_id == AWS_OWNED_KEY:
        return ResolvedKey(AWS_OWNED_KEY, KeyKind.AWS_OWNED)
    key = _find_key(account_id, region, key_id)
    if key is None:
        raise KeyUnusableError(f"KMS key {key_id} does not exist in account {account_id}, {region}")
    _require_usable(key)
    return ResolvedKey(key.arn, _kind(key))


def key_kind(arn: str) -> KeyKind:
    """Return the kind of a key that was resolved before, by the value Redshift stored.

    :raises KeyUnusableError: the key has been disabled or deleted since.
    """
    if arn == AWS_OWNED_KEY:
        return KeyKind.AWS_OWNED
    return _kind(_usable_key(arn))


def admits(arn: str, account_id: str, action: str) -> bool:
    """Tell whether a key lets another account, as a whole, do ``action``.

    By its policy (a statement for the account's root, or for any principal of the account) or by a
    grant to a principal of the account. What the identity itself is allowed in its own account is
    IAM's matter and is not looked at here.

    :raises KeyUnusableError: the key is disabled or gone.
    :raises NotImplementedError: the policy uses a condition that is not modelled.
    """
    key = _usable_key(arn)
    statements = json.loads(key.policy).get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    effects = {
        statement["Effect"]
        for statement in statements
        if _applies(statement, account_id, action, key.region)
    }
    if "Deny" in effects:
        return False
    return "Allow" in effects or _granted(key, account_id, action)


def _find_key(account_id: str, region: str, key_id: str) -> Key | None:
    if key_id.startswith("arn:"):
        _, _, service, arn_region, arn_account, *_ = key_id.split(":", 5) + [""] * 6
        if (service, arn_region, arn_account) != ("kms", region, account_id):
            return None
    backend = kms_backends[account_id][region]
    name = backend.get_alias_name(key_id)
    raw = backend.get_key_id_from_alias(name) if name.startswith("alias/") else None
    return backend.keys.get(raw or backend.get_key_id(key_id))


def _usable_key(arn: str) -> Key:
    _, _, _, region, account_id, resource = arn.split(":", 5)
    key = kms_backends[account_id][region].keys.get(resource.removeprefix("key/"))
    if key is None:
        raise KeyUnusableError(f"KMS key {arn} does not exist any more")
    _require_usable(key)
    return key


def _require_usable(key: Key) -> None:
    if not key.enabled or key.key_state != "Enabled":
        raise KeyUnusableError(f"KMS key {key.arn} cannot be used: its state is {key.key_state}")
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise KeyUnusableError(f"KMS key {key.arn} is not a symmetric encryption key")


def _kind(key: Key) -> KeyKind:
    return KeyKind.AWS_MANAGED if key.key_manager == "AWS" else KeyKind.CUSTOMER


def _applies(statement: dict[str, Any], account_id: str, action: str, region: str) -> bool:
    if "NotPrincipal" in statement or "NotAction" in statement:
        raise NotImplementedError("NotPrincipal and NotAction in a key policy are not modelled")
    patterns = _as_list(statement.get("Action", []))
    if not any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns):
        return False
    if not _names_account(statement.get("Principal", {}), account_id):
        return False
    return all(
        _condition_holds(operator, key, _as_list(values), account_id, region)
        for operator, tests in statement.get("Condition", {}).items()
        for key, values in tests.items()
    )


def _names_account(principal: Any, account_id: str) -> bool:
    names = _as_list(principal.get("AWS", []) if isinstance(principal, dict) else principal)
    return any(name in ("*", account_id) or f"::{account_id}:" in name for name in names)


def _condition_holds(
    operator: str, key: str, values: list[str], account_id: str, region: str
) -> bool:
    """Judge the conditions that key policies for Redshift are written with, refuse the others."""
    context = {
        "kms:grantisforawsresource": "true",
        "kms:calleraccount": account_id,
        "kms:viaservice": f"redshift.{region}.amazonaws.com",
    }
    actual = context.get(key.lower())
    if actual is None or operator not in ("Bool", "StringEquals", "StringLike"):
        raise NotImplementedError(f"key policy condition {operator} {key} is not modelled")
    return any(fnmatchcase(actual, str(value).lower()) for value in values)


def _granted(key: Key, account_id: str, action: str) -> bool:
    operation = action.removeprefix("kms:")
    return any(
        _names_account(grant.grantee_principal, account_id) and operation in grant.operations
        for grant in key.grants.values()
    )


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, Iterable) and not isinstance(value, str | dict):
        return list(value)
    return [value]
