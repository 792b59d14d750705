"""What all checks say together."""

from dataclasses import replace

import pytest

from redshift_dr.validation.checks import Check, reason_of, table_of, verdict_of

GOOD = Check("good", "sql", "error", "passed", "no offending row")


@pytest.mark.parametrize(
    ("severity", "result", "verdict"),
    [
        ("error", "passed", "passed"),
        ("error", "failed", "failed"),
        ("error", "error", "failed"),
        ("error", "warned", "passed"),
        ("error", "not comparable", "passed"),
        ("warn", "warned", "passed"),
        ("warn", "error", "passed"),
    ],
)
def test_drill_fails_by_errors_only(severity: str, result: str, verdict: str) -> None:
    other = replace(GOOD, severity=severity, result=result)

    assert verdict_of([GOOD, other]) == verdict


@pytest.mark.parametrize("results", [[], ["not comparable"], ["warned", "not comparable"]])
def test_drill_in_which_nothing_passed_proves_nothing(results: list[str]) -> None:
    checks = [replace(GOOD, result=result) for result in results]

    assert verdict_of(checks) == "failed"
    assert "nothing was proved" in reason_of(checks)


def test_reason_names_what_failed_with_its_numbers() -> None:
    bad = replace(GOOD, name="orphans", result="failed", message="7 offending rows")

    assert reason_of([GOOD, bad]) == "1 of 2 checks failed: orphans: 7 offending rows"
    assert table_of([GOOD, bad]).splitlines()[0].startswith("failed")
