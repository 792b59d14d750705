"""The few calls of Airflow's REST API that the demonstration and its tests need."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import quote

import httpx

TERMINAL_STATES = frozenset({"success", "failed"})


class AirflowTimeoutError(Exception):
    """Airflow did not reach the awaited state in time."""


class AirflowClient:
    """Talks to one Airflow: one whose users are all admins, or after :meth:`login`.

    :param url: base address, without a trailing slash.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        # trust_env: a proxy of the caller's shell must not get between loopback and loopback.
        self._http = httpx.Client(base_url=url, timeout=120.0, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def login(self, username: str, password: str) -> None:
        """Take a token for all later calls.

        :raises httpx.HTTPStatusError: the password is not the user's.
        """
        body = {"username": username, "password": password}
        response = self._http.post("/auth/token", json=body)
        response.raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {response.json()['access_token']}"

    def healthy(self) -> bool:
        """Tell whether the API answers and scheduler, triggerer and DAG processor are alive."""
        try:
            health = self._get("/api/v2/monitor/health")
        except httpx.HTTPError:
            return False
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def import_errors(self) -> dict[str, str]:
        """Return the stack trace of every DAG file that does not import, by file name."""
        rows = self._get("/api/v2/importErrors")["import_errors"]
        return {row["filename"]: row["stack_trace"] for row in rows}

    def has_dag(self, dag_id: str) -> bool:
        """Tell whether Airflow has read the DAG."""
        response = self._http.get(f"/api/v2/dags/{quote(dag_id)}")
        if response.status_code == httpx.codes.NOT_FOUND:
            return False
        response.raise_for_status()
        return True

    def wait_for_dag(self, dag_id: str, *, timeout_seconds: float = 120.0) -> None:
        """Wait until Airflow has read the DAG.

        :raises AirflowTimeoutError: not in time; the import errors are in the message.
        """
        deadline = time.monotonic() + timeout_seconds
        while not self.has_dag(dag_id):
            if time.monotonic() > deadline:
                errors = "\n".join(
                    f"{name}:\n{trace}" for name, trace in self.import_errors().items()
                )
                raise AirflowTimeoutError(
                    f"no DAG {dag_id} after {timeout_seconds:.0f} s; "
                    f"import errors: {errors or 'none'}"
                )
            time.sleep(0.25)

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run the DAG; a paused one accepts a trigger but stays queued."""
        response = self._http.patch(f"/api/v2/dags/{quote(dag_id)}", json={"is_paused": False})
        response.raise_for_status()

    def trigger(
        self,
        dag_id: str,
        *,
        conf: Mapping[str, Any] | None = None,
        logical_date: str | None = None,
    ) -> str:
        """Start a run.

        :param conf: the run's configuration.
        :param logical_date: ISO 8601, or None for a run without one.
        :return: the run's id.
        """
        # The key is mandatory in Airflow 3; null means that the run has no logical date.
        body = {"conf": dict(conf or {}), "logical_date": logical_date}
        response = self._http.post(f"/api/v2/dags/{quote(dag_id)}/dagRuns", json=body)
        if response.is_error:
            raise httpx.HTTPStatusError(
                f"trigger of {dag_id} answered {response.status_code}: {response.text}",
                request=response.request,
                response=response,
            )
        run_id: str = response.json()["dag_run_id"]
        return run_id

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run: queued, running, success or failed."""
        state: str = self._get(_run_path(dag_id, run_id))["state"]
        return state

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the run's task instances as the API gives them, by start."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances"
        rows: list[dict[str, Any]] = self._get(path)["task_instances"]
        return sorted(rows, key=lambda row: (row["start_date"] is None, row["start_date"] or ""))

    def wait_for_run(
        self,
        dag_id: str,
        run_id: str,
        *,
        timeout_seconds: float = 240.0,
        on_poll: Callable[[list[dict[str, Any]]], None] | None = None,
    ) -> str:
        """Wait until a run has ended.

        :param on_poll: called with the task instances twice a second.
        :return: the final state, ``success`` or ``failed``.
        :raises AirflowTimeoutError: not in time; the tasks' states are in the message.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            state = self.run_state(dag_id, run_id)
            tasks = self.task_instances(dag_id, run_id)
            if on_poll is not None:
                on_poll(tasks)
            if state in TERMINAL_STATES:
                return state
            if time.monotonic() > deadline:
                states = ", ".join(f"{task['task_id']}={task['state']}" for task in tasks)
                raise AirflowTimeoutError(
                    f"{dag_id} {run_id} is {state} after {timeout_seconds:.0f} s: {states}"
                )
            time.sleep(0.5)

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> Any:
        """Return what a task pushed, or None when it pushed nothing under the key."""
        path = (
            f"{_run_path(dag_id, run_id)}/taskInstances/{quote(task_id)}/xcomEntries/{quote(key)}"
        )
        response = self._http.get(path, params={"deserialize": "true"})
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        response.raise_for_status()
        return response.json()["value"]

    def log(self, dag_id: str, run_id: str, task_id: str, try_number: int) -> str:
        """Return the log of one try of a task, one line per event."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{quote(task_id)}/logs/{try_number}"
        content = self._get(path, params={"full_content": "true"})["content"]
        return log_text(content)

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        response = self._http.get(path, params=params, headers={"Accept": "application/json"})
        response.raise_for_status()
        return response.json()


def _run_path(dag_id: str, run_id: str) -> str:
    # A run id holds "+" and ":"; unquoted, the "+" would arrive as a space.
    return f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id, safe='')}"


def log_text(events: list[Any]) -> str:
    """Write structured log events as lines: time, level, text, and an exception's own words.

    Airflow repeats the identity of the task on every event and groups lines by markers; both are
    left out, because the reader asked for this task's log.
    """
    return "\n".join(line for event in events if (line := _log_line(event)))


def _log_line(event: Any) -> str:
    if not isinstance(event, dict):
        return str(event)
    text = str(event.get("event", ""))
    # The first event lists the log files by path, without a time; the others are group markers.
    if text.startswith("::") or not event.get("timestamp"):
        return ""
    head = f"{event['timestamp']} {event.get('level', '')}"
    causes = [f"{one['exc_type']}: {one['exc_value']}" for one in event.get("error_detail") or ()]
    return "\n    ".join([f"{head} {text}", *causes])
