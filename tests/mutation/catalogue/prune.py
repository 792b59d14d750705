"""Section 6, prune: what is kept, and what stops a plan."""

from tests.mutation.rules import RETENTION, UNIT, rule

_OF = f"{UNIT}test_safety_rules_of_prune.py::"
_KEEP = (RETENTION, "_reasons_to_keep")
_ROW = (RETENTION, "_row")
_REFUSAL = (RETENTION, "refusal")
_PLAN = (RETENTION, "plan_prune")

RULES = (
    rule(
        "held is kept",
        says="held",
        at=_ROW,
        guard="HOLD in snapshot.tags",
        becomes="False",
        test=(f"{_OF}test_held_is_kept", f"{_OF}test_held_failed_is_kept"),
    ),
    rule(
        "newest good is kept",
        says="newest good",
        at=_KEEP,
        guard="reasons[good[0].identifier].append('newest good')",
        becomes="None",
        test=f"{_OF}test_newest_good_is_kept",
    ),
)
