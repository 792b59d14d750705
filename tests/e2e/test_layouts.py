"""The package as Amazon MWAA and an Astro project lay it out: the DAGs parse, from there alone."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.docs.commands import ROOT, commands_of_page

pytestmark = pytest.mark.slow
IGNORED = shutil.ignore_patterns("__pycache__", "ruff.toml")
EXPECTED = {
    f"{kind}__aca-redshift-cluster" for kind in ("redshift_backup", "redshift_restore_validation")
}
# What an editable installation puts on the path is not there on such an Airflow.
PARSE = """\
import json, sys
from pathlib import Path
checkout, dags = map(Path, sys.argv[1:])
installed = {checkout, checkout / "lambda", checkout / "plugins"}
sys.path[:] = [path for path in sys.path if Path(path) not in installed]
from airflow.dag_processing.dagbag import DagBag
from airflow.plugins_manager import get_import_errors
bag = DagBag(str(dags))
import redshift_dr
from redshift_dr.config import find_configuration
print(json.dumps({
    "dags": sorted(bag.dags),
    "errors": bag.import_errors,
    "plugin_errors": get_import_errors(),
    "package": redshift_dr.__file__,
    "configuration": str(find_configuration(dags)),
}))
"""


def parse(dags: Path, plugins: Path, home: Path) -> dict[str, object]:
    """What a fresh Airflow finds in the folders."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "REDSHIFT_DR", "PYTHONPATH", "AWS"))
    }
    ended = subprocess.run(
        [sys.executable, "-c", PARSE, str(ROOT), str(dags)],
        env={
            **kept,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        },
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
    return found


def test_dags_parse_as_amazon_mwaa_lays_them_out(tmp_path: Path) -> None:
    bucket, home = tmp_path / "bucket", tmp_path / "airflow"
    home.mkdir()
    shutil.copytree(ROOT / "dags", home / "dags", ignore=IGNORED)
    shutil.copytree(ROOT / "include", home / "dags" / "include")
    shutil.copytree(ROOT / "plugins", bucket / "plugins", ignore=IGNORED)
    (command,) = [
        one.text for one in commands_of_page("docs/configuration.md") if "zipfile" in one.text
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-c", command], cwd=bucket, check=True, env={"PATH": path})
    with zipfile.ZipFile(bucket / "plugins.zip") as archive:
        archive.extractall(home / "plugins")

    found = parse(home / "dags", home / "plugins", home)

    assert found == {
        "dags": sorted(EXPECTED),
        "errors": {},
        "plugin_errors": {},
        "package": str(home / "plugins" / "redshift_dr" / "__init__.py"),
        "configuration": str(home / "dags" / "include" / "clusters.yaml"),
    }
    assert (home / "plugins" / ".airflowignore").is_file()


def test_dags_parse_as_an_astro_project_lays_them_out(tmp_path: Path) -> None:
    for name in ("dags", "plugins", "include"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=IGNORED)

    found = parse(tmp_path / "dags", tmp_path / "plugins", tmp_path)

    assert found == {
        "dags": sorted(EXPECTED),
        "errors": {},
        "plugin_errors": {},
        "package": str(tmp_path / "plugins" / "redshift_dr" / "__init__.py"),
        "configuration": str(tmp_path / "include" / "clusters.yaml"),
    }
