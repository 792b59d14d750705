"""A DAG with deadlines that ``dag.test()`` and ``airflow dags test`` can run to its end."""

from typing import Any

from airflow.sdk import DAG


class TriableDAG(DAG):
    """Leaves the deadlines out of a trial run.

    Airflow 3.3.2 stores a DAG's deadlines when the DAG processor has parsed it. A trial run does
    without that, looks them up all the same once the run has succeeded, and ends in an SQL error.
    """

    def test(self, *arguments: Any, **options: Any) -> Any:
        """See :meth:`airflow.sdk.DAG.test`."""
        kept = vars(self)["deadline"]
        self.deadline = None
        try:
            return super().test(*arguments, **options)
        finally:
            self.deadline = kept
