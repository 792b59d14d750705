"""NextToken: where the next page begins."""

import base64
import json
from collections.abc import Sequence
from typing import TypeVar

from sandbox.redshiftdata.errors import ValidationError

Item = TypeVar("Item")


def encode_token(scope: str, offset: int) -> str:
    """Make a token that is good for one listing only."""
    return base64.urlsafe_b64encode(json.dumps([scope, offset]).encode()).decode()


def decode_token(scope: str, token: str | None) -> int:
    """Return the offset of a token, 0 without one.

    :raises ValidationError: it is from elsewhere.
    """
    if not token:
        return 0
    try:
        found, offset = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        found, offset = None, 0
    if found != scope or not isinstance(offset, int):
        raise ValidationError("NextToken is not valid for this request")
    return offset


def page(
    items: Sequence[Item], scope: str, token: str | None, limit: int
) -> tuple[Sequence[Item], str | None]:
    """Return a page and the token of the next one, None at the end."""
    start = decode_token(scope, token)
    end = start + limit
    return items[start:end], encode_token(scope, end) if end < len(items) else None
