"""What a run found, as JSON: the rows, and the facts of the machine that matter to them."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.row import Row

# What changes the numbers when it changes.
_LIBRARIES = ("boto3", "botocore", "aws-lambda-powertools", "apache-airflow", "moto")


@dataclass(frozen=True)
class Results:
    """The rows of one run, with when and on what it was made.

    :ivar machine: cores, Python, libraries; no name and no path of the machine.
    """

    measured_at: str
    machine: Mapping[str, Any]
    rows: Sequence[Row]

    @property
    def over_limit(self) -> list[Row]:
        """The rows that do not keep their limit."""
        return [row for row in self.rows if row.is_within_limit is False]


def machine_facts() -> dict[str, Any]:
    """Return what the numbers depend on."""
    return {
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def now_text() -> str:
    """Return the present instant, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def write_json(results: Results, path: Path) -> None:
    """Write everything that was measured; the ratios and verdicts beside the numbers."""
    content = {
        "measured_at": results.measured_at,
        "machine": dict(results.machine),
        "rows": [
            asdict(row) | {"ratio": round(row.ratio, 4), "is_within_limit": row.is_within_limit}
            for row in results.rows
        ],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
