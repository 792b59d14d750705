"""Every safety rule, its guard, and the test that fails without it.

The rules are read from docs/contract.md; ``says`` quotes it. That each clause of the contract's
rules is quoted here, and that each branch that decides has an entry, is checked by
:mod:`tests.mutation.completeness`.
"""

from tests.mutation.catalogue import (
    airflow,
    airflow_alerts,
    airflow_approvals,
    airflow_drill,
    apply,
    create,
    drill,
    holding,
    limits,
    prune,
    requests,
    share,
    words,
)
from tests.mutation.rules import Rule

RULES: tuple[Rule, ...] = (
    *words.RULES,
    *limits.RULES,
    *requests.RULES,
    *create.RULES,
    *share.RULES,
    *prune.RULES,
    *apply.RULES,
    *holding.RULES,
    *drill.RULES,
    *airflow.RULES,
    *airflow_alerts.RULES,
    *airflow_approvals.RULES,
    *airflow_drill.RULES,
)
