"""``python -m benchmarks``: measure, print the table, write JSON and the report."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from benchmarks import catalog
from benchmarks.report import write_report
from benchmarks.results_file import Results, machine_facts, now_text, write_json
from benchmarks.row import RESULTS, Context, Row
from benchmarks.table import as_text

# Not the whole, or not to be believed: the results that are kept stay what they are.
PARTIAL_RESULTS = Path(__file__).parents[1] / "build" / "benchmarks"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if a limit is not kept."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    is_partial = options.quick or options.only is not None
    output: Path = options.output or (PARTIAL_RESULTS if is_partial else RESULTS)
    output.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for name in options.only or catalog.BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="redshift-benchmark-") as directory:
            rows += catalog.run(name, Context(options.quick, Path(directory), _say, output))
    results = Results(now_text(), machine_facts(), rows)
    print(as_text(rows))
    write_json(results, output / "results.json")
    write_report(results, output)
    _say(f"written: {output / 'results.json'} and {output / 'report.html'}")
    return 1 if results.over_limit and not options.quick else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Speed as ratios to the least that the same work can take.",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=list(catalog.BENCHMARKS),
        help="run this one alone; may be given more than once",
    )
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes: shows that it works, not how fast"
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="the folder for JSON and report (default: benchmarks/results for a whole run, else "
        "build/benchmarks)",
    )
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _stop(number: int, frame: FrameType | None) -> None:
    del frame
    # As an exception, so that what was started is stopped on the way out.
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
