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
MAXIMUM_ADOPTED_AT_ONCE = 100
# A restore that lasts longer is none; the bound keeps the number readable in a tag.
_LONGEST_RESTORE_SECONDS = 31_536_000
# AWS's own have colons, as in rs:orders-2025-09-18-02-00-11; whoever names one is told why it is
# refused.
_ANY_SNAPSHOT = re.compile(r"[a-z][a-z0-9:-]{0,254}", re.A)

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
    "hold": frozenset({"snapshot_id", "reason"}),
    "release": frozenset({"snapshot_id", "reason"}),
    "adopt": frozenset({"snapshot_ids", "identifier_pattern"}),
    "stamp": frozenset({"snapshot_id", "result", "verified_at", "restore_seconds", "evidence_uri"}),
    "sweep": frozenset(),
}
REQUIRED_FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "share": ("snapshot_id",),
    "hold": ("snapshot_id", "reason"),
    "release": ("snapshot_id",),
    "stamp": ("snapshot_id", "result", "verified_at"),
}
# Taking over what others made is shown before it is done.
DRY_RUN_BY_DEFAULT = frozenset({"adopt"})


class FieldError(ValueError):
    """A value that the field cannot hold; the message ends the sentence "<name> is <value>, "."""


def shown(value: object) -> str:
    """Write a value of the event as JSON, short enough for a sentence."""
    try:
        text = json.dumps(value, default=str)
    except (RecursionError, ValueError):
        return "a value that is nested too deeply, or a number that is too long, to be shown"
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
    # Of whole seconds: a slot's name has no room for more.
    return instant.replace(microsecond=0)


def _text(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[\x20-\x7e]{1,256}", value):
        raise FieldError("not a text of 1 to 256 printable ASCII characters")
    return value


def _sha256(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise FieldError("not a sha256: 64 lower-case hexadecimal digits")
    return value


def _tag_text(value: object) -> str:
    # AWS, tag values: letters and digits of any script, spaces and + - = . _ : / @.
    text = value.strip() if isinstance(value, str) else ""
    if not 1 <= len(text) <= 256:
        raise FieldError("not a text of 1 to 256 characters")
    wrong = sorted(set(re.sub(r"[\w +=.:/@-]", "", text)))
    if wrong:
        raise FieldError(
            f"in which {' '.join(map(shown, wrong))} cannot stand in a tag of AWS: use letters, "
            "digits, spaces and + - = . _ : / @"
        )
    return text


def _any_snapshots(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAXIMUM_ADOPTED_AT_ONCE:
        raise FieldError(f"not a list of 1 to {MAXIMUM_ADOPTED_AT_ONCE} snapshot identifiers")
    wrong = [one for one in value if not isinstance(one, str) or not _ANY_SNAPSHOT.fullmatch(one)]
    if wrong:
        listed = ", ".join(map(shown, wrong))
        raise FieldError(f"in which {listed} is not a snapshot identifier")
    return tuple(dict.fromkeys(value))


def _pattern(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9:*?-]{1,255}", value):
        raise FieldError(
            "not a pattern of at most 255 letters, digits, hyphens, colons, * for any characters "
            "and ? for one"
        )
    return value


def _seconds(value: object) -> float:
    wanted = f"a number of seconds from 0 to {_LONGEST_RESTORE_SECONDS}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldError(f"not {wanted}")
    # Not a number is in no range either.
    if not 0 <= value <= _LONGEST_RESTORE_SECONDS:
        raise FieldError(f"not {wanted}")
    return round(float(value), 3)


def _evidence_uri(value: object) -> str:
    # No query: it cannot stand in a tag, and that of a presigned address is a credential.
    pattern = r"(s3|https)://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9_+=.:/@-]*)?"
    if not isinstance(value, str) or len(value) > 256 or not re.fullmatch(pattern, value):
        raise FieldError(
            "not an address s3://... or https://... of at most 256 letters, digits and "
            "+ - = . _ : / @, without a query"
        )
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
    "reason": _tag_text,
    "snapshot_ids": _any_snapshots,
    "identifier_pattern": _pattern,
    "result": _choice("passed", "failed"),
    "verified_at": _instant,
    "restore_seconds": _seconds,
    "evidence_uri": _evidence_uri,
}
