"""The whole fault sweep: every call of every action, every fault, kills and two callers."""

import os
import sys

import pytest

from tests.sweep import report, work


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_case_of_the_sweep_converges(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = work.tasks((), ())
    results = [result for _, found in work.run_all(wanted, os.cpu_count() or 1) for result in found]

    # Standard error: the standard output of a worker of xdist goes nowhere.
    with capsys.disabled():
        sys.stderr.write(f"\nfault sweep: {len(results)} cases\n{report.table(results)}\n")
    assert not report.violations(results), "\n".join(report.violations(results))
    assert {result.kind for result in results} == set(work.KINDS)
