"""Logs and metrics, of AWS Lambda Powertools: JSON lines, and metrics in the embedded format."""

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "RedshiftBackup"

logger = Logger(service="redshift-backup")


def count(name: str, value: int, cluster_identifier: str) -> None:
    """Emit a count for a cluster. Written at once, so that a later failure cannot lose it."""
    _emit(name, MetricUnit.Count, value, cluster_identifier)


def seconds(name: str, value: float, cluster_identifier: str) -> None:
    """Emit a duration in seconds for a cluster."""
    _emit(name, MetricUnit.Seconds, value, cluster_identifier)


def hours(name: str, value: float, cluster_identifier: str) -> None:
    """Emit an age in hours for a cluster; CloudWatch has no unit for it."""
    _emit(name, MetricUnit.NoUnit, value, cluster_identifier)


def _emit(name: str, unit: MetricUnit, value: float, cluster_identifier: str) -> None:
    with single_metric(name=name, unit=unit, value=value, namespace=NAMESPACE) as metric:
        metric.add_dimension(name="cluster_identifier", value=cluster_identifier)
