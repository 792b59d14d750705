"""Alarms as moto keeps them, with what it takes to evaluate them and to tell of their changes."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend

from sandbox.accounts import OWN_ACCOUNT_IDS
from sandbox.alarms.evaluation import INSUFFICIENT_DATA, MORE_DATAPOINTS, Settings, evaluate
from sandbox.alarms.metrics import MetricIndex, key_of, statistic
from sandbox.alarms.notifications import notify
from sandbox.alarms.rules import parse_rule
from sandbox.clock import CLOCK
from sandbox.scheduling.timeline import TIMELINE


class SandboxAlarm(Alarm):
    """One alarm, on a metric or on other alarms.

    :ivar since: when it was put; no earlier minute is evaluated.
    """

    # Set by moto's constructor.
    name: str
    rule: str | None
    state_value: str

    def __init__(self, account_id: str, **settings: Any) -> None:
        super().__init__(account_id=account_id, **settings)
        self.account_id = account_id
        self.since = CLOCK.now()
        self.statistic_name = str(settings["statistic"])
        if account_id in OWN_ACCOUNT_IDS:
            self.state_value = INSUFFICIENT_DATA
            self.state_updated_timestamp = self.configuration_updated_timestamp = _naive(self.since)
        if self.rule is None:
            dimensions = {str(one.name): str(one.value) for one in self.dimensions}
            self.key = key_of(self.namespace, self.metric_name, dimensions)
        else:
            parse_rule(self.rule)  # A rule that cannot be read is refused here.

    # moto's serializer finds these by the name of moto's class, which this one does not have.
    @property
    def alarm_name(self) -> str:
        """The name."""
        return self.name

    @property
    def alarm_description(self) -> str | None:
        """The description."""
        return str(self.description) if self.description is not None else None

    @property
    def alarm_rule(self) -> str | None:
        """The rule of a composite alarm."""
        return self.rule

    @property
    def alarm_configuration_updated_timestamp(self) -> datetime:
        """When it was put."""
        moment: datetime = self.configuration_updated_timestamp
        return moment

    def judge(self, backend: "SandboxCloudWatchBackend", now: datetime) -> tuple[str, str]:
        """Return the state that the metric, or the other alarms, give this one, and the reason."""
        if self.rule is not None:
            holds = parse_rule(self.rule).holds(backend.state_of)
            return ("ALARM" if holds else "OK"), f"{self.rule} is {str(holds).upper()}"
        period, periods = timedelta(seconds=int(self.period)), int(self.evaluation_periods)
        settings = Settings(
            comparison=self.comparison_operator,
            threshold=float(self.threshold),
            periods=periods,
            datapoints_to_alarm=int(self.datapoints_to_alarm or periods),
            missing=self.treat_missing_data or "missing",
        )
        ends = [now - number * period for number in range(periods + MORE_DATAPOINTS)]
        datapoints = [
            statistic(
                self.statistic_name, backend.index.between(self.key, end - period, end), self.unit
            )
            for end in ends
        ]
        return evaluate(settings, datapoints, self.state_value)

    def enter(self, state: str, reason: str, reason_data: str = "{}") -> None:
        """Take a state, and tell the topics of it if it is another one."""
        before = self.state_value
        self.update_state(reason, reason_data, state)
        self.state_updated_timestamp = _naive(CLOCK.now())
        if state != before and self.actions_enabled:
            notify(self, before)


class SandboxCloudWatchBackend(CloudWatchBackend):
    """moto's CloudWatch of one account and region, with alarms that are evaluated."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.index = MetricIndex()

    def put_metric_alarm(self, name: str, **settings: Any) -> Alarm:
        """Make an alarm, or replace one, whose state then stays until it is evaluated."""
        before = self.alarms.get(name)
        if settings.get("rule") is not None:
            # moto keeps the two kinds in one class, which wants all settings of a metric's.
            settings |= {"dimensions": settings.get("dimensions") or []}
        alarm = super().put_metric_alarm(name=name, **settings)
        if before is not None and self.account_id in OWN_ACCOUNT_IDS:
            alarm.state_value, alarm.state_reason = before.state_value, before.state_reason
            alarm.state_updated_timestamp = before.state_updated_timestamp
        TIMELINE.changed()
        return alarm

    def put_metric_data(self, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        """Take metrics; one without a time is of the sandbox's present."""
        now = _naive(CLOCK.now())
        super().put_metric_data(namespace, [{"Timestamp": now, **datum} for datum in metric_data])

    def set_alarm_state(
        self, alarm_name: str, reason: str, reason_data: str, state_value: str
    ) -> None:
        """Set a state for the time being; the next evaluation may take it back."""
        alarm = self.alarms.get(alarm_name)
        before = alarm.state_value if alarm is not None else None
        super().set_alarm_state(alarm_name, reason, reason_data, state_value)
        if isinstance(alarm, SandboxAlarm) and self.account_id in OWN_ACCOUNT_IDS:
            alarm.state_updated_timestamp = _naive(CLOCK.now())
            if before is not None and before != state_value and alarm.actions_enabled:
                notify(alarm, before)
            self.settle_composites()

    def state_of(self, name: str) -> str | None:
        """Return the state of an alarm, None where there is none."""
        alarm = self.alarms.get(name)
        return None if alarm is None else str(alarm.state_value)

    def settle_composites(self) -> None:
        """Give every composite alarm the state that follows from the others."""
        now = CLOCK.now()
        for _ in range(len(self.alarms)):  # One composite may stand on another.
            changed = [
                (alarm, state, reason)
                for alarm in self.sandbox_alarms()
                if alarm.rule is not None
                for state, reason in [alarm.judge(self, now)]
                if state != alarm.state_value
            ]
            if not changed:
                return
            for alarm, state, reason in changed:
                alarm.enter(state, reason)

    def sandbox_alarms(self) -> Iterable[SandboxAlarm]:
        """Return the alarms, in the order in which they were put."""
        return [alarm for alarm in list(self.alarms.values()) if isinstance(alarm, SandboxAlarm)]


def _naive(moment: datetime) -> datetime:
    """Write a time as moto keeps it: without a zone, UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)
