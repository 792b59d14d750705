"""Missing data and datapoints to alarm: the tables of CloudWatch's guide."""

import pytest

from sandbox.alarms.evaluation import Settings, evaluate

KEPT = "the state before"
THREE_OF_THREE = {
    "0-X-X": ("OK", "OK", "OK", "OK"),
    "----0": ("OK", "OK", "OK", "OK"),
    "-----": ("INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
    "0XX-X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "--X--": ("ALARM", KEPT, "ALARM", "OK"),
}
TWO_OF_THREE = {
    "0-X-X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "00X0X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "0-X--": ("OK", "OK", "ALARM", "OK"),
    "----0": ("OK", "OK", "ALARM", "OK"),
    "---X-": ("ALARM", KEPT, "ALARM", "OK"),
}
CASES = [
    (needed, points, missing, state)
    for needed, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for points, states in table.items()
    for missing, state in zip(
        ("missing", "ignore", "breaching", "notBreaching"), states, strict=True
    )
]


@pytest.mark.parametrize(("needed", "points", "missing", "state"), CASES)
def test_missing_data_is_treated_as_the_guide_says(
    needed: int, points: str, missing: str, state: str
) -> None:
    settings = Settings("GreaterThanThreshold", 0.5, 3, needed, missing)
    values = [{"0": 0.0, "X": 1.0, "-": None}[point] for point in reversed(points)]

    assert evaluate(settings, values, KEPT)[0] == state


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("GreaterThanThreshold", 5, "OK"),
        ("GreaterThanOrEqualToThreshold", 5, "ALARM"),
        ("LessThanThreshold", 5, "OK"),
        ("LessThanOrEqualToThreshold", 5, "ALARM"),
        ("GreaterThanThreshold", 5.1, "ALARM"),
        ("LessThanThreshold", 4.9, "ALARM"),
    ],
)
def test_a_value_is_compared_with_the_threshold(comparison: str, value: float, state: str) -> None:
    settings = Settings(comparison, 5, 1, 1)

    found, reason = evaluate(settings, [value, None, None], "OK")

    assert found == state
    assert f"[{value:g}]" in reason
