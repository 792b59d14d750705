"""Which messages belong together: the incident of a failure, who tells of it, and when it is over.

The same fault on fifty clusters is one incident, and Airflow offers nothing atomic to a DAG
callback (Variables are upserts, a FIFO topic cannot e-mail), so the memory is an Airflow Variable
for each incident. A DAG processor runs the callbacks of one DAG file one after another, and what
races between several processors is settled as in Fischer's algorithm: whoever finds no record
writes its own, waits longer than any write takes, and leads only if its own record is still there.
A leader that dies before its page went out is replaced after :data:`CLAIM_TIMEOUT`, and where the
memory cannot be reached everybody pages: two pages are better than none.

Pure but for the memory and the pause that are handed in.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol, Self

from redshift_dr.config.models import ClusterConfig

SHARED_FAULTS = {
    "ExpiredToken": "credentials",
    "ExpiredTokenException": "credentials",
    "InvalidClientTokenId": "credentials",
    "InvalidSignatureException": "credentials",
    "SignatureDoesNotMatch": "credentials",
    "UnrecognizedClientException": "credentials",
    "AccessDenied": "access",
    "AccessDeniedException": "access",
    "ResourceNotFoundException": "function",
    "ConfigError": "function",
    "Unreachable": "endpoint",
    "ConnectTimeoutError": "endpoint",
    "EndpointConnectionError": "endpoint",
    "ReadTimeoutError": "endpoint",
}
"""Error types that say more of a connection or a function than of a cluster."""

KEY_PREFIX = "redshift_dr_incident__"
"""How the names of the Variables begin."""

REMIND_AFTER = timedelta(hours=12)
"""A shared fault that still goes on is paged again: a nightly backup pages every night."""

CLAIM_TIMEOUT = timedelta(minutes=2)
SETTLE = timedelta(seconds=2)
"""Longer than it takes from finding no record to having written one."""


@dataclass(frozen=True)
class Incident:
    """What one page is about.

    :param id: the same for all messages that belong together, whatever process makes them.
    :param shared: whether clusters with the same connection and function have the same fault.
    """

    id: str
    shared: bool

    @property
    def key(self) -> str:
        """The Variable under which all clusters look for it."""
        return f"{KEY_PREFIX}{sha256(self.id.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Record:
    """What is remembered of an incident.

    :param incident: its id.
    :param shared: whether other clusters may have it too.
    :param kind: of the page.
    :param dag_id: the DAG whose page it is.
    :param run_id: the run.
    :param at: when it was claimed, ISO 8601; tells this outbreak from the next one of its id.
    :param paged: whether the page is known to have gone out.
    """

    incident: str
    shared: bool
    kind: str
    dag_id: str
    run_id: str
    at: str
    paged: bool = False

    @classmethod
    def of(cls, value: Any) -> Self | None:
        """Read what is remembered; ``None`` where a person has put something else there."""
        names = cls.__dataclass_fields__
        if not isinstance(value, Mapping) or set(value) != set(names):
            return None
        return cls(**value)

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


class Memory(Protocol):
    """Where records are kept: one place for all runs."""

    def read(self, key: str) -> Record | None:
        """The record under a key."""

    def write(self, key: str, record: Record) -> None:
        """Put a record in the place of whatever is there."""

    def forget(self, key: str) -> None:
        """Remove a record, if it is there."""


def incident_of(
    cluster: ClusterConfig, *, dag_id: str, run_id: str, failure: Mapping[str, Any] | None
) -> Incident:
    """The incident that a failed or late run belongs to.

    :param failure: what the failed task left; a shared fault is known by its ``error_type``.
    """
    left = failure or {}
    fault, conn_id = SHARED_FAULTS.get(str(left.get("error_type"))), left.get("conn_id")
    if fault and conn_id:
        parts = (fault, str(conn_id), cluster.region_name, cluster.function_name)
        return Incident("/".join(parts), shared=True)
    return Incident(f"{dag_id}/{run_id}", shared=False)


def dag_key(dag_id: str) -> str:
    """The Variable that says which incident a DAG is in."""
    return f"{KEY_PREFIX}{dag_id}"


def may_lead(record: Record | None, *, now: datetime) -> bool:
    """Whether the page of a shared incident is still to be sent.

    :param record: what is remembered of it.
    """
    if record is None:
        return True
    age = now - datetime.fromisoformat(record.at)
    return age >= (REMIND_AFTER if record.paged else CLAIM_TIMEOUT)


def claim(
    memory: Memory, key: str, record: Record, *, now: datetime, pause: Callable[[float], None]
) -> bool:
    """Become the one that sends the page of a shared incident.

    :param record: what the others are to find; it differs from theirs by its run.
    :param pause: waits for so many seconds.
    """
    if not may_lead(memory.read(key), now=now):
        return False
    memory.write(key, record)
    pause(SETTLE.total_seconds())
    return memory.read(key) == record


def recovery_of(own: Record | None, shared: Record | None, *, proved: bool) -> str | None:
    """Why a successful run is a recovery, ``None`` where it is none or is told already.

    Only a DAG that was hit ends an incident: another may have finished just before it began.

    :param own: the incident that the DAG is in.
    :param shared: of a shared one, what is remembered under its own key.
    :param proved: whether the run has done what it is for; a dry run is green, too.
    """
    if own is None or not proved:
        return None
    if not own.shared:
        return f"the {own.kind} message of run {own.run_id}"
    if shared is None or shared.at != own.at:
        return None
    return (
        f"the {own.kind} message of {shared.dag_id}, which stood for every cluster with its fault"
    )
