"""How long the DAG files take to parse, against the same imports without our code."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import correlation, linear_regression

from benchmarks.airflow_imports import bare_dag_file, sources_under, third_party_imports
from benchmarks.measure import interleave
from benchmarks.row import Context, Row
from demo.processes import clean_environment

ROOT = Path(__file__).resolve().parents[1]
FILES: dict[str, list[str]] = {"redshift_backup": ["bare"], "redshift_configuration": []}
"""The files, and the trivial DAGs that stand for theirs: the second one has none."""
FLEET_FILES = ("redshift_backup", "redshift_restore_validation")
"""The files that make one DAG for each cluster."""
NAME = "airflow_parse"
LIMIT = 1.15
REPETITIONS = 9
CLUSTERS = (1, 10, 50)
FLEET_REPETITIONS = 3
BARE = "a file with the same third-party imports and, where ours makes DAGs, a trivial one"


@dataclass(frozen=True)
class Parse:
    """One fresh process that read one file.

    :ivar seconds: wall clock, from the start of the process to its end.
    :ivar cpu_seconds: user and system time of the process.
    :ivar output: what it printed.
    """

    seconds: float
    cpu_seconds: float
    output: str


def run(context: Context) -> list[Row]:
    """Compare; see the module."""
    repetitions = 2 if context.quick else REPETITIONS
    environment = parse_environment(context.scratch)
    own = sources_under(ROOT / "plugins")
    rows = []
    for name, dag_ids in FILES.items():
        file = ROOT / "dags" / f"{name}.py"
        bare = context.scratch / f"bare_{name}.py"
        statements = third_party_imports(file.read_text(encoding="utf-8"), own)
        bare.write_text(bare_dag_file(statements, dag_ids), encoding="utf-8")
        context.say(f"dags/{name}.py: {repetitions} times, and as often its imports alone")
        rows += _compare(name, file, bare, environment, repetitions)
    return rows + _by_clusters(context, environment)


def parse_environment(scratch: Path) -> dict[str, str]:
    """The environment of a process that parses: an Airflow of its own, and compiled modules."""
    environment = clean_environment(
        {
            "AIRFLOW_HOME": str(scratch / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        }
    )
    # Production keeps the bytecode of what it imports; so do both sides here.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Parse:
    """Run Python in a fresh process.

    :raises RuntimeError: it failed; its errors are in the message.
    """
    before, started = os.times(), time.perf_counter()
    ended = subprocess.run(
        [sys.executable, *arguments],
        env=dict(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds, after = time.perf_counter() - started, os.times()
    if ended.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {ended.returncode}:\n{ended.stderr}")
    user = after.children_user - before.children_user
    system = after.children_system - before.children_system
    return Parse(seconds, user + system, ended.stdout)


def _compare(
    name: str, file: Path, bare: Path, environment: Mapping[str, str], repetitions: int
) -> list[Row]:
    """Three views of one file: imported alone, by wall clock and by CPU, and by the processor."""
    import_ours: list[Parse] = []
    import_bare: list[Parse] = []

    def imported(path: Path, kept: list[Parse]) -> float:
        kept.append(parse([str(path)], environment))
        return kept[-1].seconds

    def processed(path: Path) -> float:
        return parse(["-m", "benchmarks.airflow_process_file", str(path)], environment).seconds

    for path in (file, bare):
        parse([str(path)], environment)
    wall = interleave(
        lambda: imported(file, import_ours), lambda: imported(bare, import_bare), repetitions
    )
    dag_processor = interleave(lambda: processed(file), lambda: processed(bare), repetitions)
    ours_cpu, bare_cpu = ([one.cpu_seconds for one in kept] for kept in (import_ours, import_bare))
    subject = f"{name}.py"
    return [
        _row(f"{subject}, a fresh process", wall.ours.values, wall.floor.values, BARE),
        _row(f"{subject}, CPU of that process", ours_cpu, bare_cpu, BARE),
        _row(
            f"{subject}, as the DAG processor reads it",
            dag_processor.ours.values,
            dag_processor.floor.values,
            f"{BARE}; both with collecting and serializing the DAGs",
        ),
    ]


def _row(subject: str, ours: Sequence[float], floor: Sequence[float], note: str) -> Row:
    return Row(
        name=NAME,
        subject=subject,
        ours=min(ours),
        floor=min(floor),
        unit="seconds",
        limit=LIMIT,
        note=note,
        ours_samples=tuple(ours),
        floor_samples=tuple(floor),
    )


def clusters_file(number: int) -> str:
    """A configuration of that many clusters, beside the example's defaults."""
    example = (ROOT / "include" / "clusters.yaml").read_text(encoding="utf-8")
    defaults, _, _ = example.partition("\nclusters:")
    entries = [f"  cluster-{position}: {{}}" for position in range(1, number + 1)]
    return "\n".join([defaults, "clusters:", *entries, ""])


