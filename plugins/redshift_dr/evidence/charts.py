"""The charts of the report, each as one SVG element that needs nothing from outside. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from redshift_dr.evidence.words import duration, plural

WIDTH, HEIGHT = 360, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 18, 28
"""Room around the bars, in the units of the drawing; on a phone one unit is one pixel."""

UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
STEPS = (1, 2, 5, 10, 15, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000)
MOST_TICKS = 5
WIDEST_BAR = 28


@dataclass(frozen=True)
class Bar:
    """One drill in a chart.

    :ivar label: its day.
    :ivar seconds: its height, ``None`` where the drill did not get that far.
    :ivar passed: whether the drill passed; a bar that did not has its own color and a mark.
    """

    label: str
    seconds: float | None
    passed: bool


@dataclass(frozen=True)
class Scale:
    """The vertical axis.

    :ivar unit: of the ticks' labels.
    :ivar unit_seconds: its length.
    :ivar step: from tick to tick, in units.
    :ivar ticks: how many, the one at zero apart.
    """

    unit: str
    unit_seconds: int
    step: int
    ticks: int

    @property
    def top(self) -> float:
        """Seconds at the upper end."""
        return float(self.step * self.ticks * self.unit_seconds)


def scale_for(seconds: float) -> Scale:
    """The axis that holds a value with few round ticks.

    :param seconds: the highest value.
    """
    unit_seconds, unit = next((pair for pair in UNITS if seconds >= 2 * pair[0]), UNITS[-1])
    amount = seconds / unit_seconds
    step = next((step for step in STEPS if step * MOST_TICKS >= amount), STEPS[-1])
    return Scale(unit, unit_seconds, step, max(1, -int(-amount // step)))


def bar_chart(
    name: str, title: str, bars: Sequence[Bar], *, limit_seconds: float | None = None
) -> str:
    """Draw one bar per drill, oldest first, the last one darker than the rest.

    :param name: of the chart within the page; makes its identifiers.
    :param title: read out instead of the drawing, together with its figures in words.
    :param limit_seconds: drawn as a dashed line.
    """
    known = [bar.seconds for bar in bars if bar.seconds is not None]
    scale = scale_for(max([*known, limit_seconds or 0.0], default=0.0))
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{name}-title {name}-words">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-words">{escape(in_words(bars, limit_seconds))}</desc>',
        *_grid(scale),
        *_bars(bars, scale),
        *_days(bars),
    ]
    if not known:
        y = (HEIGHT - BOTTOM + TOP) / 2
        parts.append(f'<text class="nothing" x="{WIDTH / 2}" y="{y}">nothing was measured</text>')
    if limit_seconds is not None:
        parts += _limit(limit_seconds, scale)
    return "".join([*parts, "</svg>"])


def in_words(bars: Sequence[Bar], limit_seconds: float | None = None) -> str:
    """What the drawing shows, for those who do not see it."""
    known = [bar.seconds for bar in bars if bar.seconds is not None]
    failed = sum(not bar.passed for bar in bars)
    if not known:
        return f"{plural(len(bars), 'drill')}, none with a value; {failed} failed."
    limit = "" if limit_seconds is None else f" The limit is {duration(limit_seconds)}."
    return (
        f"{plural(len(bars), 'drill')} from {bars[0].label} to {bars[-1].label}, {failed} failed. "
        f"Newest {duration(bars[-1].seconds)}, least {duration(min(known))}, "
        f"most {duration(max(known))}.{limit}"
    )


def _grid(scale: Scale) -> list[str]:
    parts = []
    for tick in range(scale.ticks + 1):
        amount = tick * scale.step
        y = _y(amount * scale.unit_seconds, scale)
        kind = "axis" if tick == 0 else "grid"
        parts.append(
            f'<line class="{kind}" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{amount} {scale.unit}</text>'
        )
    return parts


def _bars(bars: Sequence[Bar], scale: Scale) -> list[str]:
    parts = []
    room = (WIDTH - LEFT - RIGHT) / max(len(bars), 1)
    width = min(room * 0.7, WIDEST_BAR)
    for place, bar in enumerate(bars):
        middle = LEFT + room * (place + 0.5)
        top = _y(bar.seconds or 0.0, scale)
        kind = "passed" if bar.passed else "failed"
        newest = " newest" if place == len(bars) - 1 else ""
        if bar.seconds is not None:
            parts.append(
                f'<rect class="{kind}{newest}" x="{middle - width / 2:.1f}" y="{top:.1f}" '
                f'width="{width:.1f}" height="{HEIGHT - BOTTOM - top:.1f}"/>'
            )
        if not bar.passed:
            parts.append(f'<text class="cross" x="{middle:.1f}" y="{top - 3:.1f}">×</text>')
    return parts


def _days(bars: Sequence[Bar]) -> list[str]:
    y = HEIGHT - BOTTOM + 17
    if not bars:
        return []
    if len(bars) == 1:
        middle = (LEFT + WIDTH - RIGHT) / 2
        return [f'<text x="{middle:.1f}" y="{y}" text-anchor="middle">{bars[0].label}</text>']
    return [
        f'<text x="{LEFT}" y="{y}">{bars[0].label}</text>',
        f'<text x="{WIDTH - RIGHT}" y="{y}" text-anchor="end">{bars[-1].label}</text>',
    ]


def _limit(seconds: float, scale: Scale) -> list[str]:
    y = _y(seconds, scale)
    return [
        f'<line class="limit" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>',
        f'<text class="limit" x="{WIDTH - RIGHT}" y="{y - 4:.1f}" text-anchor="end">'
        f"limit {duration(seconds)}</text>",
    ]


def _y(seconds: float, scale: Scale) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * seconds / scale.top
