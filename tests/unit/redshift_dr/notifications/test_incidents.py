"""Which messages belong together, and who tells of a shared fault."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_dr.config import ClusterConfig
from redshift_dr.notifications.incidents import (
    CLAIM_TIMEOUT,
    REMIND_AFTER,
    SHARED_FAULTS,
    Record,
    claim,
    incident_of,
    may_lead,
    recovery_of,
)
from tests.unit.redshift_dr.notifications.world import FakeMemory

NOW = datetime(2026, 11, 20, 2, 10, tzinfo=UTC)
KEY = "redshift_dr_incident__x"


def record_of(dag_id: str = "dag", *, shared: bool = True, **fields: Any) -> Record:
    record = Record("incident", shared, "backup_failed", dag_id, "run", NOW.isoformat())
    return replace(record, **fields)


def no_pause(_seconds: float) -> None:
    """Nobody else writes."""


@pytest.mark.parametrize("error_type", sorted(SHARED_FAULTS))
def test_shared_fault_is_one_incident_for_all_clusters(
    cluster: ClusterConfig, error_type: str
) -> None:
    other = cluster.model_copy(update={"cluster_identifier": "other"})
    failure = {"error_type": error_type, "conn_id": "aws_source"}

    first = incident_of(cluster, dag_id="a", run_id="1", failure=failure)
    second = incident_of(other, dag_id="b", run_id="2", failure=failure)

    assert first.shared
    assert first == second


@pytest.mark.parametrize(
    "failure",
    [
        None,
        {},
        {"error_type": "AwsError", "conn_id": "aws_source"},
        {"error_type": "ExpiredTokenException"},
    ],
)
def test_own_fault_is_an_incident_of_its_run(
    cluster: ClusterConfig, failure: dict[str, str] | None
) -> None:
    incident = incident_of(cluster, dag_id="dag", run_id="scheduled__1", failure=failure)

    assert (incident.id, incident.shared) == ("dag/scheduled__1", False)


@pytest.mark.parametrize(
    "changed", [{"function_name": "other"}, {"region_name": "eu-west-1"}, {"conn_id": "aws_dr"}]
)
def test_fault_of_another_connection_or_function_is_another_incident(
    cluster: ClusterConfig, changed: dict[str, str]
) -> None:
    failure = {"error_type": "AccessDenied", "conn_id": changed.get("conn_id", "aws_source")}
    other = cluster.model_copy(update=changed)

    mine = incident_of(
        cluster, dag_id="a", run_id="1", failure={**failure, "conn_id": "aws_source"}
    )

    assert incident_of(other, dag_id="a", run_id="1", failure=failure) != mine


@pytest.mark.parametrize(
    ("paged", "age", "expected"),
    [
        (True, REMIND_AFTER - timedelta(seconds=1), False),
        (True, REMIND_AFTER, True),
        (False, CLAIM_TIMEOUT - timedelta(seconds=1), False),
        (False, CLAIM_TIMEOUT, True),
    ],
)
def test_claim_lasts_until_the_reminder_or_until_its_leader_must_be_dead(
    paged: bool, age: timedelta, expected: bool
) -> None:
    assert may_lead(record_of(paged=paged), now=NOW + age) is expected


def test_second_run_does_not_lead() -> None:
    memory = FakeMemory()

    assert claim(memory, KEY, record_of("first"), now=NOW, pause=no_pause)
    assert not claim(memory, KEY, record_of("second"), now=NOW, pause=no_pause)


def test_one_of_fifty_concurrent_claims_leads_though_all_found_no_record() -> None:
    """The worst case of several DAG processors: everybody reads before anybody has written."""

    class Slow(FakeMemory):
        def read(self, key: str) -> Record | None:
            found = super().read(key)
            if found is None:
                all_have_read.wait()
            return found

    all_have_read, all_have_written = threading.Barrier(50), threading.Barrier(50)
    memory = Slow()

    def run(number: int) -> bool:
        return claim(
            memory,
            KEY,
            record_of(f"dag-{number}"),
            now=NOW,
            pause=lambda _seconds: void(all_have_written.wait()),
        )

    with ThreadPoolExecutor(50) as pool:
        leaders = list(pool.map(run, range(50)))

    assert leaders.count(True) == 1
    assert memory.records[KEY].dag_id == f"dag-{leaders.index(True)}"


def void(_value: object) -> None:
    """Drop a value."""


@pytest.mark.parametrize(
    ("own", "shared", "proved"),
    [
        (None, None, True),
        (record_of(shared=False), None, False),
        (record_of(), None, True),
        (record_of(), record_of(at="2026-11-21T02:10:00+00:00"), True),
        (record_of(), record_of(), False),
    ],
    ids=["nothing paged", "dry run", "told by another", "next outbreak", "shared dry run"],
)
def test_success_is_no_recovery(own: Record | None, shared: Record | None, proved: bool) -> None:
    assert recovery_of(own, shared, proved=proved) is None


@pytest.mark.parametrize(
    ("own", "shared"),
    [(record_of(shared=False), None), (record_of("second"), record_of("first"))],
    ids=["own", "shared"],
)
def test_first_success_after_a_page_is_a_recovery(own: Record, shared: Record | None) -> None:
    reason = recovery_of(own, shared, proved=True)

    assert reason is not None
    assert "backup_failed message" in reason


@pytest.mark.parametrize("value", [None, "text", [], {}, {"incident": "x"}])
def test_what_a_person_has_put_into_the_memory_is_no_record(value: Any) -> None:
    assert Record.of(value) is None


def test_record_survives_being_written_and_read() -> None:
    assert Record.of(record_of(paged=True).plain()) == record_of(paged=True)
