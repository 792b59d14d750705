"""The fields of an event, one by one: which action takes which, and what each may hold. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from redshift_backup.model import parse_instant
from redshift_backup.settings import (
    ACCOUNT_ID,
    CONTRACT_ACTIONS,
    IDENTIFIER,
    MAXIMUM_CLUSTER_IDENTIFIER_LENGTH,
    MAXIMUM_IDENTIFIER_LENGTH,
    MAXIMUM_RETENTION_DAYS,
)

# Redshift's quota of accounts for one snapshot; AWS does not raise it.
MAXIMUM_ACCOUNTS = 20

COMMON_FIELDS = frozenset(
    {"action", "cluster_identifier", "slot", "slot_end", "dry_run", "correlation_id"}
)
_TARGETS = frozenset({"target_account_id", "target_account_ids"})
_RETENTION = frozenset({"retention_days", "keep_weekly", "keep_monthly"})
FIELDS_OF: Mapping[str, frozenset[str]] = {
    "backup": _TARGETS | _RETENTION | {"when_paused"},
    "create": frozenset({"when_paused"}),
    "share": _TARGETS | {"snapshot_id", "revoke_strangers"},
    "prune": _TARGETS | _RETENTION | {"approved_plan_sha256"},
    "reconcile": frozenset(),
    "status": frozenset(),
    "check": frozenset(),
}


class FieldError(ValueError):
    """A value that the field cannot hold; the message ends the sentence "<name> is <value>, "."""


def shown(value: object) -> str:
    """Write a value of the event as JSON, short enough for a sentence."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise FieldError("which is neither true nor false")
    return value


def _whole_number(minimum: int, maximum: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        wanted = f"a whole number from {minimum} to {maximum}"
        if isinstance(value, str) and re.fullmatch(r"\s*-?\d+\s*", value):
            raise FieldError(f"a text, not {wanted}; write it without quotes")
        if isinstance(value, bool) or not isinstance(value, int):
            raise FieldError(f"not {wanted}")
        if not minimum <= value <= maximum:
            raise FieldError(f"not {wanted}")
        return value

    return read


def _identifier(longest: int, what: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or not IDENTIFIER.fullmatch(value) or len(value) > longest:
            raise FieldError(
                f"not {what}: lower-case letters, digits and single hyphens, a letter first, "
                f"at most {longest} characters"
            )
        return value

    return read


def _choice(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise FieldError(f"not one of {', '.join(choices)}")
        return value

    return read


def _account(value: object) -> str:
    if not isinstance(value, str) or not ACCOUNT_ID.fullmatch(value):
        raise FieldError("not an account id: a text of 12 digits, leading zeros included")
    return value


def _accounts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAXIMUM_ACCOUNTS:
        raise FieldError(f"not a list of 1 to {MAXIMUM_ACCOUNTS} account ids")
    wrong = [one for one in value if not isinstance(one, str) or not ACCOUNT_ID.fullmatch(one)]
    if wrong:
        raise FieldError(
            f"in which {', '.join(map(shown, wrong))} is not an account id: a text of 12 digits"
        )
    return tuple(dict.fromkeys(value))


def _instant(value: object) -> object:
    instant = parse_instant(value) if isinstance(value, str) else None
    # Years that leave room for a window and a retention, within what a calendar can hold.
    if instant is None or not 1970 <= instant.year <= 9000:
        raise FieldError("not an instant with an offset such as 2025-09-18T14:30:22Z")
    # A slot is of whole seconds; its name has no room for more.
    return instant.replace(microsecond=0)


def _text(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[\x20-\x7e]{1,256}", value):
        raise FieldError("not a text of 1 to 256 printable ASCII characters")
    return value


def _sha256(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise FieldError("not a sha256: 64 lower-case hexadecimal digits")
    return value


READERS: Mapping[str, Callable[[object], Any]] = {
    "action": _choice(*CONTRACT_ACTIONS),
    "cluster_identifier": _identifier(MAXIMUM_CLUSTER_IDENTIFIER_LENGTH, "a cluster identifier"),
    "slot": _instant,
    "slot_end": _instant,
    "dry_run": _boolean,
    "correlation_id": _text,
    "target_account_id": _account,
    "target_account_ids": _accounts,
    "retention_days": _whole_number(1, MAXIMUM_RETENTION_DAYS),
    "keep_weekly": _whole_number(0, 520),
    "keep_monthly": _whole_number(0, 120),
    "snapshot_id": _identifier(MAXIMUM_IDENTIFIER_LENGTH, "a snapshot identifier"),
    "revoke_strangers": _boolean,
    "approved_plan_sha256": _sha256,
    "when_paused": _choice("refuse", "skip"),
}
