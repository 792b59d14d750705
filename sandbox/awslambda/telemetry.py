"""Where a function's logs and metrics go: the sandbox's CloudWatch."""

from threading import RLock
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.logs.models import logs_backends

from sandbox.awslambda.emf import embedded_metrics
from sandbox.awslambda.invocation import FunctionSpec
from sandbox.awslambda.log_pipes import LogEvent
from sandbox.clock import CLOCK

# moto's log streams are not safe to write from several threads.
_LOCK = RLock()


def write_logs(spec: FunctionSpec, log_stream: str, events: list[LogEvent]) -> None:
    """Put a function's log events into its group and stream, both made if they are missing.

    Past moto's check of the timestamps, which knows the machine's clock alone. Events in the
    embedded metric format become metrics as well.
    """
    backend = logs_backends[spec.account_id][spec.region]
    entries = [
        {"timestamp": event.timestamp_milliseconds, "message": event.message} for event in events
    ]
    with _LOCK:
        backend.ensure_log_group(spec.log_group)
        backend.ensure_log_stream(spec.log_group, log_stream)
        backend.groups[spec.log_group].put_log_events(log_stream, entries)
    for event in events:
        for namespace, data in embedded_metrics(event.message):
            _put(spec, namespace, data)


def count_throttle(spec: FunctionSpec) -> None:
    """Record an invocation that was turned away."""
    _put_for_function(spec, {"Throttles": (1, "Count")})


def count_invocation(spec: FunctionSpec, *, failed: bool, duration_milliseconds: float) -> None:
    """Record an invocation that ran."""
    values = {
        "Invocations": (1.0, "Count"),
        "Errors": (float(failed), "Count"),
        "Duration": (duration_milliseconds, "Milliseconds"),
        "Throttles": (0.0, "Count"),
    }
    _put_for_function(spec, values)


def _put_for_function(spec: FunctionSpec, values: dict[str, tuple[float, str]]) -> None:
    # One set of dimensions: moto finds a datum by any part of its dimensions, and would count
    # the further sets that AWS writes (Resource, ExecutedVersion) once more.
    dimensions = [{"Name": "FunctionName", "Value": spec.function_name}]
    data = [
        {
            "MetricName": metric,
            "Value": value,
            "Unit": unit,
            "Timestamp": CLOCK.now(),
            "Dimensions": dimensions,
        }
        for metric, (value, unit) in values.items()
    ]
    _put(spec, "AWS/Lambda", data)


def _put(spec: FunctionSpec, namespace: str, data: list[dict[str, Any]]) -> None:
    # moto compares with times that bear no zone and mean UTC.
    entries = [{**datum, "Timestamp": datum["Timestamp"].replace(tzinfo=None)} for datum in data]
    with _LOCK:
        cloudwatch_backends[spec.account_id][spec.region].put_metric_data(namespace, entries)
