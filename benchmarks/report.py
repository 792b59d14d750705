"""The rows of a run as one HTML file that needs nothing beside it."""

from base64 import b64encode
from html import escape
from pathlib import Path

from benchmarks import charts
from benchmarks.results_file import Results
from benchmarks.table import HEADINGS, cells

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; color: #1d2733;
  padding: 0 1rem }
table { border-collapse: collapse; width: 100%; font-size: 13px }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #dde3ea; text-align: left;
  vertical-align: top }
.number { text-align: right; font-variant-numeric: tabular-nums }
.ok { color: #1d7a4a } .over { color: #b3261e; font-weight: 600 }
.note { color: #5b6b7c } svg, img { max-width: 100%; height: auto }
h2 { margin-top: 2.2rem; font-size: 1.15rem }
"""
_METHOD = """Every ratio is ours over the floor, measured in one run on one machine: the two take
turns, A B B A, and each is given by the minimum of its repetitions, because load only ever adds.
The floor is the least that does the same work; the last column says what that is. Calls are all
that reached AWS's side, of every service."""
# Numbers stand to the right.
_NUMBERS = frozenset({"ours", "floor", "ratio", "limit"})


def write_report(results: Results, folder: Path) -> None:
    """Write ``report.html``, with the pictures that benchmarks have left in the folder."""
    parts = [
        f"<h1>Benchmarks</h1><p>{escape(_verdict(results))}</p><p>{_METHOD}</p>",
        f'<p class="note">{escape(_facts(results))}</p>',
        f"<h2>Ratios and their limits</h2>{charts.ratios(results.rows)}",
        f"<h2>Every repetition</h2>{charts.repetitions(results.rows)}",
        f"<h2>All numbers</h2>{_table(results)}",
        *(_picture(path) for path in sorted(folder.glob("*.png"))),
    ]
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Benchmarks</title>'
        f"<style>{_STYLE}</style>{''.join(parts)}</html>\n"
    )
    (folder / "report.html").write_text(page, encoding="utf-8")


def _verdict(results: Results) -> str:
    promised = [row for row in results.rows if row.limit is not None]
    over = results.over_limit
    if not over:
        return f"All {len(promised)} promised limits are kept."
    names = "; ".join(f"{row.name}, {row.subject}: {row.ratio:.3f}" for row in over)
    return f"{len(over)} of {len(promised)} promised limits are not kept: {names}."


def _facts(results: Results) -> str:
    machine = results.machine
    libraries = ", ".join(f"{name} {number}" for name, number in machine["libraries"].items())
    return (
        f"Measured at {results.measured_at} on {machine['cores']} cores, {machine['system']} "
        f"{machine['architecture']}, Python {machine['python']}; {libraries}."
    )


def _table(results: Results) -> str:
    head = "".join(f"<th{_class(name)}>{name}</th>" for name in (*HEADINGS, "what it is"))
    lines = []
    for row in results.rows:
        verdict = {True: "ok", False: "over", None: ""}[row.is_within_limit]
        columns = [
            f"<td{_class(name, verdict)}>{escape(text)}</td>"
            for name, text in zip(HEADINGS, cells(row), strict=True)
        ]
        lines.append(f'<tr>{"".join(columns)}<td class="note">{escape(row.note)}</td></tr>')
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _class(heading: str, verdict: str = "") -> str:
    if heading in _NUMBERS:
        return ' class="number"'
    return f' class="{verdict}"' if not heading and verdict else ""


def _picture(path: Path) -> str:
    title = path.stem.replace("_", " ").capitalize()
    data = b64encode(path.read_bytes()).decode("ascii")
    return f'<h2>{escape(title)}</h2><img alt="{escape(title)}" src="data:image/png;base64,{data}">'
