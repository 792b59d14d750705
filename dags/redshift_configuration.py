"""No DAG: shows every fault of `clusters.yaml` as this file's import error.

Import errors are per file. `redshift_backup.py` makes the DAGs of the good entries, so that one bad
entry does not stop the backups of the others; this file makes sure that it is not overlooked.
"""

from pathlib import Path

import airflow.sdk  # noqa: F401  Airflow puts plugins/ on the path when it is imported

from redshift_dr.config import load_fleet

load_fleet(dags_folder=Path(__file__).parent).raise_for_faults()
