"""Check, without a network, that the requirements files lock what pyproject.toml asks for.

A requirement that is missing or at a refused version, a pin without a hash, and two versions of
one package in two of the files are faults; all are reported at once.
"""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?P<rest>.*)$")
LOCKS = {
    "requirements.txt": ("airflow",),
    "requirements-fleet.txt": ("airflow", "fleet"),
    "requirements-dev.txt": ("airflow", "fleet", "sandbox", "dev"),
}


def read_lock(path: Path) -> tuple[dict[str, set[str]], list[str]]:
    """Return the locked versions by package (several where markers differ), and the faults."""
    pins: dict[str, set[str]] = {}
    faults: list[str] = []
    # A pin goes on over lines that end in a backslash; its hashes stand there.
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        match = PIN.match(line)
        if match is None:
            if line.strip() and not line.lstrip().startswith("#"):
                faults.append(f"{path.name}: cannot read the line {line.strip()[:80]!r}")
            continue
        pins.setdefault(canonicalize_name(match["name"]), set()).add(match["version"])
        if "--hash=" not in match["rest"]:
            faults.append(f"{path.name}: {match['name']}=={match['version']} has no hash")
    return pins, faults


def missing(requirements: list[str], pins: dict[str, set[str]], lock: str) -> list[str]:
    """Return one sentence per requirement that the lock does not satisfy."""
    faults = []
    for text in requirements:
        requirement = Requirement(text)
        versions = pins.get(canonicalize_name(requirement.name), set())
        if not versions:
            faults.append(f"{lock}: {requirement} is not locked")
        faults.extend(
            f"{lock}: {requirement.name}=={version}, but pyproject.toml asks for {requirement}"
            for version in sorted(versions)
            if not requirement.specifier.contains(version, prereleases=True)
        )
    return faults


def main() -> int:
    """Check both files; return the exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    faults: list[str] = []
    locks: dict[str, dict[str, set[str]]] = {}
    for lock, extras in LOCKS.items():
        locks[lock], unreadable = read_lock(ROOT / lock)
        wanted = list(project["dependencies"])
        for extra in extras:
            wanted.extend(project["optional-dependencies"][extra])
        faults.extend([*unreadable, *missing(wanted, locks[lock], lock)])
    everything = locks["requirements-dev.txt"]
    faults.extend(
        f"{name} is {', '.join(sorted(versions))} in {lock} and "
        f"{', '.join(sorted(everything.get(name, {'absent'})))} in requirements-dev.txt"
        for lock, pins in locks.items()
        for name, versions in pins.items()
        if not versions <= everything.get(name, set())
    )
    if faults:
        sys.stderr.write("\n".join([*faults, "Resolve again with: make lock", ""]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
