"""Logs and metrics, of AWS Lambda Powertools: JSON lines, and metrics in the embedded format."""

from datetime import timedelta

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


def newest_shared_age(age: timedelta, cluster_identifier: str) -> None:
    """Emit the age of the newest good snapshot in hours; CloudWatch has no unit for them."""
    hours = max(age / timedelta(hours=1), 0.0)
    _emit("NewestSharedSnapshotAgeHours", MetricUnit.NoUnit, hours, cluster_identifier)


def _emit(name: str, unit: MetricUnit, value: float, cluster_identifier: str) -> None:
    with single_metric(name=name, unit=unit, value=value, namespace=NAMESPACE) as metric:
        metric.add_dimension(name="cluster_identifier", value=cluster_identifier)
