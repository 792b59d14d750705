"""The DAG files: they parse anywhere, and one bad entry stays alone."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.providers.standard.operators.hitl import HITLOperator

from redshift_dr.documentation import APPROVAL_RUNBOOK, BACKUP_RUNBOOK, DRILL_RUNBOOK, Runbook
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
KINDS = ("redshift_backup", "redshift_restore_validation", "redshift_release_hold")
"""The DAGs of a cluster, as far as nothing else is configured."""


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
    assert dag.timetable.expression == "30 1 * * *"
    assert str(dag.timetable.timezone) == "Europe/Paris"
    assert [task.task_id for task in dag.topological_sort()] == [
        "create_snapshot",
        "wait_for_snapshot",
        "share_snapshot",
        "wait_for_share",
        "prune_snapshots",
    ]


def test_every_dag_shows_its_configuration_and_a_runbook_and_every_task_what_it_does(
    bag_of: Any,
) -> None:
    text = GOOD.replace("owner:", "drill: {}\n  approvals: {prune: true}\n  owner:", 1)
    dags = bag_of(text).dags

    assert len(dags) == 8
    for dag in dags.values():
        assert "| contact | `warehouse@example.com` |" in dag.doc_md
        assert "## Runbook" in dag.doc_md
        assert "<" not in dag.doc_md
        assert all(len(task.doc_md.split()) > 20 for task in dag.tasks)
    backup = dags["redshift_backup__orders"].doc_md
    assert "| deadlines.snapshot_minutes | `360` |" in backup
    assert "| schedule | `30 1 * * *` |" in backup
    drill = dags["redshift_restore_validation__orders"].doc_md
    assert "| drill.deadlines.restore_minutes | `360` |" in drill


@pytest.mark.parametrize(
    ("kinds", "runbook"),
    [
        (["redshift_backup"], BACKUP_RUNBOOK),
        (["redshift_restore_validation"], DRILL_RUNBOOK),
        (["redshift_prune_approval", "redshift_release_hold"], APPROVAL_RUNBOOK),
    ],
)
def test_runbook_names_tasks_that_are_there(
    bag_of: Any, kinds: list[str], runbook: Runbook
) -> None:
    text = GOOD.replace("owner:", "drill: {}\n  approvals: {prune: true}\n  owner:", 1)
    dags = bag_of(text).dags

    there = {task.task_id for kind in kinds for task in dags[f"{kind}__orders"].tasks}
    named = {task_id for tasks, _, _ in runbook for task_id in tasks.split(", ")}
    assert named - {"any"} <= there


def test_backup_has_a_deadline_unless_the_configuration_says_otherwise(bag_of: Any) -> None:
    dags = bag_of(GOOD.replace("schedule: null", "late_after_minutes: null")).dags

    (alert,) = dags["redshift_backup__orders"].deadline
    assert (alert.name, alert.interval) == ("backup_late", timedelta(minutes=240))
    assert not dags["redshift_backup__sales"].deadline


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


def test_approval_of_a_prune_has_a_dag_only_where_it_is_configured(bag_of: Any) -> None:
    dags = bag_of(GOOD.replace("  orders: {}\n", "  orders: {approvals: {prune: true}}\n")).dags

    assert "redshift_prune_approval__sales" not in dags
    dag = dags["redshift_prune_approval__orders"]
    assert [task.task_id for task in dag.topological_sort()] == [
        "plan_prune",
        "approve_prune",
        "prune_snapshots",
    ]
    assert set(dag.params) == {"retention_days", "target_account_ids"}
    assert not dag.is_paused_upon_creation


def test_backup_never_waits_for_a_person(bag_of: Any) -> None:
    dags = bag_of(GOOD.replace("owner:", "approvals: {prune: true}\n  owner:")).dags

    asking = {
        name
        for name, dag in dags.items()
        if any(isinstance(task, HITLOperator) for task in dag.tasks)
    }
    assert asking == {
        *(f"redshift_prune_approval__{cluster}" for cluster in ("orders", "sales")),
        *(f"redshift_release_hold__{cluster}" for cluster in ("orders", "sales")),
    }


def test_question_is_answered_or_fails_before_its_run_is_ended(bag_of: Any) -> None:
    text = GOOD.replace("owner:", "approvals: {prune: true, timeout_hours: 168}\n  owner:")
    dag = bag_of(text).dags["redshift_prune_approval__orders"]

    assert dag.get_task("approve_prune").response_timeout == timedelta(days=7)
    assert dag.dagrun_timeout > timedelta(days=7)


@pytest.mark.parametrize(
    ("release", "tasks"),
    [
        ("true", ["plan_release", "approve_release", "release_hold"]),
        ("false", ["plan_release", "release_hold"]),
    ],
)
def test_release_of_a_hold_asks_as_configured(bag_of: Any, release: str, tasks: list[str]) -> None:
    approvals = f"approvals: {{release: {release}}}"
    dag = bag_of(GOOD.replace("  orders: {}\n", f"  orders: {{{approvals}}}\n")).dags[
        "redshift_release_hold__orders"
    ]

    assert [task.task_id for task in dag.topological_sort()] == tasks


def test_every_task_runs_in_the_clusters_pool(bag_of: Any) -> None:
    dags = bag_of(GOOD.replace("owner:", "pool: redshift\n  drill: {}\n  owner:")).dags

    assert {task.pool for dag in dags.values() for task in dag.tasks} == {"redshift"}


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
        f"{kind}__cluster-{number}" for kind in KINDS for number in range(1, 51)
    }


def test_one_broken_of_fifty_clusters_is_one_import_error_with_line_cluster_and_field(
    bag_of: Any, tmp_path: Path
) -> None:
    text = fleet_of(50, drill="null", broken="cluster-17")
    line = text.splitlines().index("    retention_days: 0") + 1

    bag = bag_of(text)

    # Without drills: the backup, and the release of holds.
    assert len(bag.dags) == 2 * 49
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
