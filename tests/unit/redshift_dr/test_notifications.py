"""The page for a failed run."""

import logging
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.amazon.aws.hooks.sns import SnsHook
from botocore.exceptions import ClientError

from redshift_dr.config import ClusterConfig, find_configuration
from redshift_dr.notifications import (
    RedshiftBackupFailedNotifier,
    RedshiftDrillFailedNotifier,
    subject_of,
)
from tests.unit.redshift_dr.fakes import FakeDagRun, FakeTaskInstance

TEMPLATE = find_configuration().parent / "alerts" / "backup_failed.txt.jinja"


class FakeDag:
    """A DAG as the callback of ``dag.test()`` sees it: without a template environment."""

    dag_id = "redshift_backup__aca-redshift-cluster"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []

    def publish(_hook: object, **message: Any) -> None:
        messages.append(message)

    monkeypatch.setattr(SnsHook, "publish_to_target", publish)
    return messages


def failed_run() -> Any:
    ti = FakeTaskInstance(
        task_id="wait_for_snapshot",
        pulled={
            ("wait_for_snapshot", "failure"): {
                "error": "snapshot-1 is failed",
                "next_step": "clear",
            },
            ("create_snapshot", "return_value"): {"snapshot_id": "snapshot-1"},
        },
    )
    run = FakeDagRun()
    return {
        "dag": FakeDag(),
        "dag_run": run,
        "run_id": run.run_id,
        "ti": ti,
        "reason": "task_failure",
    }


def test_page_names_everything_a_person_needs(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    RedshiftBackupFailedNotifier(cluster=cluster, template=TEMPLATE)(failed_run())

    (page,) = published
    for expected in (
        "First step: clear",
        "snapshot-1 is failed",
        "aca-redshift-cluster",
        "164543933824",
        "058264155998",
        "2026-11-20T02:00:00Z",
        "redshift_backup__aca-redshift-cluster",
        "manual__2026-11-20T02:10:00+00:00",
        "wait_for_snapshot",
        "http://localhost:8080/log",
        "data-platform@example.com",
    ):
        assert expected in page["message"]
    assert page["target_arn"] == cluster.alert_topic_arn
    assert page["message_attributes"] == {
        "severity": "critical",
        "cluster": "aca-redshift-cluster",
        "kind": "backup_failed",
    }


def test_page_goes_out_for_a_run_that_never_had_a_task(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    context: Any = {"dag": FakeDag(), "run_id": "scheduled__x", "reason": "timed_out"}

    RedshiftBackupFailedNotifier(cluster=cluster, template=TEMPLATE)(context)

    assert "timed_out" in published[0]["message"]
    assert "scheduled__x" in published[0]["message"]


def test_page_of_a_run_that_took_too_long_says_so(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    RedshiftBackupFailedNotifier(cluster=cluster, template=TEMPLATE)(
        {**failed_run(), "reason": "timed_out"}
    )

    (page,) = published
    assert "the run took longer than it may" in page["message"]
    assert "First step: Look which task was waiting" in page["message"]


@pytest.mark.parametrize(
    "text",
    ["{{ ds }}", "{% if %}", "{{ cluster_identifier + 1 }}", "{{ slot.nothing.here }}", None],
)
def test_broken_or_missing_template_falls_back_to_plain_text(
    cluster: ClusterConfig, published: list[dict[str, Any]], tmp_path: Path, text: str | None
) -> None:
    template = tmp_path / "broken.jinja"
    if text is not None:
        template.write_text(text, encoding="utf-8")

    RedshiftBackupFailedNotifier(cluster=cluster, template=template)(failed_run())

    assert "error: snapshot-1 is failed" in published[0]["message"]
    assert "cluster_identifier: aca-redshift-cluster" in published[0]["message"]


def test_outage_of_sns_leaves_the_page_in_the_log_as_an_error(
    cluster: ClusterConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_hook: object, **_message: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalError", "Message": "down"}}, "Publish")

    lines: list[tuple[int, str]] = []
    notifier = RedshiftBackupFailedNotifier(cluster=cluster, template=TEMPLATE)
    monkeypatch.setattr(SnsHook, "publish_to_target", refuse)
    monkeypatch.setattr(
        notifier.log,
        "error",
        lambda text, *arguments: lines.append((logging.ERROR, text % arguments)),
    )

    with pytest.raises(ClientError):
        notifier(failed_run())

    assert any("snapshot-1 is failed" in line for _, line in lines)


def test_subject_stays_within_what_sns_accepts() -> None:
    subject = subject_of(
        "Redshift backup failed", {"cluster_identifier": "ä" * 200, "task_id": "x\ny"}
    )

    assert len(subject) < 100
    assert subject.isascii()
    assert "\n" not in subject


def failed_drill(**pulled: Any) -> Any:
    """A drill whose last task failed, as it does whatever the cause."""
    ti = FakeTaskInstance(
        task_id="verdict",
        pulled={
            ("select_snapshot", "return_value"): {"snapshot_id": "snapshot-1"},
            ("validate", "failure"): {"error": "2 checks failed", "next_step": "Look at them."},
            ("verdict", "failure"): {"error": "validation failed", "next_step": "Read on."},
            **{(task, "return_value"): value for task, value in pulled.items()},
        },
    )
    return {**failed_run(), "ti": ti}


def test_page_of_a_drill_tells_what_the_first_failed_task_left(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    template = TEMPLATE.with_name("drill_failed.txt.jinja")
    context = failed_drill(
        delete_cluster={"deleted": True, "deleted_at": "2026-11-29T07:00:00Z"},
        record_evidence={"evidence_uri": "s3://bucket/evidence.json"},
    )

    RedshiftDrillFailedNotifier(cluster=cluster, template=template)(context)

    (page,) = published
    for expected in (
        "First step: Look at them.",
        "2 checks failed",
        "Task:       validate",
        "snapshot-1",
        "drill-aca-redshift-cluster-",
        "deleted at 2026-11-29T07:00:00Z",
        "s3://bucket/evidence.json",
    ):
        assert expected in page["message"]
    assert page["subject"].startswith("Redshift restore test failed: aca-redshift-cluster")
    assert page["message_attributes"]["kind"] == "drill_failed"


def test_page_of_a_drill_says_that_a_cluster_may_still_be_there(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    template = TEMPLATE.with_name("drill_failed.txt.jinja")

    RedshiftDrillFailedNotifier(cluster=cluster, template=template)(failed_drill())

    assert "Deletion:   not on record, it may still be there" in published[0]["message"]


def test_page_of_a_drill_goes_out_for_a_run_that_never_had_a_task(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    template = TEMPLATE.with_name("drill_failed.txt.jinja")
    context: Any = {"dag": FakeDag(), "run_id": "scheduled__x", "reason": "task_failure"}

    RedshiftDrillFailedNotifier(cluster=cluster, template=template)(context)

    assert "scheduled__x" in published[0]["message"]
