"""CloudWatch's embedded metric format: metrics that a function writes into its log."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any


def embedded_metrics(message: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the metrics of a log event as (namespace, data for PutMetricData).

    A line that is not in the format, or only half, stays a log line: CloudWatch says nothing
    either. A metric with several dimension sets gives one datum for each.

    Source: the format's specification as it is implemented by Powertools for AWS Lambda.
    """
    document = _document(message)
    if document is None:
        return []
    timestamp = datetime.fromtimestamp(document["_aws"]["Timestamp"] / 1000, UTC)
    return [
        (directive["Namespace"], list(_data(document, directive, timestamp)))
        for directive in document["_aws"]["CloudWatchMetrics"]
    ]


def _document(message: str) -> dict[str, Any] | None:
    if not message.startswith("{") or '"_aws"' not in message:
        return None
    try:
        document = json.loads(message)
    except json.JSONDecodeError:
        return None
    header = document.get("_aws")
    if not isinstance(header, dict) or not isinstance(header.get("Timestamp"), int | float):
        return None
    directives = header.get("CloudWatchMetrics")
    if not isinstance(directives, list) or not all(map(_is_directive, directives)):
        return None
    return dict(document)


def _is_directive(directive: object) -> bool:
    return (
        isinstance(directive, dict)
        and isinstance(directive.get("Namespace"), str)
        and isinstance(directive.get("Metrics"), list)
        and isinstance(directive.get("Dimensions", [[]]), list)
    )


def _data(
    document: dict[str, Any], directive: dict[str, Any], timestamp: datetime
) -> Iterator[dict[str, Any]]:
    for metric in directive["Metrics"]:
        value = document.get(metric.get("Name"))
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(v, int | float) for v in values):
            continue
        for names in directive.get("Dimensions") or [[]]:
            if not all(name in document for name in names):
                continue
            yield {
                "MetricName": metric["Name"],
                "Dimensions": [{"Name": name, "Value": str(document[name])} for name in names],
                "Timestamp": timestamp,
                "Values": values,
                "Unit": metric.get("Unit", "None"),
            }
