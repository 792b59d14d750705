"""The bare import root: what the managed Python runtime offers a function, and nothing more."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

# What AWS installs beside the standard library in the managed Python runtimes.
RUNTIME_DISTRIBUTIONS = ("awslambdaric", "boto3")
CLOCK_DISTRIBUTIONS = ("time-machine",)


@dataclass(frozen=True)
class ImportRoot:
    """Two directories of links into the installed distributions.

    :param runtime: on a function's ``sys.path``, behind its own code.
    :param clock: seen by the bootstrap alone, which shifts the function's time with it.
    """

    runtime: Path
    clock: Path


def build_import_root(directory: Path) -> ImportRoot:
    """Link the runtime's distributions, with all that they require, below ``directory``.

    Nothing is downloaded: the versions are those that are installed beside the sandbox.

    :raises PackageNotFoundError: a distribution of the closure is not installed.
    """
    root = ImportRoot(runtime=directory / "runtime", clock=directory / "clock")
    _link(closure(RUNTIME_DISTRIBUTIONS), root.runtime)
    _link(closure(CLOCK_DISTRIBUTIONS), root.clock)
    return root


def closure(names: Iterable[str]) -> list[Distribution]:
    """Return the named distributions and everything they require on this interpreter."""
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if _normalise(name) in found:
            continue
        found[_normalise(name)] = distribution(name)
        waiting += _requirements(found[_normalise(name)])
    return list(found.values())


def _normalise(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _requirements(installed: Distribution) -> list[str]:
    requirements = [Requirement(line) for line in installed.requires or []]
    return [
        requirement.name
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]


def _link(distributions: Iterable[Distribution], directory: Path) -> None:
    directory.mkdir(parents=True)
    for installed in distributions:
        for name in sorted(_top_level(installed)):
            target = Path(str(installed.locate_file(name))).resolve()
            (directory / name).symlink_to(target)


def _top_level(installed: Distribution) -> set[str]:
    if not installed.files:
        raise RuntimeError(
            f"{installed.name} {installed.version} has no list of its files: install it again"
        )
    names = {file.parts[0] for file in installed.files}
    return names - {"..", "__pycache__", "/"}
