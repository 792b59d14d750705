"""What the schemas accept, read as JSON Schema means them; the code is not asked."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators

from redshift_backup import fields
from redshift_backup.fields import FIELDS_OF

SCHEMAS = Path(fields.__file__).parent / "schema"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.A)


def is_instant(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if not _INSTANT.fullmatch(value):
        return False
    try:
        return 1970 <= datetime.fromisoformat(value).astimezone(UTC).year <= 9000
    except (ValueError, OverflowError):
        return False


def _is_whole(_: object, value: object) -> bool:
    # JSON Schema takes 7.0 for an integer; the function does not, so that a number that was
    # calculated wrongly is seen.
    return isinstance(value, int) and not isinstance(value, bool)


def _whole_pattern(_: Any, pattern: str, value: object, __: Any) -> Iterator[ValidationError]:
    # By JSON Schema (ECMA 262) "$" is the end of the text; in Python also before a last newline.
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError(f"does not match {pattern}")


_FORMATS = FormatChecker(formats=())
_FORMATS.checks("date-time")(is_instant)
_STRICT = validators.extend(
    Draft202012Validator,
    {"pattern": _whole_pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole),
)
VALIDATORS = {
    action: _STRICT(
        json.loads((SCHEMAS / f"request-{action}.schema.json").read_text()),
        format_checker=_FORMATS,
    )
    for action in FIELDS_OF
}


def is_valid(payload: Mapping[str, Any]) -> bool:
    """Whether the schema of the payload's action accepts it."""
    action = payload.get("action", "backup")
    return isinstance(action, str) and action in VALIDATORS and VALIDATORS[action].is_valid(payload)


def payload_of(event: object) -> Mapping[str, Any] | None:
    """What an event asks for, by the contract's words on envelopes; None if it asks nothing."""
    if not isinstance(event, dict):
        return None
    if "detail-type" not in event:
        return event
    detail = event.get("detail")
    return {"slot": event.get("time")} | detail if isinstance(detail, dict) else None
