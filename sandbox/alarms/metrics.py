"""The datapoints of one metric, found without reading through all others."""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatumBase

Key = tuple[str, str, frozenset[tuple[str, str]]]


def key_of(namespace: str, name: str, dimensions: Mapping[str, str]) -> Key:
    """Return what a metric is told apart by: all its dimensions, as on AWS."""
    return namespace, name, frozenset(dimensions.items())


class MetricIndex:
    """A backend's data by metric and time; it grows with the list that moto keeps."""

    def __init__(self) -> None:
        self._read = 0
        self._data: dict[Key, list[tuple[datetime, int, MetricDatumBase]]] = {}

    def take(self, data: Sequence[MetricDatumBase]) -> None:
        """Read what has come since the last time."""
        if len(data) < self._read:
            self._read, self._data = 0, {}
        for number in range(self._read, len(data)):
            datum = data[number]
            dimensions = {str(one.name): str(one.value) for one in datum.dimensions}
            key = key_of(datum.namespace, datum.name, dimensions)
            insort(self._data.setdefault(key, []), (_aware(datum.timestamp), number, datum))
        self._read = len(data)

    def between(self, key: Key, start: datetime, end: datetime) -> list[MetricDatumBase]:
        """Return the data of a metric from ``start`` to before ``end``."""
        data = self._data.get(key, [])
        low, high = bisect_left(data, (start,)), bisect_left(data, (end,))
        return [datum for _, _, datum in data[low:high]]


def statistic(name: str, data: Sequence[Any], unit: str | None) -> float | None:
    """Return a statistic over data, None where there is none of the unit."""
    chosen = [datum for datum in data if unit is None or datum.unit == unit]
    if not chosen:
        return None
    sets = [
        (one.min, one.max, one.sum, one.sample_count)
        if isinstance(one, MetricAggregatedDatum)
        else (one.value, one.value, one.value, 1.0)
        for one in chosen
    ]
    total, count = sum(one[2] for one in sets), sum(one[3] for one in sets)
    return float(
        {
            "Minimum": min(one[0] for one in sets),
            "Maximum": max(one[1] for one in sets),
            "Sum": total,
            "SampleCount": count,
            "Average": total / count if count else 0.0,
        }[name]
    )


def _aware(moment: datetime) -> datetime:
    """Read a time as moto keeps it: without a zone it is UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
