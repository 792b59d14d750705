"""Build the function's zip: our package and what Lambda's runtime does not bring along.

The same input gives the same bytes: entries are sorted, times and modes are fixed, nothing is
compressed (so no version of zlib matters) and nothing compiled is taken. boto3, botocore and
jmespath come with the runtime; Powertools and what it needs beyond them are vendored from the
installed distributions.
"""

import argparse
import hashlib
import sys
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
VENDORED = ("aws-lambda-powertools", "typing-extensions")
# Parts of Powertools that nothing here imports; a cold start unpacks every file of the zip.
_LEFT_OUT = (
    "aws_lambda_powertools/event_handler/",
    "aws_lambda_powertools/metrics/provider/datadog/",
    "aws_lambda_powertools/middleware_factory/",
    "aws_lambda_powertools/utilities/",
)
_TAKEN_ALL_THE_SAME = (
    "aws_lambda_powertools/utilities/__init__.py",
    "aws_lambda_powertools/utilities/jmespath_utils/",
)


def entries() -> dict[str, Path]:
    """Return what goes into the zip: names within it, and the files they come from.

    :raises FileNotFoundError: a distribution's record names a file that is not installed.
    """
    found = {
        path.relative_to(HERE).as_posix(): path
        for path in (HERE / PACKAGE).rglob("*")
        if path.is_file() and _is_source(PurePosixPath(path.relative_to(HERE).as_posix()))
    }
    for name in VENDORED:
        found |= dict(_files_of(distribution(name)))
    return found


def build(output: Path) -> str:
    """Write the zip and return its sha256.

    :param output: replaced if it exists; its folder is made.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for name, path in sorted(entries().items()):
            info = zipfile.ZipInfo(name, _FIXED_TIME)
            info.external_attr = _REGULAR_FILE_MODE
            info.create_system = _UNIX
            archive.writestr(info, path.read_bytes())
    return hashlib.sha256(output.read_bytes()).hexdigest()


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
    output: Path = parser.parse_args(arguments).output
    digest = build(output)
    sys.stdout.write(f"{output} {output.stat().st_size} bytes sha256 {digest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
