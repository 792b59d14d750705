"""Stand-ins for what Airflow gives a task."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SLOT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@dataclass
class FakeDagRun:
    """The attributes of Airflow's run that every run has."""

    run_id: str = "manual__2026-11-20T02:10:00+00:00"
    run_type: str = "manual"
    logical_date: datetime | None = None
    run_after: datetime = SLOT
    conf: dict[str, Any] | None = None


@dataclass
class FakeTaskInstance:
    """A task instance that keeps what is pushed."""

    task_id: str = "create_snapshot"
    start_date: datetime = SLOT
    try_number: int = 1
    max_tries: int = 3
    log_url: str = "http://localhost:8080/log"
    pushed: dict[str, Any] = field(default_factory=dict)
    pulled: dict[tuple[str, str], Any] = field(default_factory=dict)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def xcom_pull(
        self, task_ids: str, key: str = "return_value", include_prior_dates: bool = False
    ) -> Any:
        return self.pulled.get((task_ids, key))


@dataclass
class FakeEvent:
    """One asset event."""

    extra: dict[str, Any] | None


class FakeInletEvents:
    """The events of every asset, newest first when asked so."""

    def __init__(self, *slots: str | None) -> None:
        self.events = [FakeEvent({"slot": slot}) for slot in slots]

    def __getitem__(self, _asset: object) -> "FakeInletEvents":
        return self

    def ascending(self, _ascending: bool) -> "FakeInletEvents":
        return self

    def limit(self, _limit: int) -> "FakeInletEvents":
        return self

    def __iter__(self) -> Iterator[FakeEvent]:
        return iter(self.events)


def context_of(
    dag_run: FakeDagRun, ti: FakeTaskInstance | None = None, *event_slots: str | None
) -> Any:
    """The part of a task's context that the package uses."""
    return {
        "dag_run": dag_run,
        "run_id": dag_run.run_id,
        "ti": ti or FakeTaskInstance(),
        "inlet_events": FakeInletEvents(*event_slots),
        "outlet_events": {},
    }
