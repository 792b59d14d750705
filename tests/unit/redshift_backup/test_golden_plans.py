"""Plans of named policies, compared with the tables in ``golden/``.

After a rule was changed on purpose, ``python -m tests.unit.redshift_backup.golden_plans`` writes
the tables anew; the diff belongs into the same commit.
"""

import pytest

from tests.unit.redshift_backup.golden_plans import CASES, GOLDEN, table


@pytest.mark.parametrize("name", CASES)
def test_the_plan_is_the_one_that_was_agreed_on(name: str) -> None:
    assert table(CASES[name]()).splitlines() == (GOLDEN / f"{name}.txt").read_text().splitlines()


def test_every_table_belongs_to_a_case() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)
