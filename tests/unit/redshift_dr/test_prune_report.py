"""The prune's plan as the task's log shows it."""

from redshift_dr.prune_report import plan_table


def test_table_shows_verdict_age_and_reason_of_every_snapshot() -> None:
    table = plan_table(
        [
            {"id": "snapshot-2", "age_days": 0.04, "verdict": "keep", "reason": "newest good"},
            {"id": "snapshot-10", "age_days": 12, "verdict": "delete", "reason": "no rule"},
        ]
    )

    assert table.splitlines() == [
        "KEEP     snapshot-2    0.0 d  newest good",
        "DELETE   snapshot-10  12.0 d  no rule",
        "plan: delete 1, keep 1 of 2",
    ]


def test_empty_plan_says_so() -> None:
    assert plan_table([]) == "plan: nothing of 0"
