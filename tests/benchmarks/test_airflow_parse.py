"""The arithmetic and the input of the parse benchmark."""

from pathlib import Path

import pytest

from benchmarks.airflow_parse import clusters_file, fit, parse, parse_environment
from redshift_dr.config import load_fleet


@pytest.mark.parametrize("number", [1, 10, 50])
def test_configuration_of_many_clusters_is_good(tmp_path: Path, number: int) -> None:
    path = tmp_path / "clusters.yaml"
    path.write_text(clusters_file(number), encoding="utf-8")

    fleet = load_fleet(path)

    assert fleet.faults == ()
    assert len(fleet.clusters) == number


def test_fleets_on_a_straight_line_cost_the_same_for_each_dag() -> None:
    line = fit({1: 1.05, 10: 1.5, 50: 3.5})

    assert (line.start, line.per_dag) == (pytest.approx(1.0), pytest.approx(0.05))
    assert line.r_squared == pytest.approx(1.0)
    assert line.at(20) == pytest.approx(2.0)


def test_fleets_that_cost_ever_more_are_off_the_line() -> None:
    seconds = {number: number**2 / 1000 for number in (1, 10, 50)}
    line = fit(seconds)

    assert line.r_squared < 0.99
    assert seconds[10] / line.at(10) < 0.5


def test_process_that_fails_is_an_error_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 3:\nno such thing"):
        parse(
            ["-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"],
            parse_environment(tmp_path),
        )


def test_time_of_a_process_is_wall_clock_and_cpu(tmp_path: Path) -> None:
    measured = parse(
        ["-c", "import time; time.sleep(0.3); print('done')"], parse_environment(tmp_path)
    )

    assert measured.output == "done\n"
    assert measured.seconds >= 0.3
    assert measured.cpu_seconds < measured.seconds
