"""How repetitions are taken and summed up."""

import pytest

from benchmarks.measure import Samples, interleave


def test_two_things_take_turns_and_each_goes_first_as_often() -> None:
    order: list[str] = []

    def take(name: str, seconds: float) -> float:
        order.append(name)
        return seconds + len(order)

    pair = interleave(lambda: take("ours", 10), lambda: take("floor", 20), 4)

    assert order == ["ours", "floor", "floor", "ours", "ours", "floor", "floor", "ours"]
    assert pair.ours.values == (11, 14, 15, 18)
    assert pair.floor.values == (22, 23, 26, 27)


@pytest.mark.parametrize(
    ("values", "minimum", "median"),
    [((3.0,), 3.0, 3.0), ((5.0, 1.0, 9.0), 1.0, 5.0), ((4.0, 1.0, 2.0, 9.0), 1.0, 3.0)],
)
def test_samples_are_summed_up_by_minimum_and_median(
    values: tuple[float, ...], minimum: float, median: float
) -> None:
    samples = Samples(values)

    assert (samples.minimum, samples.median) == (minimum, median)


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="measure at least once"):
        interleave(lambda: 1.0, lambda: 1.0, 0)
