"""Every safety rule, its guard, and the test that fails without it.

The rules are read from docs/contract.md; ``says`` quotes it. That each clause of the contract's
rules is quoted here, and each branch that decides has an entry, is checked by
:mod:`tests.mutation.completeness`.
"""

from tests.mutation.catalogue import prune
from tests.mutation.rules import Rule

RULES: tuple[Rule, ...] = (*prune.RULES,)
