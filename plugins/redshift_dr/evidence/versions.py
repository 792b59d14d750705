"""Which code made the evidence."""

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
DISTRIBUTIONS = ("redshift-dr", "apache-airflow", "apache-airflow-providers-amazon", "boto3")


def code_versions() -> dict[str, str]:
    """Version by distribution, and the digest of this package's own files.

    Where plugins are shipped as a folder, as on Amazon MWAA, this package has no version; the
    digest names the code there.
    """
    return {
        **{name: _version(name) for name in DISTRIBUTIONS},
        "python": platform.python_version(),
        "redshift_dr SHA-256": sources_sha256(PACKAGE),
    }


def sources_sha256(folder: Path) -> str:
    """One digest over the names and contents of all files of a package but the compiled ones."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            content = file.read_bytes()
            digest.update(f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed as a package"
