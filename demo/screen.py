"""What the demonstration writes: timed lines and tables; plain text where there is no terminal."""

import sys
import time

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

PLAIN_WIDTH = 120


class Screen:
    """Standard output with the seconds since the start in front of each line."""

    def __init__(self) -> None:
        terminal = sys.stdout.isatty()
        # Without a terminal rich would wrap at 80 columns, which breaks identifiers in two.
        self.console = Console(
            file=sys.stdout, highlight=False, width=None if terminal else PLAIN_WIDTH
        )
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the demonstration started."""
        return time.monotonic() - self._started

    def title(self, text: str) -> None:
        """Begin a part."""
        self.console.print(Text(f"\n{text}", style="bold"))

    def say(self, text: str, *, style: str = "") -> None:
        """Write one line with its time."""
        line = Text(f"{self.seconds:6.1f} s  ", style="dim")
        self.console.print(line.append(text, style=style or "not dim"), soft_wrap=True)
        self.flush()

    def fail(self, text: str) -> None:
        """Write what went wrong, to standard error, whole."""
        Console(file=sys.stderr, highlight=False).print(Text(text, style="red"), soft_wrap=True)

    def table(self, title: str, columns: list[str], rows: list[list[object]]) -> None:
        """Write a table; a column whose name ends in ``#`` is of numbers, to the right."""
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for number, name in enumerate(columns):
            table.add_column(
                name.removesuffix("#").strip(),
                justify="right" if name.endswith("#") else "left",
                overflow="fold",
                # The first column holds identifiers, which nobody can copy from two lines.
                no_wrap=number == 0,
            )
        for row in rows:
            table.add_row(*(Text(str(cell)) for cell in row))
        self.console.print(Text(f"\n{title}", style="bold"))
        self.console.print(table)
        self.flush()

    def flush(self) -> None:
        """Let a reader of a pipe see what was written so far."""
        self.console.file.flush()
