"""The function's zip: the same bytes each time, and complete with what the runtime brings."""

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "lambda" / "build_zip.py"
# What Lambda's Python runtime has installed: boto3 and what it needs.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")


def build(output: Path, **environment: str) -> Path:
    command = [sys.executable, str(BUILD), "--output", str(output)]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
    return output


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("zip") / "deep" / "function.zip")


def test_two_builds_are_byte_identical(built: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "again.zip", TZ="Asia/Tokyo", PYTHONHASHSEED="7")

    first, second = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (built, again))
    assert first == second


def test_a_touched_source_file_changes_nothing(built: Path, tmp_path: Path) -> None:
    handler = ROOT / "lambda" / "redshift_backup" / "handler.py"
    times = (handler.stat().st_atime_ns, handler.stat().st_mtime_ns)
    os.utime(handler, (1, 1))
    try:
        again = build(tmp_path / "again.zip")
    finally:
        os.utime(handler, ns=times)

    assert again.read_bytes() == built.read_bytes()


def test_it_holds_what_the_function_runs_and_nothing_else(built: Path) -> None:
    names = zipfile.ZipFile(built).namelist()

    assert names == sorted(names)
    assert "redshift_backup/handler.py" in names
    assert "redshift_backup/schema/response.schema.json" in names
    sources = [name for name in names if "__pycache__" not in name]
    packages = {name.split("/")[0] for name in sources if ".dist-info" not in name}
    assert packages == {"redshift_backup", "aws_lambda_powertools", "typing_extensions.py"}
    assert not [name for name in names if name.startswith("redshift_backup/cli/")]
    assert "redshift_backup/__main__.py" not in names


def test_every_module_has_the_bytecode_of_the_interpreter_that_built_it(built: Path) -> None:
    names = set(zipfile.ZipFile(built).namelist())

    modules = {name for name in names if name.endswith(".py")}
    compiled = {name for name in names if name.endswith(".pyc")}
    assert compiled == {importlib.util.cache_from_source(name) for name in modules}


def test_an_interpreter_that_is_not_there_leaves_no_zip(tmp_path: Path) -> None:
    output = tmp_path / "function.zip"
    command = [sys.executable, str(BUILD), "--output", str(output), "--interpreter", "python0.0"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ran.returncode == 1
    assert ran.stderr.startswith(f"error: {output} is not built: ")
    assert "python0.0" in ran.stderr
    assert not output.exists()


def test_bytecode_counts_whatever_the_time_of_unpacking(built: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(built).extractall(tmp_path)
    for path in tmp_path.rglob("*.py"):
        os.utime(path, (1, 1))
    program = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; import redshift_backup.handler"
    ran = subprocess.run(
        [sys.executable, "-I", "-v", "-c", program], capture_output=True, text=True, check=True
    )

    used = [line for line in ran.stderr.splitlines() if f"matches {tmp_path}" in line]
    assert [line for line in used if "redshift_backup/handler.py" in line]
    assert [line for line in used if "aws_lambda_powertools/logging/logger.py" in line]
    assert not re.search(rf"code object from '{tmp_path}[^']*\.py'", ran.stderr)


def test_in_lambda_the_client_is_made_before_the_first_invocation(
    built: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(built).extractall(tmp_path)
    program = f"""
import sys
sys.path[:0] = [{str(tmp_path)!r}]
import redshift_backup.handler
from redshift_backup.aws import client
print(client.cache_info().currsize)
"""
    made = {}
    for name, variables in (("lambda", {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9"}), ("laptop", {})):
        ran = subprocess.run(
            [sys.executable, "-I", "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"AWS_DEFAULT_REGION": "us-east-1"} | variables,
        )
        made[name] = ran.stdout

    assert made == {"lambda": "1\n", "laptop": "0\n"}


def test_no_path_of_the_machine_that_built_it_is_in_it(built: Path) -> None:
    archive = zipfile.ZipFile(built)

    needles = [str(path).encode() for path in (ROOT, Path(tempfile.gettempdir()))]
    found = [
        name for name in archive.namelist() if any(one in archive.read(name) for one in needles)
    ]
    assert not found


def test_the_licences_of_what_is_vendored_are_in_it(built: Path) -> None:
    names = zipfile.ZipFile(built).namelist()

    licences = {name.split("-")[0] for name in names if name.endswith("/licenses/LICENSE")}
    assert licences == {"aws_lambda_powertools", "typing_extensions"}


def test_every_module_imports_alone_in_a_bare_root(built: Path, tmp_path: Path) -> None:
    task, runtime = tmp_path / "task", tmp_path / "runtime"
    zipfile.ZipFile(built).extractall(task)
    runtime.mkdir()
    installed = Path(sysconfig.get_path("purelib"))
    for name in RUNTIME_PACKAGES:
        (runtime / name).symlink_to(installed / name)
    program = f"""
import sys
sys.path[:] = [{str(task)!r}, *sys.path, {str(runtime)!r}]
from importlib import import_module
from pathlib import Path
for path in sorted(Path({str(task)!r}, "redshift_backup").rglob("*.py")):
    name = ".".join(path.relative_to({str(task)!r}).with_suffix("").parts)
    import_module(name.removesuffix(".__init__"))
for name in ("airflow", "moto", "pydantic", "sandbox", "redshift_dr"):
    try:
        import_module(name)
    except ModuleNotFoundError:
        continue
    raise SystemExit(f"{{name}} is importable, so the root is not bare")
print(callable(sys.modules["redshift_backup.handler"].lambda_handler))
"""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "True\n", "")
