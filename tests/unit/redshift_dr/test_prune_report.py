"""The prune's plan as the task's log shows it."""

from redshift_dr.prune_report import deletions_of, plan_markdown, plan_table


def test_table_shows_verdict_age_and_reason_of_every_snapshot() -> None:
    table = plan_table(
        [
            {"id": "snapshot-2", "age_days": 0.04, "verdict": "keep", "reason": "newest good"},
            {"id": "snapshot-10", "age_days": 12, "verdict": "delete", "reason": "no rule"},
        ]
    )

    assert table.splitlines() == [
        "VERDICT  SNAPSHOT        AGE  REASON",
        "KEEP     snapshot-2    0.0 d  newest good",
        "DELETE   snapshot-10  12.0 d  no rule",
        "plan: delete 1, keep 1 of 2",
    ]


def test_sentence_that_refuses_the_whole_plan_is_told_once() -> None:
    refused = {"age_days": 12, "verdict": "refused", "reason": "25 deletions, 20 are allowed"}
    table = plan_table(
        [
            {"id": "new", "age_days": 0, "verdict": "keep", "reason": "newest good"},
            *({"id": f"old-{number}", **refused} for number in range(25)),
        ]
    )

    assert table.count("25 deletions, 20 are allowed") == 1
    assert "REFUSED  old-24  12.0 d  see below" in table
    assert table.splitlines()[-2:] == [
        "plan: refused 25, keep 1 of 26",
        "refused: 25 deletions, 20 are allowed",
    ]


def test_deletions_come_first_in_markdown_and_no_cell_ends_a_row() -> None:
    rows = [
        {"id": "new", "age_days": 0.04, "verdict": "keep", "reason": "newest good"},
        {"id": "case", "age_days": 30, "verdict": "held", "reason": "hold: a | b"},
        {"id": "old", "age_days": 12, "verdict": "delete", "reason": "expired"},
    ]

    assert deletions_of(rows) == ["old"]
    assert plan_markdown(rows).splitlines() == [
        "| verdict | snapshot | age | reason |",
        "| --- | --- | --- | --- |",
        "| delete | old | 12.0 d | expired |",
        "| held | case | 30.0 d | hold: a \\| b |",
        "| keep | new | 0.0 d | newest good |",
    ]


def test_empty_plan_says_so() -> None:
    assert plan_table([]) == "plan: nothing of 0"
