"""Rules of composite alarms."""

import pytest

from sandbox.alarms.rules import RuleError, parse_rule

STATES = {"bad": "ALARM", "good": "OK", "new": "INSUFFICIENT_DATA", "with space": "ALARM"}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(bad)", True),
        ('ALARM("with space")', True),
        ("OK(good) AND INSUFFICIENT_DATA(new)", True),
        ("ALARM(good) OR ALARM(bad)", True),
        ("ALARM(good) OR ALARM(bad) AND ALARM(new)", False),
        ("(ALARM(good) OR ALARM(bad)) AND NOT ALARM(new)", True),
        ("NOT ALARM(bad)", False),
        ("NOT NOT (TRUE AND NOT FALSE)", True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:164543933824:alarm:bad)", True),
        ("ALARM(unknown) OR OK(unknown)", False),
    ],
)
def test_a_rule_holds_by_the_states_of_its_alarms(rule: str, holds: bool) -> None:
    assert parse_rule(rule).holds(STATES.get) == holds


def test_a_rule_names_its_alarms_once() -> None:
    assert parse_rule("ALARM(a) AND (OK(b) OR ALARM(a))").alarms == ("a", "b")


@pytest.mark.parametrize("rule", ["", "ALARM()", "ALARM(a) OK(b)", "ALARM(a", "(TRUE", "MAYBE(a)"])
def test_a_rule_that_cannot_be_read_is_an_error(rule: str) -> None:
    with pytest.raises(RuleError):
        parse_rule(rule)
