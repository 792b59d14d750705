"""A long proof in turns: nothing is left out for good, and what ran is said."""

from datetime import date, timedelta

import pytest

from tests.turns import ALL_PROOFS, on_turn, told

TODAY = date(2026, 12, 1)
ITEMS = [f"case {number}" for number in range(23)]


@pytest.fixture(autouse=True)
def _in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ALL_PROOFS, raising=False)


def test_every_case_has_its_turn_once_in_five_days() -> None:
    ran = [one for day in range(5) for one in on_turn(ITEMS, today=TODAY + timedelta(days=day))]

    assert sorted(ran) == sorted(ITEMS)


def test_a_day_has_a_fifth_and_the_same_one_all_day() -> None:
    first = on_turn(ITEMS, today=TODAY)

    assert len(first) in (4, 5)
    assert on_turn(ITEMS, today=TODAY) == first
    assert on_turn(ITEMS, today=TODAY + timedelta(days=5)) == first


def test_all_of_them_run_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALL_PROOFS, "1")

    assert on_turn(ITEMS, today=TODAY) == ITEMS
    assert told() == "fault sweep and mutation check: all cases ran"


def test_what_ran_and_how_to_run_all_is_told() -> None:
    parts = {told(today=TODAY + timedelta(days=day)).split(" of ")[0][-6:] for day in range(5)}

    assert parts == {f"part {number}" for number in range(1, 6)}
    assert f"{ALL_PROOFS}=1 make test-slow" in told()
