"""Which benchmarks there are, in the order in which they run."""

from importlib import import_module

from benchmarks.row import Context, Row

# Each is a module with run(context) -> list[Row]; it is imported when it runs.
BENCHMARKS = {
    "prune": "benchmarks.prune",
    "backup": "benchmarks.backup_calls",
    "cold_start": "benchmarks.cold_start",
    "status": "benchmarks.status",
    "planning": "benchmarks.planning",
    "validation": "benchmarks.validation",
    "airflow_parse": "benchmarks.airflow_parse",
    "airflow_dag": "benchmarks.airflow_dag",
}


def run(name: str, context: Context) -> list[Row]:
    """Run one benchmark.

    :raises KeyError: there is none of this name.
    """
    rows: list[Row] = import_module(BENCHMARKS[name]).run(context)
    return rows
