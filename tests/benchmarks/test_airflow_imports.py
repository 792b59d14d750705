"""The bare file that our DAG file's parse time is compared with."""

import runpy
from pathlib import Path

from benchmarks.airflow_imports import (
    bare_dag_file,
    imports_of,
    sources_under,
    third_party_imports,
)

ROOT = Path(__file__).parents[2]

SOURCE = """
import json
import yaml
from typing import TYPE_CHECKING
from own.config import load
if TYPE_CHECKING:
    from airflow.sdk import Context
if True:
    import attrs
def late():
    import boto3
"""
OWN = {
    "own": "import pendulum",
    "own.config": "from own.models import Model\nimport yaml",
    "own.models": "from pydantic import BaseModel\nfrom own.config import load",
    "own.unused": "import unused_library",
}


def test_imports_that_run_at_import_time_are_found() -> None:
    found = imports_of(SOURCE)

    assert "import yaml" in found
    assert "import attrs" in found
    assert not {"from airflow.sdk import Context", "import boto3"} & set(found)


def test_own_modules_are_followed_once_and_the_standard_library_is_left_out() -> None:
    found = third_party_imports(SOURCE, OWN)

    assert found == [
        "import yaml",
        "import attrs",
        "import pendulum",
        "from pydantic import BaseModel",
    ]


def test_bare_file_of_the_backup_dag_brings_the_provider_and_nothing_of_ours() -> None:
    source = (ROOT / "dags" / "redshift_backup.py").read_text(encoding="utf-8")

    found = third_party_imports(source, sources_under(ROOT / "plugins"))

    bare = bare_dag_file(found, ["bare"])
    assert "import LambdaInvokeFunctionOperator" in bare
    assert "import SnsNotifier" in bare
    assert "redshift_dr" not in bare


def test_bare_file_without_dags_runs_its_imports_alone(tmp_path: Path) -> None:
    path = tmp_path / "bare.py"
    path.write_text(bare_dag_file(["import json"], []), encoding="utf-8")

    assert "DAG" not in runpy.run_path(str(path))


def test_bare_file_makes_the_dags_asked_for(tmp_path: Path) -> None:
    from airflow.dag_processing.dagbag import DagBag

    path = tmp_path / "bare.py"
    path.write_text(bare_dag_file(["import json"], ["one", "two"]), encoding="utf-8")

    bag = DagBag(str(path))

    assert bag.import_errors == {}
    assert [len(bag.dags[name].tasks) for name in ("one", "two")] == [1, 1]
