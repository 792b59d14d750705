"""Moto's own test suites: fetched once, run in server mode against one of two servers."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
CACHE = ROOT / "build" / "fidelity"
MOTO_VERSION = "5.2.5"
SUITES = {
    "redshift": "test_redshift",
    "redshiftdata": "test_redshiftdata",
    "sns": "test_sns",
    "sts": "test_sts",
    "events": "test_events",
    "cloudwatch": "test_cloudwatch",
    "logs": "test_logs",
    "kms": "test_kms",
    "iam": "test_iam",
    "scheduler": "test_scheduler",
    "lambda": "test_awslambda",
}
STOCK_FILE = HERE / "stock.json"

Kind = Literal["sandbox", "stock"]
_FOREIGN = ("AWS_", "AIRFLOW_", "MOTO_", "PYTEST_", "PYTHON", "TEST_")
_SECONDS_PER_TEST = 120
_ILLEGAL_NAME = re.compile(r'"(my_(cluster|snapshot)\w*|redshift_stack)"')


class SourceUnreachableError(Exception):
    """The package index cannot be reached; the message is pip's."""


@dataclass(frozen=True)
class Run:
    """What a run found: the outcome of every test id, and why those that failed did."""

    outcomes: Mapping[str, str]
    reasons: Mapping[str, str]

    def count(self, suite: str, outcome: str) -> int:
        """Return how many tests of a suite had an outcome."""
        prefix = f"tests/{SUITES[suite]}/"
        return sum(
            found == outcome for test, found in self.outcomes.items() if test.startswith(prefix)
        )


def fetch() -> Path:
    """Return the directory with moto's source package, fetching it if it is not in the cache.

    pip takes it from the index that it is configured for, and checks the pinned hashes.

    :raises SourceUnreachableError: there is no index to fetch it from.
    :raises RuntimeError: what was fetched is not what is pinned.
    """
    source = CACHE / f"moto-{MOTO_VERSION}"
    if source.is_dir() and any(CACHE.glob("freezegun-*.whl")):
        return source
    CACHE.mkdir(parents=True, exist_ok=True)
    _download()
    # Without the package itself: the tests are to import the one that is installed.
    wanted = (f"moto-{MOTO_VERSION}/tests/", f"moto-{MOTO_VERSION}/setup.cfg")
    shutil.rmtree(source, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory(dir=CACHE) as partial,
        tarfile.open(CACHE / f"moto-{MOTO_VERSION}.tar.gz") as archive,
    ):
        members = [member for member in archive if member.name.startswith(wanted)]
        archive.extractall(partial, members, filter="data")
        (Path(partial) / source.name).rename(source)
    return source


def _download() -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-binary", "moto", "--require-hashes", "--retries", "1"]
    command += ["--requirement", str(HERE / "requirements.txt"), "--dest", str(CACHE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        kind = RuntimeError if "HASHES" in done.stderr else SourceUnreachableError
        raise kind(done.stderr.strip()[-1000:] or f"pip ended with {done.returncode}")


def with_legal_names() -> Path:
    """Return a directory with the Redshift suite, the identifiers in it as AWS wants them.

    Many of its tests name a cluster ``my_cluster``, which Redshift refuses; what else they say can
    be checked all the same.
    """
    source, target = fetch() / "tests", CACHE / "legal-names" / "tests"
    shutil.rmtree(target, ignore_errors=True)
    for directory in ("test_redshift", "test_cloudformation"):
        shutil.copytree(source / directory, target / directory)
    for file in source.glob("*.py"):
        shutil.copy(file, target)
    shutil.copy(source.parent / "setup.cfg", target.parent)
    for file in (target / "test_redshift").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        legal = _ILLEGAL_NAME.sub(lambda match: match[0].replace("_", ""), text)
        file.write_text(legal, encoding="utf-8")
    return target.parent


def run(kind: Kind, suites: list[str] | None = None, workers: int | None = None) -> Run:
    """Run suites against a server of a kind, one server for each worker.

    :param suites: keys of ``SUITES``; all of them if None.
    :param workers: as many as there are processors if None.
    :raises RuntimeError: pytest could not run the tests.
    """
    return run_tests(kind, fetch(), [f"tests/{SUITES[name]}" for name in suites or SUITES], workers)


def run_tests(kind: Kind, source: Path, tests: list[str], workers: int | None = None) -> Run:
    """Run chosen tests of a directory that holds moto's.

    :raises RuntimeError: pytest could not run them.
    """
    outcomes = CACHE / f"outcomes-{kind}-{os.getpid()}.json"
    workers = workers or _processors()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "moto_outcomes", "-n", str(workers), "--dist", "worksteal"]
    command += ["--timeout", str(_SECONDS_PER_TEST), "--color", "no"]
    command += tests
    done = subprocess.run(
        command,
        cwd=source,
        env=_environment(kind, outcomes),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1) or not outcomes.exists():
        raise RuntimeError(f"pytest ended with {done.returncode}:\n{done.stdout[-4000:]}")
    found = json.loads(outcomes.read_text(encoding="utf-8"))
    outcomes.unlink()
    return Run(found["outcomes"], found["reasons"])


def _processors() -> int:
    """Return how many processors this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _environment(kind: Kind, outcomes: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    (freezegun,) = CACHE.glob("freezegun-*.whl")
    return kept | {
        "TEST_SERVER_MODE": "true",
        "FIDELITY_SERVER": kind,
        "FIDELITY_OUTCOMES": str(outcomes),
        "PYTHONPATH": os.pathsep.join([str(HERE), str(freezegun)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "AWS_CONFIG_FILE": str(CACHE / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(CACHE / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def read_stock() -> Run:
    """Return the stored outcomes of moto's own server."""
    content = json.loads(STOCK_FILE.read_text(encoding="utf-8"))
    outcomes = {
        f"{file}::{test}": outcome
        for file, tests in content["outcomes"].items()
        for outcome, names in tests.items()
        for test in names
    }
    return Run(outcomes, {})


def write_stock(found: Run) -> None:
    """Store the outcomes of moto's own server, by file and outcome."""
    by_file: dict[str, dict[str, list[str]]] = {}
    for test in sorted(found.outcomes):
        file, _, name = test.partition("::")
        by_file.setdefault(file, {}).setdefault(found.outcomes[test], []).append(name)
    content = {
        "moto": MOTO_VERSION,
        "made by": "python -m tests.fidelity stock",
        "passed": {suite: found.count(suite, "passed") for suite in SUITES},
        "outcomes": by_file,
    }
    STOCK_FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def losses(stock: Run, ours: Run) -> dict[str, str]:
    """Return the tests that pass against stock moto and not against ours, with the reason."""
    return {
        test: ours.reasons.get(test, "it did not run")
        for test, outcome in stock.outcomes.items()
        if outcome == "passed" and ours.outcomes.get(test) != "passed"
    }


def table(stock: Run, ours: Run) -> str:
    """Return a line for every suite: passed against stock moto, passed against ours, lost."""
    lost = Counter(test.split("/")[1] for test in losses(stock, ours))
    lines = [f"{'suite':14}{'stock':>7}{'ours':>7}{'lost':>7}"]
    for suite, directory in SUITES.items():
        numbers = (stock.count(suite, "passed"), ours.count(suite, "passed"), lost[directory])
        lines.append(f"{suite:14}" + "".join(f"{number:7}" for number in numbers))
    return "\n".join(lines) + "\n"
