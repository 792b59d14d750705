"""Pages of CloudFormation's listings."""

import base64
from typing import Any

from sandbox.cloudformation.errors import ValidationError

PAGE_SIZE = 100


def page(items: list[Any], token: str | None) -> tuple[list[Any], str | None]:
    """Return a page and the token of the next one.

    :raises ValidationError: a token that no answer had.
    """
    start = 0
    if token:
        try:
            start = int(base64.b64decode(token, validate=True))
        except ValueError as error:
            raise ValidationError("The token provided is invalid") from error
    end = start + PAGE_SIZE
    following = base64.b64encode(str(end).encode()).decode() if end < len(items) else None
    return items[start:end], following
