"""How long the DAG files take to parse, against the same imports without our code."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.airflow_imports import bare_dag_file, sources_under, third_party_imports
from benchmarks.measure import interleave
from benchmarks.row import Context, Row
from demo.processes import clean_environment

ROOT = Path(__file__).resolve().parents[1]
FILES: dict[str, list[str]] = {"redshift_backup": ["bare"], "redshift_configuration": []}
"""The files, and the trivial DAGs that stand for theirs: the second one has none."""
NAME = "airflow_parse"
LIMIT = 1.15
REPETITIONS = 9
CLUSTERS = (1, 10, 50)
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
    """How the time grows with the fleet: each further DAG costs as much as the first ones."""
    seconds = {}
    for number in CLUSTERS:
        configuration = context.scratch / f"clusters-{number}.yaml"
        configuration.write_text(clusters_file(number), encoding="utf-8")
        context.say(f"dags/redshift_backup.py for {number} clusters")
        seconds[number] = min(
            _processing(number, {**environment, "REDSHIFT_DR_CONFIG": str(configuration)})
            for _ in range(1 if context.quick else 3)
        )
    few, some, many = CLUSTERS
    return [
        Row(
            name=NAME,
            subject=f"each DAG, {some} to {many} clusters against {few} to {some}",
            ours=per_dag(seconds, some, many),
            floor=per_dag(seconds, few, some),
            unit="seconds",
            note="the whole file took "
            + ", ".join(f"{seconds[number]:.2f} s for {number}" for number in CLUSTERS),
        )
    ]


def _processing(clusters: int, environment: Mapping[str, str]) -> float:
    """Seconds that the DAG processor's work takes, without the start of its process.

    :raises RuntimeError: it found another number of DAGs.
    """
    file = ROOT / "dags" / "redshift_backup.py"
    ended = parse(["-m", "benchmarks.airflow_process_file", str(file)], environment)
    answer = json.loads(ended.output.splitlines()[-1])
    if answer["dags"] != clusters:
        raise RuntimeError(f"{file} made {answer['dags']} DAGs for {clusters} clusters")
    seconds: float = answer["seconds"]
    return seconds


def per_dag(seconds: Mapping[int, float], few: int, many: int) -> float:
    """What one further DAG costs, from the times of two fleets.

    :param seconds: by number of clusters.
    """
    return (seconds[many] - seconds[few]) / (many - few)
