"""What is uploaded to MWAA and to Astronomer makes DAGs where they put it."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet.layout import build_astro, build_mwaa, platform_requirements

# A process of its own, because Airflow reads its folders at its first import.
LOOK = """
import json, sys
from pathlib import Path
from airflow.configuration import conf
from airflow.dag_processing.dagbag import DagBag
from airflow.plugins_manager import get_import_errors
bag = DagBag()
import redshift_dr
from redshift_dr.config import find_configuration
places = {str(dag.on_failure_callback.template) for dag in bag.dags.values()}
places |= {redshift_dr.__file__, str(find_configuration(Path(conf.get("core", "dags_folder"))))}
errors = {**bag.import_errors, **get_import_errors()}
print(json.dumps([sorted(bag.dags), errors, sorted(places)]))
"""
DAGS = [
    "redshift_backup__aca-redshift-cluster",
    "redshift_prune_approval__aca-redshift-cluster",
    "redshift_release_hold__aca-redshift-cluster",
    "redshift_restore_validation__aca-redshift-cluster",
]


def mwaa(folder: Path) -> Path:
    """Put the upload where MWAA puts it: the archive is unpacked beside the DAGs."""
    build_mwaa(folder)
    with zipfile.ZipFile(folder / "plugins.zip") as archive:
        archive.extractall(folder / "plugins")
    return folder


def astro(folder: Path) -> Path:
    """An Astro project is what the image holds."""
    build_astro(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("layout", [mwaa, astro])
def test_upload_makes_the_dags_without_this_checkout(
    layout: Callable[[Path], Path], tmp_path: Path
) -> None:
    home = layout(tmp_path / "home")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")
    } | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONSAFEPATH": "1",
        # Without the editable installation of this checkout.
        "PYTHONPATH": str(home / "plugins"),
    }

    ended = subprocess.run(
        [sys.executable, "-c", LOOK],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    dags, errors, places = json.loads(ended.stdout.splitlines()[-1])
    assert (dags, errors) == (DAGS, {})
    for path in places:
        assert Path(path).is_relative_to(home)
    assert (home / "plugins" / ".airflowignore").is_file()


def test_platform_brings_airflow_itself() -> None:
    lines = platform_requirements()

    assert any(line.startswith("apache-airflow-providers-amazon[aiobotocore]") for line in lines)
    assert not any(line.startswith("apache-airflow=") for line in lines)
