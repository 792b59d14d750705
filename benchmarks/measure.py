"""Repeat two things in turn, and say how long each takes. The statistics are pure."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Samples:
    """Repetitions of one thing, in the order in which they were taken.

    :ivar values: in one unit; at least one.
    """

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("samples of nothing: measure at least once")

    @property
    def minimum(self) -> float:
        """What it takes when nothing else disturbs; load only ever adds."""
        return min(self.values)

    @property
    def median(self) -> float:
        """What it takes usually."""
        return median(self.values)


def interleave(first: Callable[[], float], second: Callable[[], float], repetitions: int) -> "Pair":
    """Measure two things in turn, A B B A A B B A.

    The order turns round each time, so that neither profits from what the other warmed up, and a
    load that comes or goes meets both.

    :param first: and ``second``: do the thing once and return what it took.
    :raises ValueError: no repetition was asked for.
    """
    ours: list[float] = []
    floor: list[float] = []
    for number in range(repetitions):
        turns = [(first, ours), (second, floor)]
        for run, values in turns if number % 2 == 0 else reversed(turns):
            values.append(run())
    return Pair(Samples(tuple(ours)), Samples(tuple(floor)))


@dataclass(frozen=True)
class Pair:
    """Ours and the floor, measured in turn."""

    ours: Samples
    floor: Samples


def seconds_of(work: Callable[[], object]) -> float:
    """Do the work once and return the seconds of wall clock it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ratio_spread(ours: Sequence[float], floor: Sequence[float]) -> tuple[float, float]:
    """Return the lowest and the highest ratio of two neighbours in time.

    :raises ValueError: the two differ in number.
    """
    ratios = [one / other for one, other in zip(ours, floor, strict=True)]
    return min(ratios), max(ratios)
