"""The memory of incidents: Airflow Variables, through the public API of the task SDK."""

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowRuntimeError

from redshift_dr.notifications.incidents import Record

MEMORY_ERRORS = (AirflowRuntimeError, ImportError, ValueError)
"""The API refused, or is not there (``dag.test()`` has no supervisor to ask), or a person has put
something else into the Variable."""

DESCRIPTION = "An incident that was paged. Delete it to have it paged again."


class VariableMemory:
    """Keeps each record in a Variable of its own.

    What is there is asked by name, not by value: with ``[secrets] use_cache`` a value may be as old
    as the cache, and a value that is not there is looked for in every secrets backend first.
    """

    def read(self, key: str) -> Record | None:
        """See :class:`redshift_dr.notifications.incidents.Memory`."""
        if key not in list(Variable.keys(prefix=key)):
            return None
        return Record.of(Variable.get(key, default=None, deserialize_json=True))

    def write(self, key: str, record: Record) -> None:
        """See :class:`redshift_dr.notifications.incidents.Memory`."""
        Variable.set(key, record.plain(), description=DESCRIPTION, serialize_json=True)

    def forget(self, key: str) -> None:
        """See :class:`redshift_dr.notifications.incidents.Memory`."""
        Variable.delete(key)
