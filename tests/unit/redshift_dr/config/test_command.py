"""``python -m redshift_dr.config check``: what it prints, and what it finds."""

from pathlib import Path

import pytest

from redshift_dr.config.__main__ import main
from tests.unit.redshift_dr.config import samples

DEFAULTS = samples.DEFAULTS + "  drill: {node_type: ra3.large, deadlines: {copy_minutes: 7}}\n"
CLUSTERS = """\
clusters:
  one: {}
  two:
    retention_days: 30
    schedule: null
    drill: {node_type: ra3.xlplus, freshness: [{column: a.b.c, maximum_age_hours: 48}]}
  three: {drill: null}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration without faults."""
    path = tmp_path / "clusters.yaml"
    path.write_text(DEFAULTS + CLUSTERS, encoding="utf-8")
    return path


def add(file: Path, name: str, text: str) -> Path:
    """A file beside the configuration."""
    path = file.parent / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def settings_below(text: str, heading: str) -> dict[str, str]:
    """The lines of a block, by setting; a mark stays with its setting."""
    block = text.partition(f"{heading}\n")[2].partition("\n\n")[0]
    lines = [line for line in block.splitlines() if line.startswith(("  ", "* "))]
    return {name: value for name, _, value in (line[2:].partition("  ") for line in lines)} | {
        f"*{line[2:].split()[0]}": "" for line in lines if line.startswith("*")
    }


def test_overview_has_a_row_for_each_cluster(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(file, "validation/two/rows.sql", "-- name: rows\nSELECT 1")

    assert main(["check", str(file)]) == 0

    told = capsys.readouterr()
    first, header, *rows = told.out.splitlines()[:5]
    assert first == str(file)
    assert header.split()[:2] == ["cluster_identifier", "source_account_id"]
    assert [row.split()[0] for row in rows] == ["one", "two", "three"]
    assert [row.split()[-1] for row in rows] == ["0", "1", "0"]
    assert told.out.splitlines()[-1] == "good: 3 clusters usable"
    assert told.err == ""


def test_what_a_cluster_sets_otherwise_is_told_apart_from_what_holds_for_all(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", str(file)])

    told = capsys.readouterr().out
    common = settings_below(told, "every cluster that sets nothing else:")
    assert (common["retention_days"].strip(), common["drill.node_type"].strip()) == (
        "7",
        "ra3.large",
    )
    assert common["drill.deadlines.copy_minutes"].strip() == "7"
    two = settings_below(told, "two sets:")
    assert {name: value.strip() for name, value in two.items()} == {
        "schedule": "null",
        "retention_days": "30",
        "drill.node_type": "ra3.xlplus",
        "drill.freshness": "[{column: a.b.c, maximum_age_hours: 48}]",
    }
    assert settings_below(told, "three sets:")["drill"].strip() == "null"
    assert "\none sets nothing else\n" in told


def test_one_cluster_is_shown_in_whole_with_its_own_settings_marked(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(file), "--cluster", "two"]) == 0

    told = capsys.readouterr().out
    shown = settings_below(told, "two:")
    assert shown["retention_days"].strip() == "30"
    assert shown["drill.deadlines.copy_minutes"].strip() == "7"
    assert {name for name in shown if name.startswith("*")} == {
        "*schedule",
        "*retention_days",
        "*drill.node_type",
        "*drill.freshness",
    }
    assert "one" not in told.split()


def test_cluster_that_is_not_there_is_bad_input(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(file), "--cluster", "four"]) == 3

    assert f"{file}: has no usable cluster four" in capsys.readouterr().err


def test_faults_are_named_on_standard_error_and_the_rest_is_shown(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f"{DEFAULTS}clusters:\n  one: {{}}\n  two:\n    retention_days: 0\n")

    assert main(["check", str(file)]) == 3

    told = capsys.readouterr()
    assert "one" in told.out
    assert f"{file}:13: cluster two: retention_days is 0" in told.err
    assert told.err.splitlines()[-1] == "1 fault: 1 cluster usable"


def test_faults_of_the_sql_checks_and_messages_are_named_with_file_and_line(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = add(file, "validation/one/rows.sql", "-- name: rows\n-- severity: bad\nDELETE FROM t")
    message = add(file, "alerts/failed.txt.jinja", "{{ cluster }}\n{% if late %}\n{{ slot }\n")

    assert main(["check", str(file)]) == 3

    told = capsys.readouterr().err
    assert f"{checks}:2: severity is 'bad'" in told
    assert f"{checks}:3: is DELETE, not a SELECT" in told
    assert f"{message}:3: is not a Jinja template: " in told
    assert told.splitlines()[-1] == "3 faults: 3 clusters usable"


def test_clusters_share_a_folder_of_sql_checks_whose_faults_are_told_once(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = "{drill: {checks_folder: shared}}"
    file.write_text(f"{DEFAULTS}clusters: {{one: {shared}, two: {shared}}}\n", encoding="utf-8")
    add(file, "validation/shared/good.sql", "-- name: rows\nSELECT 1")
    bad = add(file, "validation/shared/bad.sql", "-- name: other\nDROP TABLE t")

    assert main(["check", str(file)]) == 3

    told = capsys.readouterr()
    assert [row.split()[-1] for row in told.out.splitlines()[2:4]] == ["1", "1"]
    assert told.err.splitlines() == [
        f"{bad}:2: is DROP, not a SELECT",
        "1 fault: 2 clusters usable",
    ]


def test_folder_of_sql_checks_that_is_not_there_is_a_fault(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clusters = "clusters: {one: {drill: {checks_folder: sharde}}}\n"
    file.write_text(f"{DEFAULTS}{clusters}", encoding="utf-8")

    assert main(["check", str(file)]) == 3

    assert "cluster one: drill.checks_folder is sharde, and there is no " in capsys.readouterr().err


def test_file_that_cannot_be_read_at_all_is_one_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path / "none.yaml")]) == 3

    assert capsys.readouterr().err.splitlines()[-1] == "1 fault: 0 clusters usable"


@pytest.mark.parametrize(
    ("notifier", "expected"),
    [
        ("{path: airflow.sdk.NoSuchNotifier}", "cannot be imported"),
        ("{path: airflow.sdk.Asset}", "is no notifier"),
        ("{path: airflow.providers.amazon.aws.notifications.sns.SnsNotifier}", "target_arn"),
        (
            "{path: airflow.providers.amazon.aws.notifications.sqs.SqsNotifier, "
            "arguments: {queue_url: x, message_body: y}}",
            None,
        ),
    ],
)
def test_check_makes_sure_of_every_further_notifier(
    file: Path, capsys: pytest.CaptureFixture[str], notifier: str, expected: str | None
) -> None:
    file.write_text(DEFAULTS + f"clusters:\n  a:\n    notifiers: [{notifier}]\n", encoding="utf-8")

    code = main(["check", str(file)])

    assert code == (0 if expected is None else 3)
    assert (expected or "good: 1 cluster") in "".join(capsys.readouterr())
