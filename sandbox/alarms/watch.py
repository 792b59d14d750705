"""The alarms of both accounts as one source of the timeline: looked at once a minute."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.sqs.models import sqs_backends

from sandbox.accounts import OWN_ACCOUNT_IDS
from sandbox.alarms.models import SandboxAlarm, SandboxCloudWatchBackend

_MINUTE = timedelta(minutes=1)
_QUEUE_NAMESPACE = "AWS/SQS"
_QUEUE_METRIC = "ApproximateNumberOfMessagesVisible"


class Watch:
    """Evaluates alarms at every whole minute while there are any."""

    def next_due(self, after: datetime) -> datetime | None:
        """Return the next minute at which there is an alarm to look at, or None."""
        since = [alarm.since for backend in _all() for alarm in backend.sandbox_alarms()]
        return _minute_after(max(after, min(since))) if since else None

    def run(self, due: datetime, reach: Callable[[], None]) -> None:
        """Look at every alarm; the clock only stops at the minute where something changes."""
        for backend in _all():
            alarms = [one for one in backend.sandbox_alarms() if one.since < due]
            _sample_queues(backend, alarms, due)
            backend.index.take(backend.metric_data)
            for alarm in alarms:
                if alarm.rule is not None:
                    continue
                state, reason = alarm.judge(backend, due)
                if state != alarm.state_value:
                    reach()
                    alarm.enter(state, reason)
            composites = [one for one in alarms if one.rule is not None]
            if any(one.judge(backend, due)[0] != one.state_value for one in composites):
                reach()
                backend.settle_composites()


def _sample_queues(
    backend: SandboxCloudWatchBackend, alarms: list[SandboxAlarm], now: datetime
) -> None:
    """Record how many messages wait in the queues that alarms watch, as SQS does each minute."""
    names = {
        str(alarm.dimensions[0].value)
        for alarm in alarms
        if alarm.rule is None
        and (alarm.namespace, alarm.metric_name) == (_QUEUE_NAMESPACE, _QUEUE_METRIC)
        and [one.name for one in alarm.dimensions] == ["QueueName"]
    }
    queues = sqs_backends[backend.account_id][backend.region_name].queues if names else {}
    data: list[dict[str, Any]] = [
        {
            "MetricName": _QUEUE_METRIC,
            "Dimensions": [{"Name": "QueueName", "Value": name}],
            "Timestamp": (now - timedelta(seconds=1)).astimezone(UTC).replace(tzinfo=None),
            "Value": float(queues[name].approximate_number_of_messages),
            "Unit": "Count",
        }
        for name in sorted(names & queues.keys())
    ]
    if data:
        backend.put_metric_data(_QUEUE_NAMESPACE, data)


def _minute_after(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0) + _MINUTE


def _all() -> Iterator[SandboxCloudWatchBackend]:
    for account_id in sorted(OWN_ACCOUNT_IDS):
        if account_id not in cloudwatch_backends:
            continue
        for backend in list(cloudwatch_backends[account_id].values()):
            if isinstance(backend, SandboxCloudWatchBackend):
                yield backend


WATCH = Watch()
