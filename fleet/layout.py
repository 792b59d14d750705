"""What is uploaded to an Airflow that somebody else runs: ``make layouts`` writes it to build/."""

import re
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path

from fleet.credentials import ROOT

BUILD = ROOT / "build"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "ruff.toml")


def platform_requirements() -> list[str]:
    """Return what the package needs, without Airflow itself, which the platform brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra: list[str] = project["optional-dependencies"]["airflow"]
    return [line for line in extra if re.split(r"[\[<>=]", line)[0] != "apache-airflow"]


def build_mwaa(folder: Path) -> None:
    """Write what Amazon MWAA takes from its bucket; it has no place for ``include``.

    :param folder: made anew.
    """
    _begin(folder)
    shutil.copytree(ROOT / "dags", folder / "dags", ignore=LEFT_OUT)
    shutil.copytree(ROOT / "include", folder / "dags" / "include", ignore=LEFT_OUT)
    plugins = folder / "plugins"
    shutil.copytree(ROOT / "plugins", plugins, ignore=LEFT_OUT)
    with zipfile.ZipFile(folder / "plugins.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(plugins.rglob("*")):
            archive.write(path, path.relative_to(plugins))
    shutil.rmtree(plugins)


def build_astro(folder: Path) -> None:
    """Write what goes into an Astro project.

    :param folder: made anew.
    """
    _begin(folder)
    for name in ("dags", "plugins", "include"):
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)


def main() -> int:
    """Write both."""
    for name, build in (("mwaa", build_mwaa), ("astro", build_astro)):
        build(BUILD / name)
        sys.stdout.write(f"wrote {(BUILD / name).relative_to(ROOT)}\n")
    return 0


def _begin(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = "\n".join([*platform_requirements(), ""])
    (folder / "requirements.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
