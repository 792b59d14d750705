"""The HTML report of a drill: one file, no script, nothing loaded from anywhere. Pure."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from redshift_dr.evidence import words
from redshift_dr.evidence.charts import Bar, bar_chart
from redshift_dr.evidence.document import counts_of
from redshift_dr.evidence.history import History

TEMPLATE = Path(__file__).with_name("report.html.jinja")

ORDER = ("failed", "error", "warned", "not comparable", "passed")
"""Checks in the order in which they are read: what needs a person first."""

MARKS = {"passed": "✓", "failed": "✕", "error": "✕", "warned": "!", "not comparable": "!"}
"""A result is never told by its color alone."""

KINDS = {"passed": "good", "failed": "bad", "error": "bad"}


def report(document: Mapping[str, Any], *, sha256: str, history: History) -> str:
    """Render the report.

    :param document: the evidence, by :func:`redshift_dr.evidence.document.build_document`.
    :param sha256: the digest of its canonical form.
    :param history: the drills before this one.
    """
    drills = history.with_drill(document)
    return _template().render(
        **document,
        sha256=sha256,
        counts=counts_of(document),
        headline=headline(document),
        checks=sorted_checks(document),
        history=drills,
        charts=[Markup(chart) for chart in _charts(document, drills)],
        settings=_settings(document["configuration"]),
    )


def headline(document: Mapping[str, Any]) -> str:
    """The verdict in words."""
    if document["verdict"]["result"] != "passed":
        return "Restore drill failed"
    if document["verdict"]["warnings"]:
        return "Restore drill passed, with warnings"
    return "Restore drill passed"


def sorted_checks(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The checks, those that need a person first, else in their own order."""
    checks = (document["validation"] or {}).get("checks", [])
    places = {result: place for place, result in enumerate(ORDER)}
    return sorted(checks, key=lambda check: places.get(check["result"], -1))


def _charts(document: Mapping[str, Any], drills: History) -> list[str]:
    labels = [(words.day(point.started_at), point.verdict == "passed") for point in drills.points]
    total = [point.total_seconds for point in drills.points]
    age = [point.data_age_seconds for point in drills.points]
    maximum = (document["snapshot"] or {}).get("maximum_age_hours")

    def bars(values: list[float | None]) -> list[Bar]:
        return [
            Bar(label, value, passed) for (label, passed), value in zip(labels, values, strict=True)
        ]

    return [
        bar_chart("rto", "Time to recover (RTO), by drill", bars(total)),
        bar_chart(
            "rpo",
            "Age of the data (RPO), by drill",
            bars(age),
            limit_seconds=maximum and maximum * 3600,
        ),
    ]


def _settings(configuration: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The configuration, one row per field, nested fields with a dot."""
    rows: list[tuple[str, str]] = []
    for name, value in configuration.items():
        if isinstance(value, Mapping):
            rows += [(f"{name}.{field}", text) for field, text in _settings(value)]
        elif isinstance(value, list):
            rows.append((name, ", ".join(str(one) for one in value) or words.NOTHING))
        else:
            rows.append((name, words.NOTHING if value is None else str(value)))
    return rows


@functools.cache
def _template() -> Template:
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "duration": words.duration,
        "instant": words.instant,
        "day": words.day,
        "number": words.number,
        "plural": words.plural,
        "mark": lambda result: MARKS.get(result, "?"),
        "kind": lambda result: KINDS.get(result, "fair"),
        "known": lambda value: words.NOTHING if value is None else value,
    }
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
