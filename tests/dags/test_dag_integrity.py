"""The DAG files: they parse anywhere, and one bad entry stays alone."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag

from redshift_dr.notifications import DRILL_TASKS

ROOT = Path(__file__).parents[2]
GOOD = """\
defaults:
  region_name: us-east-1
  source_account_id: "164543933824"
  target_account_id: "058264155998"
  schedule: "30 1 * * *"
  timezone: Europe/Paris
  owner: warehouse-team
  contact: warehouse@example.com
  alert_topic_arn: arn:aws:sns:us-east-1:164543933824:alerts
clusters:
  orders: {}
  sales:
    schedule: null
"""
BAD = GOOD + "  broken:\n    retention_days: 0\n    typo: 1\n"


@pytest.fixture
def bag_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The DAG files read with another configuration."""

    def read(text: str) -> DagBag:
        path = tmp_path / "clusters.yaml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("REDSHIFT_DR_CONFIG", str(path))
        return DagBag(str(ROOT / "dags"))

    return read


def test_every_cluster_has_its_dag(bag_of: Any) -> None:
    bag = bag_of(GOOD)

    assert bag.import_errors == {}
    assert {"redshift_backup__orders", "redshift_backup__sales"} <= set(bag.dags)


def test_dag_is_what_the_configuration_says(bag_of: Any) -> None:
    dag = bag_of(GOOD).dags["redshift_backup__orders"]

    assert dag.owner == "warehouse-team"
    assert dag.catchup is False
    assert dag.max_active_runs == 1
    assert dag.dagrun_timeout == timedelta(minutes=360 + 30, hours=2)
    assert {"redshift", "backup"} <= dag.tags
    assert "Retry or clear" in dag.doc_md
    assert "contact: warehouse@example.com" in dag.doc_md
    assert dag.timetable.expression == "30 1 * * *"
    assert str(dag.timetable.timezone) == "Europe/Paris"
    assert [task.task_id for task in dag.topological_sort()] == [
        "create_snapshot",
        "wait_for_snapshot",
        "share_snapshot",
        "wait_for_share",
        "prune_snapshots",
    ]


def test_inventories_neither_stop_nor_delay_a_backup(bag_of: Any) -> None:
    dag = bag_of(GOOD.replace("owner:", "drill: {}\n  owner:")).dags["redshift_backup__orders"]
    before, after = (dag.get_task(f"record_inventory_{moment}") for moment in ("before", "after"))
    create = dag.get_task("create_snapshot")

    assert create.upstream_task_ids == {"record_inventory_before"}
    assert create.trigger_rule == "all_done"
    assert before.retries == 0
    assert before.execution_timeout == timedelta(seconds=90)
    assert after.upstream_task_ids == {"create_snapshot", "record_inventory_before"}
    assert after.downstream_task_ids == set()
    assert after.is_teardown
    assert not after.on_failure_fail_dagrun


def test_drill_has_a_dag_only_where_it_is_configured(bag_of: Any) -> None:
    drill = "    drill: {schedule: '0 7 * * MON'}\n"
    bag = bag_of(GOOD.replace("  orders: {}\n", f"  orders:\n{drill}"))

    dag = bag.dags["redshift_restore_validation__orders"]
    assert "redshift_restore_validation__sales" not in bag.dags
    assert (dag.timetable.expression, str(dag.timetable.timezone)) == (
        "0 7 * * MON",
        "Europe/Paris",
    )
    assert (dag.catchup, dag.max_active_runs, dag.dagrun_timeout) == (False, 1, None)
    assert [task.task_id for task in dag.topological_sort()] == list(DRILL_TASKS)


def test_deletion_evidence_and_verdict_are_teardowns_without_a_setup_that_could_skip_them(
    bag_of: Any,
) -> None:
    drill = "    drill: {}\n"
    dag = bag_of(GOOD.replace("  orders: {}\n", f"  orders:\n{drill}")).dags[
        "redshift_restore_validation__orders"
    ]

    teardowns = {task.task_id for task in dag.tasks if task.is_teardown}
    assert teardowns == {"delete_cluster", "record_evidence", "verdict"}
    assert not [task for task in dag.tasks if task.is_setup]
    assert all(dag.get_task(name).on_failure_fail_dagrun for name in teardowns)
    assert dag.get_task("delete_cluster").retries == 4


def test_one_bad_entry_of_the_configuration_stops_no_other_cluster(bag_of: Any) -> None:
    bag = bag_of(BAD)

    assert {"redshift_backup__orders", "redshift_backup__sales"} <= set(bag.dags)
    assert "redshift_backup__broken" not in bag.dags
    ((name, error),) = bag.import_errors.items()
    assert Path(name).name == "redshift_configuration.py"
    assert "cluster broken: retention_days is 0" in error
    assert "cluster broken: typo is not a known field" in error


def fleet_of(clusters: int, *, drill: str = "{}", broken: str = "") -> str:
    """A configuration of that many clusters; one of them may be broken."""
    defaults = GOOD.partition("clusters:")[0]
    entries = [
        f"  {name}:\n    retention_days: {0 if name == broken else 7}\n"
        for name in (f"cluster-{number}" for number in range(1, clusters + 1))
    ]
    return f"{defaults}  drill: {drill}\nclusters:\n{''.join(entries)}"


def test_fifty_clusters_have_all_their_dags(bag_of: Any) -> None:
    bag = bag_of(fleet_of(50))

    assert bag.import_errors == {}
    assert set(bag.dags) == {
        f"{kind}__cluster-{number}"
        for kind in ("redshift_backup", "redshift_restore_validation")
        for number in range(1, 51)
    }


def test_one_broken_of_fifty_clusters_is_one_import_error_with_line_cluster_and_field(
    bag_of: Any, tmp_path: Path
) -> None:
    text = fleet_of(50, drill="null", broken="cluster-17")
    line = text.splitlines().index("    retention_days: 0") + 1

    bag = bag_of(text)

    assert len(bag.dags) == 49
    assert not [name for name in bag.dags if name.endswith("__cluster-17")]
    ((name, error),) = bag.import_errors.items()
    assert Path(name).name == "redshift_configuration.py"
    assert "1 fault in the configuration" in error
    file = tmp_path / "clusters.yaml"
    assert f"{file}:{line}: cluster cluster-17: retention_days is 0" in error


def test_unreadable_configuration_is_one_import_error(bag_of: Any) -> None:
    bag = bag_of("clusters: [")

    assert [Path(name).name for name in bag.import_errors] == ["redshift_configuration.py"]


def test_parsing_needs_no_aws_and_no_connection(
    bag_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_keywords: object) -> None:
        raise AssertionError("a DAG file made an AWS client while it was parsed")

    monkeypatch.setattr("boto3.session.Session.__init__", refuse)
    monkeypatch.setattr("airflow.sdk.bases.hook.BaseHook.get_connection", refuse)

    assert bag_of(GOOD).import_errors == {}


def test_plugins_folder_runs_nothing_of_the_package() -> None:
    ignored = (ROOT / "plugins" / ".airflowignore").read_text(encoding="utf-8").split()

    assert "redshift_dr/" in ignored
