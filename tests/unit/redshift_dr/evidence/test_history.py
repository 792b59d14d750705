"""The drills so far."""

import json
from typing import Any

import pytest

from redshift_dr.evidence.document import canonical
from redshift_dr.evidence.history import read_history
from tests.unit.redshift_dr.evidence.samples import document, failed_document, past


def test_documents_become_points_oldest_first() -> None:
    newer, older = document(), failed_document()
    older["drill"]["started_at"] = "2026-11-15T06:00:04Z"

    history = read_history([("b", canonical(newer)), ("a", canonical(older))])

    assert [point.verdict for point in history.points] == ["failed", "passed"]
    assert (history.points[0].passed, history.points[0].checks) == (8, 12)
    assert history.points[1].total_seconds == 1399.0
    assert history.problems == ()


def changed(**fields: Any) -> bytes:
    return json.dumps({**document(), **fields}).encode()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "it is no JSON document"),
        (b"\xff\xfe\x00", "it is no JSON document"),
        (b"[]", "its schema_version is None, and this code reads 1"),
        (changed(schema_version=2), "its schema_version is 2, and this code reads 1"),
        (changed(timings={}), "a field is missing or malformed ('data_age_seconds')"),
        (changed(drill={"started_at": "soon"}), "a field is missing or malformed (Invalid"),
        (changed(verdict=None), "a field is missing or malformed ("),
        ("AccessDenied: no", "AccessDenied: no"),
    ],
)
def test_what_cannot_be_read_is_told_and_no_error(content: Any, problem: str) -> None:
    history = read_history([("drills/x/evidence.json", content), ("good", canonical(document()))])

    assert len(history.points) == 1
    assert history.problems[0].startswith(f"drills/x/evidence.json: {problem}")


def test_the_drill_itself_is_the_last_point() -> None:
    history = past().with_drill(document())

    assert len(history.points) == 31
    assert history.points[-1].started_at.isoformat() == "2026-11-22T06:00:04+00:00"
