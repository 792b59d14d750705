"""Rows on a terminal or in a pipe: never a cut cell, colour only where there is a screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import TextWrapper

from rich.console import Console
from rich.table import Table
from rich.text import Text

# What is left for the last column beside the others, before rows are written one below another.
_NARROWEST_TEXT = 24
_GAP = 2
_INDENT = " " * 4

STYLES = {
    "OK": "green",
    "FAILED": "bold red",
    "WARNING": "yellow",
    "keep": "green",
    "held": "cyan",
    "adopt": "green",
    "delete": "red",
    "refused": "bold red",
    "pending": "yellow",
    "failed": "red",
    "available": "",
}


@dataclass(frozen=True)
class Grid:
    """Rows of text under headers; the last column holds sentences and may be broken by words."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def widths(self) -> list[int]:
        """The natural width of each column."""
        columns = zip(self.headers, *self.rows, strict=True)
        return [max(map(len, column)) for column in columns]


def new_console() -> Console:
    """Return a console on the present standard output."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        # A pipe has no width; rows stay on one line each.
        console.width = 1_000_000
    return console


def print_grid(console: Console, grid: Grid) -> None:
    """Print rows as a table if the screen is wide enough, else each below the other."""
    if not grid.rows:
        return
    widths = grid.widths
    fixed = sum(widths[:-1]) + _GAP * (len(widths) - 1)
    if not console.is_terminal:
        _print_plain(console, grid, widths)
    elif fixed + min(widths[-1], _NARROWEST_TEXT) <= console.width:
        console.print(_table(grid))
    else:
        for row in grid.rows:
            _print_stacked(console, grid.headers, row)


def line(*parts: str) -> Text:
    """Return one line of text, with the words that have a colour in it."""
    return Text("").join(Text(part, style=STYLES.get(part.strip(), "")) for part in parts)


def print_line(console: Console, *parts: str) -> None:
    """Print one line, whole; a terminal breaks it where it must."""
    console.print(line(*parts), soft_wrap=True)


def print_fact(console: Console, name: str, status: str, detail: str, next_step: str) -> None:
    """Print what was found and what to do: on a screen one below the other, else as one line."""
    if not console.is_terminal:
        sentence = "; ".join(filter(None, (detail, next_step)))
        print_line(console, f"{name}: ", status, f"  {sentence}")
        return
    # An identifier is longer than many a screen and stays whole, so that it can be copied.
    fold = TextWrapper(
        console.width, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False
    )
    fact = Text(fold.fill(f"{name}: {status}  {detail}"))
    start = len(name) + len(": ")
    fact.stylize(STYLES.get(status, ""), start, start + len(status))
    console.print(fact, soft_wrap=True)
    if next_step:
        fold.initial_indent = _INDENT
        console.print(Text(fold.fill(f"next: {next_step}"), style="bold"), soft_wrap=True)


def _table(grid: Grid) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for header in grid.headers[:-1]:
        table.add_column(header, no_wrap=True)
    table.add_column(grid.headers[-1], overflow="fold")
    for row in grid.rows:
        table.add_row(*(line(cell) for cell in row))
    return table


def _print_plain(console: Console, grid: Grid, widths: Sequence[int]) -> None:
    # Ten thousand rows are seconds in a table of rich, and a pipe shows none of its merits.
    for row in (grid.headers, *grid.rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        console.file.write((" " * _GAP).join(cells).rstrip() + "\n")


def _print_stacked(console: Console, headers: Sequence[str], row: Sequence[str]) -> None:
    print_line(console, row[0])
    for header, cell in zip(headers[1:], row[1:], strict=True):
        if cell:
            print_line(console, f"  {header}: ", cell)
