"""What the catalogue does not cover."""
from collections.abc import Sequence
from tests.mutation.rules import Rule
def gaps(rules: Sequence[Rule]) -> list[str]:
    return []
