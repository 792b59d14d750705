"""A ready example: a source cluster with data, a DR account to restore into, the function."""

from collections.abc import Callable
from pathlib import Path
from typing import Any


class Playground:
    """Builds the example through real AWS calls to the sandbox itself."""

    def __init__(self, client: Callable[..., Any], directory: Path) -> None:
        self._client = client
        self._directory = directory

    def build(self) -> None:
        """Build everything anew in two empty accounts."""
