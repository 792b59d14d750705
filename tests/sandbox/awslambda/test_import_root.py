"""What a function can import: the standard library, boto3 and its own zip."""

from importlib.metadata import requires
from pathlib import Path

import pytest

from sandbox.awslambda.import_root import build_import_root, closure
from tests.sandbox.awslambda.conftest import Deploy


def test_the_closure_holds_what_boto3_needs_and_no_more() -> None:
    names = {installed.name.lower() for installed in closure(["boto3", "awslambdaric"])}

    assert {"boto3", "botocore", "urllib3", "python-dateutil", "six", "simplejson"} <= names
    # Its optional extra is installed here for Airflow, and must not come along.
    assert any("awscrt" in line or "crt" in line for line in requires("boto3") or [])
    assert not names & {"awscrt", "moto", "apache-airflow", "pydantic"}


def test_the_import_root_is_links_only(tmp_path: Path) -> None:
    root = build_import_root(tmp_path)

    links = list(root.runtime.iterdir()) + list(root.clock.iterdir())
    assert all(link.is_symlink() and link.exists() for link in links)
    assert (root.runtime / "boto3" / "__init__.py").exists()
    assert (root.clock / "time_machine" / "__init__.py").exists()
    assert not (root.runtime / "time_machine").exists()


@pytest.mark.parametrize(
    "module", ["airflow", "moto", "pydantic", "yaml", "time_machine", "aws_lambda_powertools"]
)
def test_what_lambda_does_not_have_cannot_be_imported(deploy: Deploy, module: str) -> None:
    function = deploy(f"import {module}")

    error = function.error()

    assert error["errorType"] == "Runtime.ImportModuleError"
    assert f"No module named '{module}'" in error["errorMessage"]


def test_the_functions_zip_comes_first(deploy: Deploy) -> None:
    files = {
        "app.py": "import boto3, pkg.mod, os, sys\ndef handler(event, context):\n"
        "    return [boto3.VERSION, pkg.mod.X, os.getcwd() == sys.path[0]]\n",
        "boto3.py": "VERSION = 'vendored'\n",
        "pkg/__init__.py": "",
        "pkg/mod.py": "X = 1\n",
    }

    assert deploy(files).result() == ["vendored", 1, True]


def test_a_handler_in_a_package_is_found(deploy: Deploy) -> None:
    files = {"pkg/__init__.py": "", "pkg/app.py": "def run(event, context):\n    return 'found'\n"}

    assert deploy(files, Handler="pkg.app.run").result() == "found"


def test_a_function_has_its_own_scratch_directory(deploy: Deploy) -> None:
    code = (
        "import tempfile\ndef handler(event, context):\n"
        "    handle, path = tempfile.mkstemp()\n    return path\n"
    )
    function = deploy(code)
    path = Path(function.result())
    assert path.exists()

    function.client().delete_function(FunctionName="fn")

    assert not path.exists()
