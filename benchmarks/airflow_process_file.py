"""``python -m benchmarks.airflow_process_file FILE``: what the DAG processor does with one file.

Imports it, collects its DAGs, and makes of them what goes to the database. Prints how many there
are and how long that took, by the clock and of the CPU, apart from the start of Airflow itself, as
JSON.
"""

import json
import sys
import time
from pathlib import Path


def main(path: Path) -> int:
    """Process the file.

    :return: the exit code: 1 where it has import errors.
    """
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.serialization.serialized_objects import LazyDeserializedDAG

    started, started_cpu = time.perf_counter(), time.process_time()
    bag = BundleDagBag(
        dag_folder=path, bundle_path=path.parent, bundle_name="benchmark", load_op_links=False
    )
    serialized = [LazyDeserializedDAG.from_dag(dag) for dag in bag.dags.values()]
    seconds = time.perf_counter() - started
    cpu_seconds = time.process_time() - started_cpu
    for error in bag.import_errors.values():
        print(error, file=sys.stderr)
    found = {"dags": len(serialized), "seconds": seconds, "cpu_seconds": cpu_seconds}
    print(json.dumps(found))
    return 1 if bag.import_errors else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
