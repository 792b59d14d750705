"""Tells people that what they were paged for is over."""

from pathlib import Path
from typing import Any

from redshift_dr.config.models import ClusterConfig
from redshift_dr.notifications.base import Message, RedshiftNotifier
from redshift_dr.notifications.facts import (
    facts_of_cluster,
    facts_of_incident,
    facts_of_run,
    pull,
)
from redshift_dr.notifications.incidents import (
    Incident,
    Memory,
    Record,
    dag_key,
    recovery_of,
)


class RedshiftRecoveredNotifier(RedshiftNotifier):
    """Publish one message for the first success after a page, from the DAG's success callback.

    The page itself is what is remembered, not the state of the runs: a run that failed and was
    cleared is green in Airflow's history, and one that needed a retry was never paged.

    :param proof: the task whose result shows that the run has done what it is for.
    """

    kind = "recovered"
    severity = "info"

    def __init__(
        self, *, cluster: ClusterConfig, template: Path, proof: str, memory: Memory | None = None
    ) -> None:
        super().__init__(cluster=cluster, template=template, memory=memory)
        self.proof = proof

    def message_of(self, context: Any) -> Message | None:
        """See :meth:`RedshiftNotifier.message_of`; ``None`` where nothing was paged."""
        facts = {**facts_of_cluster(self.cluster), **facts_of_run(context)}
        own = self.remembered(lambda: self.memory.read(dag_key(facts["dag_id"])))
        if own is None:
            return None
        incident = Incident(own.incident, own.shared)
        shared = self.remembered(lambda: self.memory.read(incident.key)) if own.shared else None
        proof = pull(context.get("ti"), self.proof)
        reason = recovery_of(own, shared, proved=proof is not None)
        if reason is None:
            if proof is not None:
                self.remembered(lambda: self.memory.forget(dag_key(own.dag_id)))
            return None
        told = {
            "task_id": "-",
            "recovers": reason,
            "paged_at": own.at,
            "snapshot_id": str((proof or {}).get("snapshot_id") or "-"),
            **facts_of_incident(incident, self.cluster),
        }
        return Message("Recovered", {**facts, **told}, incident, own)

    def settle(self, message: Message, *, told: bool) -> None:
        """See :meth:`RedshiftNotifier.settle`; what was not told is told by the next success."""
        record: Record = message.record
        if not told:
            return
        self.memory.forget(dag_key(record.dag_id))
        if message.incident.shared:
            self.memory.forget(message.incident.key)