def _by_clusters(context: Context, environment: Mapping[str, str]) -> list[Row]:
    """How the time grows with the fleet: a straight line is a DAG that costs always the same."""
    rows = []
    for name in FLEET_FILES:
        seconds = {}
        for number in CLUSTERS:
            configuration = context.scratch / f"clusters-{number}.yaml"
            configuration.write_text(clusters_file(number), encoding="utf-8")
            context.say(f"dags/{name}.py for {number} clusters")
            of_fleet = {**environment, "REDSHIFT_DR_CONFIG": str(configuration)}
            repetitions = 1 if context.quick else FLEET_REPETITIONS
            seconds[number] = min(_processing(name, number, of_fleet) for _ in range(repetitions))
        rows += _rows_of_fleets(name, seconds)
    return rows


def _rows_of_fleets(name: str, seconds: Mapping[int, float]) -> list[Row]:
    line = fit(seconds)
    note = (
        f"the floor is the straight line through all fleets, {line.start:.2f} s and "
        f"{line.per_dag * 1000:.1f} ms for each DAG, R² {line.r_squared:.4f}; the whole file took "
        f"{', '.join(f'{value:.2f} s for {number}' for number, value in seconds.items())}"
    )
    return [
        Row(
            name=NAME,
            subject=f"{name}.py, CPU for each DAG of {number}",
            ours=value / number,
            floor=line.at(number) / number,
            unit="seconds",
            note=note,
        )
        for number, value in seconds.items()
    ]


def _processing(name: str, clusters: int, environment: Mapping[str, str]) -> float:
    """CPU seconds of the DAG processor's work, without the start of its process.

    Of the CPU, because a line through three times shows what else the machine did in one of them.

    :raises RuntimeError: it found another number of DAGs.
    """
    file = ROOT / "dags" / f"{name}.py"
    ended = parse(["-m", "benchmarks.airflow_process_file", str(file)], environment)
    answer = json.loads(ended.output.splitlines()[-1])
    if answer["dags"] != clusters:
        raise RuntimeError(f"{file} made {answer['dags']} DAGs for {clusters} clusters")
    seconds: float = answer["cpu_seconds"]
    return seconds


@dataclass(frozen=True)
class Line:
    """A straight line through the times of several fleets.

    :ivar start: seconds that the file takes without any DAG.
    :ivar per_dag: seconds that each DAG adds.
    :ivar r_squared: 1 where the times lie on the line.
    """

    start: float
    per_dag: float
    r_squared: float

    def at(self, dags: int) -> float:
        """Seconds of so many DAGs."""
        return self.start + self.per_dag * dags


def fit(seconds: Mapping[int, float]) -> Line:
    """The line that fits best, by least squares.

    :param seconds: by number of DAGs.
    """
    numbers, times = list(seconds), list(seconds.values())
    found = linear_regression(numbers, times)
    return Line(found.intercept, found.slope, correlation(numbers, times) ** 2)
