"""Where the task ``validate`` takes a cluster's SQL checks from."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from redshift_dr.config import ClusterConfig, DrillConfig
from redshift_dr.operators.validate import RedshiftValidateOperator
from redshift_dr.validation.checks import Check
from tests.unit.redshift_dr.fakes import FakeTaskInstance

RESULTS = {"selected": {"a": 1}, "restored": {"a": 1}, "available": {"a": 1}}


@pytest.fixture
def validate(cluster: ClusterConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the task for a cluster with this folder; what it hands to the queries."""
    (tmp_path / "clusters.yaml").write_text("clusters: {}", encoding="utf-8")
    monkeypatch.setenv("REDSHIFT_DR_CONFIG", str(tmp_path / "clusters.yaml"))

    def run(folder: str | None) -> list[str]:
        drill = DrillConfig(checks_folder=folder)
        operator = RedshiftValidateOperator(
            task_id="validate", cluster=cluster.model_copy(update={"drill": drill}), **RESULTS
        )
        found: list[str] = []

        def keep(checks: Any) -> tuple[list[Check], int]:
            found.extend(check.name for check in checks)
            return [Check("tables", "inventory", "error", "passed", "as they were")], 0

        monkeypatch.setattr(operator, "_run", keep)
        context: Any = {
            "dag": SimpleNamespace(fileloc=str(tmp_path / "dags" / "x.py")),
            "ti": FakeTaskInstance(),
        }
        operator.execute(context)
        return found

    return run


def write(tmp_path: Path, folder: str) -> None:
    path = tmp_path / "validation" / folder / "rows.sql"
    path.parent.mkdir(parents=True)
    path.write_text(f"-- name: of {folder}\nSELECT 1", encoding="utf-8")


def test_checks_are_those_of_the_cluster_or_of_the_folder_that_is_named(
    validate: Any, tmp_path: Path
) -> None:
    write(tmp_path, "aca-redshift-cluster")
    write(tmp_path, "shared")

    assert validate(None) == ["of aca-redshift-cluster"]
    assert validate("shared") == ["of shared"]


def test_cluster_without_a_folder_has_no_sql_checks(validate: Any) -> None:
    assert validate(None) == []


def test_folder_that_is_named_and_not_there_fails_the_drill(validate: Any) -> None:
    with pytest.raises(AirflowFailException, match="checks_folder is sharde, and there is no "):
        validate("sharde")
