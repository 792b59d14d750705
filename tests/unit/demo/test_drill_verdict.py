"""What a drill of the demonstration must have shown."""

from dataclasses import replace
from typing import Any

import pytest

from demo.drill_verdict import DrillSeen, drill_faults, drill_result

COPY = "aca-redshift-cluster-dr-20261201-020000"
GOOD = DrillSeen(
    dag_id="redshift_restore_validation__aca-redshift-cluster",
    run_id="manual__1",
    state="success",
    tasks=(),
    checks=[{"name": "tpch.orders", "kind": "inventory", "result": "passed"}],
    dr_copy=COPY,
    deleted={"deleted": True},
    recorded={
        "verdict": "passed",
        "checks_passed": 24,
        "checks_failed": 0,
        "restore_seconds": 3.2,
        "evidence_uri": "s3://evidence/drills/a/evidence.json",
    },
    clusters_left=(),
    copies={COPY: "available"},
    stored=["s3://evidence/a.json", "s3://evidence/a.html"],
)


def test_a_drill_as_promised_has_no_fault():
    assert drill_faults(GOOD) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "failed"}, "ended failed"),
        ({"recorded": {"verdict": "failed"}}, "verdict is failed"),
        ({"checks": []}, "no table was compared"),
        ({"copies": {COPY: "creating"}}, "no available copy"),
        ({"dr_copy": None}, "no available copy None"),
        ({"deleted": {"deleted": False}}, "did not delete"),
        ({"clusters_left": ["drill-a"]}, "still has drill-a"),
        ({"stored": ["s3://evidence/a.json"]}, "not both"),
    ],
)
def test_everything_that_is_not_as_promised_is_named(change: dict[str, Any], words: str):
    [fault] = drill_faults(replace(GOOD, **change))
    assert words in fault


def test_the_last_line_tells_of_the_drill():
    assert drill_result(GOOD) == {
        "state": "success",
        "verdict": "passed",
        "restore_seconds": 3.2,
        "checks_passed": 24,
        "checks_failed": 0,
        "dr_copy": COPY,
        "evidence_uri": "s3://evidence/drills/a/evidence.json",
    }
