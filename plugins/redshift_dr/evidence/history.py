"""The drills of a cluster so far, as points of a chart. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from redshift_dr.evidence.document import SCHEMA_VERSION, counts_of

MOST_DRILLS = 52
"""A year of weekly drills; older evidence stays in the bucket and is not read."""


class UnreadableEvidenceError(ValueError):
    """A past document is not one that this version can read."""


@dataclass(frozen=True)
class DrillPoint:
    """One drill.

    :ivar started_at: when its run began.
    :ivar verdict: ``passed`` or ``failed``.
    :ivar data_age_seconds: RPO, ``None`` if no snapshot was chosen.
    :ivar total_seconds: RTO, ``None`` if nothing was validated.
    :ivar passed, checks: how many checks passed, of how many.
    """

    started_at: datetime
    verdict: str
    data_age_seconds: float | None
    total_seconds: float | None
    passed: int
    checks: int


@dataclass(frozen=True)
class History:
    """What is known of past drills.

    :ivar points: the drills, oldest first.
    :ivar problems: one sentence for each document that could not be read.
    """

    points: tuple[DrillPoint, ...] = ()
    problems: tuple[str, ...] = field(default=())

    def with_drill(self, document: Mapping[str, Any]) -> "History":
        """The same with one more drill."""
        points = sorted((*self.points, point_of(document)), key=lambda point: point.started_at)
        return History(tuple(points), self.problems)


def read_history(contents: Iterable[tuple[str, bytes | str]]) -> History:
    """Read past documents.

    :param contents: key, and its bytes; or a text that says why there are none.
    """
    points, problems = [], []
    for key, content in contents:
        if isinstance(content, str):
            problems.append(f"{key}: {content}")
            continue
        try:
            points.append(point_of(read_document(content)))
        except UnreadableEvidenceError as error:
            problems.append(f"{key}: {error}")
    return History(tuple(sorted(points, key=lambda point: point.started_at)), tuple(problems))


def read_document(content: bytes) -> dict[str, Any]:
    """Read one document.

    :raises UnreadableEvidenceError: no JSON, or of another version.
    """
    try:
        document = json.loads(content)
    except ValueError:
        raise UnreadableEvidenceError("it is no JSON document") from None
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version != SCHEMA_VERSION:
        raise UnreadableEvidenceError(
            f"its schema_version is {version}, and this code reads {SCHEMA_VERSION}"
        )
    found: dict[str, Any] = document
    return found


def point_of(document: Mapping[str, Any]) -> DrillPoint:
    """What a chart shows of a document.

    :raises UnreadableEvidenceError: a field that it needs is missing or of another kind.
    """
    try:
        counts = counts_of(document)
        return DrillPoint(
            started_at=datetime.fromisoformat(document["drill"]["started_at"]),
            verdict=str(document["verdict"]["result"]),
            data_age_seconds=_seconds(document["timings"]["data_age_seconds"]),
            total_seconds=_seconds(document["timings"]["total_seconds"]),
            passed=counts["passed"],
            checks=sum(counts.values()),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableEvidenceError(f"a field is missing or malformed ({error})") from None


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)
