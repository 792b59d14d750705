"""What a benchmark returns, and what it is given.

A benchmark is a module with ``run(context: Context) -> list[Row]``, listed in
:mod:`benchmarks.catalog`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True)
class Row:
    """One comparison of ours with the least that the same work can take.

    :ivar name: of the benchmark, as in the catalogue.
    :ivar subject: what was measured, such as ``time, 10,000 snapshots shared``.
    :ivar ours: and ``floor``: in ``unit``; of several repetitions their minimum or median.
    :ivar unit: ``seconds``, ``calls``, ``MB`` or the like.
    :ivar limit: the largest ratio that is in order; None where nothing is promised.
    :ivar note: what the floor is, or why the ratio is what it is; one sentence.
    :ivar ours_samples: and ``floor_samples``: every repetition, for the chart's spread.
    """

    name: str
    subject: str
    ours: float
    floor: float
    unit: str
    limit: float | None = None
    note: str = ""
    ours_samples: tuple[float, ...] = ()
    floor_samples: tuple[float, ...] = ()

    @property
    def ratio(self) -> float:
        """Ours divided by the floor."""
        return self.ours / self.floor

    @property
    def is_within_limit(self) -> bool | None:
        """Whether the ratio keeps its limit; None where there is no limit."""
        return None if self.limit is None else self.ratio <= self.limit


@dataclass(frozen=True)
class Context:
    """What a benchmark is given.

    :ivar quick: tiny sizes and few repetitions: shows that it works, not how fast.
    :ivar scratch: an empty directory of its own; deleted afterwards.
    :ivar say: takes one line of progress for the terminal.
    :ivar output: where the report will be; it shows every picture ``*.png`` left there.
    """

    quick: bool
    scratch: Path
    say: Callable[[str], None]
    output: Path = RESULTS
