"""A long proof in turns: nothing is left out for good, and what ran is said."""

from datetime import date, timedelta

import pytest

from tests.turns import ALL_PROOFS, DAYS, on_turn, told

TODAY = date(2026, 12, 1)
ITEMS = [f"case {number}" for number in range(23)]


@pytest.fixture(autouse=True)
def _in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ALL_PROOFS, raising=False)


def test_every_case_has_its_turn_once_in_ten_days() -> None:
    ran = [one for day in range(10) for one in on_turn(ITEMS, today=TODAY + timedelta(days=day))]

    assert sorted(ran) == sorted(ITEMS)


def test_a_day_has_a_tenth_and_the_same_one_all_day() -> None:
    first = on_turn(ITEMS, today=TODAY)

    assert len(first) in (2, 3)
    assert on_turn(ITEMS, today=TODAY) == first
    assert on_turn(ITEMS, today=TODAY + timedelta(days=10)) == first


def test_all_of_them_run_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALL_PROOFS, "1")

    assert on_turn(ITEMS, today=TODAY) == ITEMS
    assert told() == "fault sweep and mutation check: all cases ran"


def test_what_ran_and_how_to_run_all_is_told() -> None:
    texts = [told(today=TODAY + timedelta(days=day)) for day in range(DAYS)]

    for number in range(1, DAYS + 1):
        assert sum(f": part {number} of {DAYS} ran" in text for text in texts) == 1
    assert f"{ALL_PROOFS}=1 make test-slow" in told()
