"""The fault sweep in turns: every call of every action, every fault, kills and two callers."""

import os
import sys

import pytest

from tests.sweep import report, work
from tests.turns import on_turn


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_case_that_has_its_turn_converges(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = on_turn(work.tasks((), ()))
    results = [result for _, found in work.run_all(wanted, os.cpu_count() or 1) for result in found]

    # Standard error: the standard output of a worker of xdist goes nowhere.
    with capsys.disabled():
        sys.stderr.write(f"\nfault sweep: {len(results)} cases\n{report.table(results)}\n")
    assert not report.violations(results), "\n".join(report.violations(results))
    assert {result.kind for result in results} == set(work.KINDS)
