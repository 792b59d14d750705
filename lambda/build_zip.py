"""Build the function's zip: our package and what Lambda's runtime does not bring along.

The same input and interpreter give the same bytes: entries are sorted, times and modes are fixed,
nothing is compressed (so no version of zlib matters), and bytecode is made anew by a process that
does nothing else. boto3, botocore and jmespath come with the runtime; Powertools and what it needs
beyond them are vendored from the installed distributions.

A function's folder is read-only, so without bytecode in it every cold start would compile every
module. Python ignores the bytecode of other versions: name the one that the function has.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent
DEFAULT_OUTPUT = HERE.parent / "build" / "aca-redshift-backup.zip"
PACKAGE = "redshift_backup"
# The earliest instant that the format can hold.
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE_MODE = 0o100644 << 16
_UNIX = 3
# Where Lambda unpacks the zip; names the files in tracebacks of modules that are not there.
_TASK_ROOT = "/var/task"
VENDORED = ("aws-lambda-powertools", "typing-extensions")
# Parts of Powertools that nothing here imports; a cold start unpacks every file of the zip.
_LEFT_OUT = (
    "aws_lambda_powertools/event_handler/",
    "aws_lambda_powertools/metrics/provider/datadog/",
    "aws_lambda_powertools/middleware_factory/",
    "aws_lambda_powertools/utilities/",
)
# What only a laptop runs.
_NOT_THE_FUNCTIONS = (f"{PACKAGE}/cli/", f"{PACKAGE}/__main__.py")
_TAKEN_ALL_THE_SAME = (
    "aws_lambda_powertools/utilities/__init__.py",
    "aws_lambda_powertools/utilities/jmespath_utils/",
)


def sources() -> dict[str, Path]:
    """Return what goes into the zip as it is: names within it, and the files they come from.

    :raises FileNotFoundError: a distribution's record names a file that is not installed.
    """
    ours = {
        path.relative_to(HERE).as_posix(): path
        for path in (HERE / PACKAGE).rglob("*")
        if path.is_file()
    }
    found = {
        name: path
        for name, path in ours.items()
        if _is_source(PurePosixPath(name)) and not name.startswith(_NOT_THE_FUNCTIONS)
    }
    for name in VENDORED:
        found |= dict(_files_of(distribution(name)))
    return found


def build(output: Path, interpreter: str = sys.executable) -> str:
    """Write the zip and return its sha256.

    :param output: replaced if it exists; its folder is made.
    :param interpreter: whose bytecode goes in; it needs nothing installed.
    :raises subprocess.CalledProcessError: a module does not compile; the reason is printed.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="redshift-backup-zip-") as directory:
        root = Path(directory)
        for name, path in sources().items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        _compile(root, interpreter)
        _write(output, root)
    return hashlib.sha256(output.read_bytes()).hexdigest()


def _compile(root: Path, interpreter: str) -> None:
    """Put bytecode beside the sources.

    Unchecked, because the files' times after unpacking are anybody's. In a process of its own:
    what a process did before may change how it writes the same code. Isolated from the user's
    environment, which could choose other places or other optimisations.
    """
    subprocess.run(
        [
            *(interpreter, "-I", "-m", "compileall", "-q", "-f"),
            *("--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", _TASK_ROOT),
            str(root),
        ],
        check=True,
    )


def _write(output: Path, root: Path) -> None:
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            info = zipfile.ZipInfo(name, _FIXED_TIME)
            info.external_attr = _REGULAR_FILE_MODE
            info.create_system = _UNIX
            archive.writestr(info, (root / name).read_bytes())


def _files_of(installed: Distribution) -> Iterator[tuple[str, Path]]:
    for file in installed.files or ():
        name = file.as_posix()
        is_wanted = name.startswith(_TAKEN_ALL_THE_SAME) or not name.startswith(_LEFT_OUT)
        if is_wanted and _is_source(file) and not name.startswith(".."):
            yield name, Path(str(installed.locate_file(file)))


def _is_source(path: PurePosixPath) -> bool:
    is_metadata = any(part.endswith(".dist-info") for part in path.parts)
    is_licence = "licenses" in path.parts
    return (
        path.suffix != ".pyc"
        and "__pycache__" not in path.parts
        and (is_licence or not is_metadata)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Build from the command line; prints the path and the digest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="where the zip goes")
    parser.add_argument(
        "--interpreter",
        default=sys.executable,
        help="whose bytecode goes in, such as python3.13: that of the function's runtime "
        "(default: the one that runs this)",
    )
    options = parser.parse_args(arguments)
    output: Path = options.output
    try:
        digest = build(output, options.interpreter)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"error: {output} is not built: {error}\n")
        return 1
    sys.stdout.write(f"{output} {output.stat().st_size} bytes sha256 {digest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
