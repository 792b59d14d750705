"""Time is counted so that neither a frozen nor a moved wall clock misleads a loop."""

from redshift_backup.budget import Budget
from redshift_backup.waiting import poll_delays


def test_delays_grow_to_fifteen_seconds() -> None:
    delays = poll_delays()

    assert [next(delays) for _ in range(7)] == [1, 2, 4, 8, 15, 15, 15]


def test_slept_seconds_count_while_every_clock_stands_still() -> None:
    slept: list[float] = []
    budget = Budget(100, sleep=slept.append, monotonic=lambda: 5.0)

    while budget.sleep(15):
        pass

    assert sum(slept) == 75
    assert budget.remaining_seconds() == 5


def test_time_that_calls_take_counts_too() -> None:
    now = [0.0]
    budget = Budget(100, sleep=lambda _: None, monotonic=lambda: now[0])
    now[0] = 70.0

    assert budget.remaining_seconds() == 10
    assert not budget.sleep(11)


def test_a_deadline_of_another_clock_grants_no_more_than_lambda_can() -> None:
    budget = Budget(10**9, sleep=lambda _: None, monotonic=lambda: 0.0)

    assert budget.remaining_seconds() == 880


def test_a_budget_without_a_second_left_is_used_up() -> None:
    now = [0.0]
    budget = Budget(100, sleep=lambda _: None, monotonic=lambda: now[0])
    now[0] = 79.0
    assert not budget.is_used_up

    now[0] = 80.0
    assert budget.is_used_up
