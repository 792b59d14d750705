"""The page for a failed run."""

import logging
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.amazon.aws.hooks.sns import SnsHook
from botocore.exceptions import ClientError

from redshift_dr.config import ClusterConfig
from redshift_dr.notifications import RedshiftBackupFailedNotifier, RedshiftDrillFailedNotifier
from redshift_dr.notifications.base import subject_of
from redshift_dr.notifications.facts import NO_GOOD_COPY
from redshift_dr.notifications.incidents import KEY_PREFIX, Record, dag_key
from tests.unit.redshift_dr.fakes import FakeTaskInstance
from tests.unit.redshift_dr.notifications.world import (
    ALERTS,
    BACKUP,
    EXPIRED,
    FakeDag,
    FakeMemory,
    failed_run,
)

TEMPLATE = ALERTS / "backup_failed.txt.jinja"
RUN = "manual__2026-11-20T02:10:00+00:00"


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
        "account": "164543933824",
        "incident": f"{BACKUP}/{RUN}",
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


def test_page_tells_the_age_of_the_newest_copy_of_all_runs(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    copies = [
        {"snapshot_id": f"snapshot-{day}", "snapshot_create_time": f"2026-11-{day}T02:00:00+00:00"}
        for day in (18, 19, 17)
    ]

    RedshiftBackupFailedNotifier(cluster=cluster, template=TEMPLATE)(
        failed_run(wait_for_share=copies)
    )

    assert "min old: snapshot-19, taken 2026-11-19T02:00:00Z" in published[0]["message"]


def test_age_of_the_newest_copy_is_never_invented(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    RedshiftBackupFailedNotifier(cluster=cluster, template=TEMPLATE)(failed_run())

    assert f"Good copy:  {NO_GOOD_COPY}" in published[0]["message"]


def others(cluster: ClusterConfig, count: int) -> list[ClusterConfig]:
    """Clusters with the same connection and function."""
    return [
        cluster.model_copy(update={"cluster_identifier": f"cluster-{number:02}"})
        for number in range(count)
    ]


def page_of(cluster: ClusterConfig, memory: FakeMemory, failure: dict[str, str]) -> None:
    """Let a cluster's run fail."""
    dag_id = f"redshift_backup__{cluster.cluster_identifier}"
    RedshiftBackupFailedNotifier(cluster=cluster, template=TEMPLATE, memory=memory)(
        failed_run(failure, dag_id=dag_id)
    )


def test_shared_fault_on_fifty_clusters_is_one_page(
    cluster: ClusterConfig, published: list[dict[str, Any]], pauses: list[float]
) -> None:
    memory = FakeMemory()

    for one in others(cluster, 50):
        page_of(one, memory, EXPIRED)

    (page,) = published
    assert page["message_attributes"]["incident"] == (
        "credentials/aws_source/us-east-1/aca-redshift-backup"
    )
    assert page["message_attributes"]["cluster"] == "*"
    assert "every cluster that uses connection aws_source" in page["message"]
    assert pauses == [2.0]
    assert len([key for key in memory.records if key.startswith(f"{KEY_PREFIX}redshift_")]) == 50


def test_own_faults_of_fifty_clusters_are_fifty_pages(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    memory = FakeMemory()

    for one in others(cluster, 50):
        page_of(one, memory, {"error": "snapshot-1 is failed", "next_step": "clear"})

    assert len({page["message_attributes"]["incident"] for page in published}) == 50


def test_shared_fault_that_could_not_be_paged_is_paged_by_the_next_cluster(
    cluster: ClusterConfig, published: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = FakeMemory()
    first, second = others(cluster, 2)

    def refuse(_hook: object, **_message: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalError", "Message": "down"}}, "Publish")

    with monkeypatch.context() as outage:
        outage.setattr(SnsHook, "publish_to_target", refuse)
        with pytest.raises(ClientError):
            page_of(first, memory, EXPIRED)
    page_of(second, memory, EXPIRED)

    (page,) = published
    assert "Cluster:    cluster-01" in page["message"]


def test_page_goes_out_where_the_memory_cannot_be_reached(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    RedshiftBackupFailedNotifier(cluster=cluster, template=TEMPLATE)(failed_run(EXPIRED))

    assert len(published) == 1


def test_page_is_remembered_for_the_recovery(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    memory = FakeMemory()

    RedshiftBackupFailedNotifier(cluster=cluster, template=TEMPLATE, memory=memory)(failed_run())

    record = memory.records[dag_key(BACKUP)]
    assert record == Record(
        f"{BACKUP}/{RUN}", False, "backup_failed", BACKUP, RUN, record.at, paged=True
    )
