"""What looks like a rule and is none, each with the reason; the completeness check reads it."""

from collections.abc import Mapping

NO_RULE: Mapping[str, str] = {}
NO_GUARD: Mapping[tuple[str, str, str], str] = {}
