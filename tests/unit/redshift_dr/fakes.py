"""Stand-ins for what Airflow gives a task."""

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SLOT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@dataclass
class FakeDagRun:
    """The attributes of Airflow's run that every run has."""

    run_id: str = "manual__2026-11-20T02:10:00+00:00"
    dag_id: str = "redshift_backup__aca-redshift-cluster"
    run_type: str = "manual"
    logical_date: datetime | None = None
    run_after: datetime = SLOT
    conf: dict[str, Any] | None = None


@dataclass(frozen=True)
class FakeDag:
    """The state of another DAG."""

    is_paused: bool


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
    other_dag_is_paused: bool = False

    def get_dag(self, _dag_id: str) -> FakeDag:
        return FakeDag(is_paused=self.other_dag_is_paused)

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


class FakeFunction:
    """Answers invocations from a list and keeps the requests."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any] | Exception] = []
        self.requests: list[dict[str, Any]] = []

    def invoke(self, _hook: object, *, payload: str, **_arguments: Any) -> dict[str, Any]:
        request = json.loads(payload)
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        response: dict[str, Any] = {"StatusCode": 200}
        if "errorType" in answer:
            response["FunctionError"] = "Unhandled"
        else:
            answer = {
                "statusCode": 200,
                "status": "completed",
                "action": request["action"],
                "cluster_identifier": request["cluster_identifier"],
                **answer,
            }
        response["Payload"] = io.BytesIO(json.dumps(answer).encode())
        response["LogResult"] = base64.b64encode(b"START\n").decode()
        return response
