"""The charts of the report, each as an SVG element."""

import io
from collections.abc import Sequence
from typing import Any

from benchmarks.row import Row

OURS, FLOOR, OVER, LIMIT = "#2f6fab", "#9aa8b7", "#b3261e", "#1d2733"


def ratios(rows: Sequence[Row]) -> str:
    """Draw the ratio of every row that promises one: bar up to it, mark at the limit."""
    promised = [row for row in rows if row.limit is not None]
    if not promised:
        return "<p>No row of this run has a limit.</p>"
    axes = _axes(len(promised))
    for place, row in enumerate(promised):
        axes.barh(place, row.ratio, color=OURS if row.is_within_limit else OVER, height=0.6)
        axes.plot([row.limit, row.limit], [place - 0.42, place + 0.42], color=LIMIT, linewidth=2)
        end = max(row.ratio, row.limit or 0.0)
        axes.text(end, place, f"  {row.ratio:.3f}", va="center", fontsize=8)
    axes.axvline(1, color=FLOOR, linewidth=1, linestyle=":")
    _label(axes, promised)
    axes.set_xlabel("ours / floor; dotted: the floor, mark: the limit")
    return _svg(axes)


def repetitions(rows: Sequence[Row]) -> str:
    """Draw every repetition of ours and of the floor, as multiples of the floor's best."""
    repeated = [row for row in rows if row.ours_samples and row.floor_samples and row.ratio < 10]
    if not repeated:
        return "<p>Nothing was repeated in this run.</p>"
    axes = _axes(len(repeated))
    for place, row in enumerate(repeated):
        for values, offset, colour in (
            (row.ours_samples, -0.15, OURS),
            (row.floor_samples, 0.15, FLOOR),
        ):
            multiples = [value / row.floor for value in values]
            axes.scatter(multiples, [place + offset] * len(values), color=colour, s=14, alpha=0.7)
    axes.axvline(1, color=FLOOR, linewidth=1, linestyle=":")
    _label(axes, repeated)
    axes.set_xlabel("multiples of the floor's best repetition; blue: ours, grey: the floor")
    return _svg(axes)


def _axes(count: int) -> Any:
    # Imported here: it is slow, and only a report needs it.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.8 + 0.32 * count), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _label(axes: Any, rows: Sequence[Row]) -> None:
    axes.set_yticks(range(len(rows)), [f"{row.name}: {row.subject}" for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(left=0)


def _svg(axes: Any) -> str:
    from matplotlib import rc_context

    text = io.StringIO()
    # The same rows draw the same bytes, and the page's own font writes the texts.
    with rc_context({"svg.hashsalt": "benchmarks", "svg.fonttype": "none"}):
        axes.figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    # Inside a page an SVG has no prolog.
    _, start, rest = text.getvalue().partition("<svg")
    return start + rest
