"""The function's zip: the same bytes each time, and complete with what the runtime brings."""

import hashlib
import os
import subprocess
import sys
import sysconfig
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


def test_it_holds_sources_only(built: Path) -> None:
    names = zipfile.ZipFile(built).namelist()

    assert names == sorted(names)
    assert "redshift_backup/handler.py" in names
    assert "redshift_backup/schema/response.schema.json" in names
    assert not [name for name in names if name.endswith(".pyc") or "__pycache__" in name]
    packages = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert packages == {"redshift_backup", "aws_lambda_powertools", "typing_extensions.py"}


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
