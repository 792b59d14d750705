"""A warm process in a copy of the repository: it forks once for each mutant and runs its tests.

Speaks JSON lines: one job on standard input, one result on standard output. What is not part of
the project is imported before the first fork, so that a mutant costs its own tests and no more.
"""

import gc
import importlib
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

# Imported once, for every fork. Nothing of the project itself: each mutant imports that anew.
WARM = (
    "pytest",
    "boto3",
    "hypothesis",
    "jsonschema",
    "aws_lambda_powertools",
    "moto.server",
    "moto.redshift.models",
    "moto.kms.models",
    "moto.sts.models",
    "duckdb",
    "sqlglot",
    "airflow.sdk",
    "airflow.providers.amazon.aws.operators.lambda_function",
    "airflow.providers.amazon.aws.hooks.redshift_cluster",
    "airflow.providers.amazon.aws.sensors.base_aws",
    "airflow.timetables.trigger",
    "airflow.dag_processing.dagbag",
    # Ours, but never mutated.
    "sandbox.server",
)
PROJECT = ("redshift_backup", "redshift_dr", "sandbox", "tests")


def main() -> None:
    """Serve jobs until standard input ends."""
    root = Path.cwd()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever a library prints belongs to nobody; the answers have a channel of their own.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.dont_write_bytecode = True
    _use_only(root)
    for name in WARM:
        importlib.import_module(name)
    # A fork that never collects what was there before it neither scans nor copies it.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        answers.write(json.dumps(_in_a_fork(root, json.loads(line))) + "\n")
        answers.flush()


def _use_only(root: Path) -> None:
    """Import the project from the copy alone, although the checkout is installed too."""
    checkout = Path(os.environ["MUTATION_CHECKOUT"])
    outside = {str(checkout / one).rstrip("/") for one in ("", "lambda", "plugins")}
    # Where this script lies: its neighbours are no top-level modules.
    outside.add(str(Path(__file__).parent))
    kept = [path for path in sys.path if path and path.rstrip("/") not in outside]
    ours = [str(root / "lambda"), str(root / "plugins"), str(root)]
    sys.path[:] = [*ours, *(path for path in kept if path not in ours)]
    for name in list(sys.modules):
        if name.split(".")[0] in PROJECT:
            del sys.modules[name]
    importlib.invalidate_caches()


def _in_a_fork(root: Path, job: dict[str, Any]) -> dict[str, Any]:
    originals = {name: (root / name).read_text(encoding="utf-8") for name in job["files"]}
    report = root / ".mutation-report.json"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    try:
        for name, text in job["files"].items():
            (root / name).write_text(text, encoding="utf-8")
        hangs = _run_child(root, job, report)
    finally:
        for name, text in originals.items():
            (root / name).write_text(text, encoding="utf-8")
    outcome: dict[str, Any] = {"fault": f"no answer within {job['most_seconds']} seconds"}
    if not hangs:
        outcome = {"fault": "the process of the tests died without a report"}
        if report.exists():
            outcome = json.loads(report.read_text(encoding="utf-8"))
    return outcome | {"seconds": time.monotonic() - started}


def _run_child(root: Path, job: dict[str, Any], report: Path) -> bool:
    """Fork, wait for the child, and tell whether it had to be ended."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        try:
            report.write_text(json.dumps(_run_tests(root, job)), encoding="utf-8")
        except BaseException:  # noqa: BLE001 - a fork that died without a word tells nothing
            report.write_text(json.dumps({"fault": traceback.format_exc()}), encoding="utf-8")
        finally:
            os._exit(0)
    end = time.monotonic() + job["most_seconds"]
    while time.monotonic() < end:
        if os.waitpid(child, os.WNOHANG)[0]:
            _end_group(child)
            return False
        time.sleep(0.005)
    _end_group(child)
    os.waitpid(child, 0)
    return True


def _end_group(leader: int) -> None:
    # Functions that the sandbox runs are processes of their own, in the child's group.
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _run_tests(root: Path, job: dict[str, Any]) -> dict[str, Any]:
    """Run in the fork: import what was mutated, then the tests; return what became of each."""
    import pytest

    for module in job["modules"]:
        try:
            importlib.import_module(module)
        except Exception:  # noqa: BLE001 - whatever a mutant raises at import is the finding
            return {"fault": f"the mutant cannot be imported:\n{traceback.format_exc()}"}
    recorder = _Recorder()
    arguments = ["-q", "--tb=short", "-p", "no:cacheprovider", "-p", "pytest_timeout"]
    arguments += ["-p", "_hypothesis_pytestplugin", "-o", "timeout=0"]
    code = pytest.main([*arguments, *job["tests"]], plugins=[recorder])
    strays = [
        str(module.__file__)
        for name, module in list(sys.modules.items())
        if name.split(".")[0] in PROJECT
        and getattr(module, "__file__", None)
        and not str(module.__file__).startswith(str(root))
    ]
    if strays:
        return {"fault": f"imported from outside the copy: {', '.join(strays[:3])}"}
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not recorder.results:
        return {"fault": f"pytest ended with {code!s}: {recorder.errors or 'no test was run'}"}
    return {"results": recorder.results, "errors": recorder.errors}


class _Recorder:
    """Keeps, for each test, whether it passed, and by what kind of error it failed."""

    def __init__(self) -> None:
        self.results: list[dict[str, str]] = []
        self.errors: list[str] = []

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        if call.excinfo is not None and call.excinfo.typename != "Skipped":
            kinds = [kind.__name__ for kind in call.excinfo.type.__mro__]
            text = str(call.excinfo.value).strip()
            self._add(item.nodeid, call.when, ",".join(kinds), text)
        elif call.when == "call" or call.excinfo is not None:
            self._add(item.nodeid, call.when, "Skipped" if call.excinfo else "", "")

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.errors.append(str(report.longrepr)[-2000:])

    def _add(self, test: str, when: str, kinds: str, text: str) -> None:
        self.results.append({"test": test, "when": when, "kinds": kinds, "text": text[:500]})


if __name__ == "__main__":
    main()
