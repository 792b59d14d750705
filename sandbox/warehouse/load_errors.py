"""Rows that COPY could not load, as ``stl_load_errors`` shows them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class LoadError:
    """One bad row.

    :param line_number: line of the file, the first is 1.
    :param err_code: Redshift's number of the reason.
    """

    user_name: str
    started_at: datetime
    query: int
    filename: str
    line_number: int
    column: str
    type_name: str
    column_length: str
    raw_line: str
    raw_value: str
    err_code: int
    reason: str

    def as_text(self) -> list[str]:
        """Return the values in the order of the view's columns."""
        return [
            self.started_at.strftime("%Y-%m-%d %H:%M:%S"),
            str(self.query),
            self.filename,
            str(self.line_number),
            self.column,
            self.type_name,
            self.column_length,
            "0",
            self.raw_line,
            self.raw_value,
            str(self.err_code),
            self.reason,
        ]
