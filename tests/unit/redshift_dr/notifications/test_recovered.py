"""The message after the first success."""

from typing import Any

import pytest
from airflow.providers.amazon.aws.hooks.sns import SnsHook
from botocore.exceptions import ClientError

from redshift_dr.config import ClusterConfig
from redshift_dr.notifications import RedshiftBackupFailedNotifier, RedshiftRecoveredNotifier
from tests.unit.redshift_dr.notifications.world import (
    ALERTS,
    BACKUP,
    EXPIRED,
    FakeMemory,
    failed_run,
    good_run,
)


def fail(cluster: ClusterConfig, memory: FakeMemory, context: Any) -> None:
    RedshiftBackupFailedNotifier(
        cluster=cluster, template=ALERTS / "backup_failed.txt.jinja", memory=memory
    )(context)


def succeed(cluster: ClusterConfig, memory: FakeMemory, context: Any) -> None:
    RedshiftRecoveredNotifier(
        cluster=cluster,
        template=ALERTS / "recovered.txt.jinja",
        proof="wait_for_share",
        memory=memory,
    )(context)


def kinds(published: list[dict[str, Any]]) -> list[str]:
    return [message["message_attributes"]["kind"] for message in published]


def test_first_success_after_a_page_is_told_once(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    memory = FakeMemory()

    fail(cluster, memory, failed_run())
    succeed(cluster, memory, good_run())
    succeed(cluster, memory, good_run())

    assert kinds(published) == ["backup_failed", "recovered"]
    page, recovery = (message["message_attributes"] for message in published)
    assert recovery["incident"] == page["incident"]
    assert recovery["severity"] == "info"
    assert published[1]["subject"] == "Recovered: aca-redshift-cluster"
    assert "It ends:    the backup_failed message of run manual__" in published[1]["message"]
    assert "snapshot-2" in published[1]["message"]
    assert memory.records == {}


def test_success_without_a_page_before_is_not_told(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    succeed(cluster, FakeMemory(), good_run())

    assert published == []


def test_dry_run_recovers_nothing(cluster: ClusterConfig, published: list[dict[str, Any]]) -> None:
    memory = FakeMemory()

    fail(cluster, memory, failed_run())
    succeed(cluster, memory, good_run(shared=False))
    succeed(cluster, memory, good_run())

    assert kinds(published) == ["backup_failed", "recovered"]


def test_shared_fault_recovers_once_and_only_by_a_cluster_that_had_it(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    memory = FakeMemory()
    dags = [f"{BACKUP}-{number}" for number in range(5)]

    for dag_id in dags[:4]:
        fail(cluster, memory, failed_run(EXPIRED, dag_id=dag_id))
    succeed(cluster, memory, good_run(dag_id=dags[4]))
    assert kinds(published) == ["backup_failed"]
    for dag_id in dags[3::-1]:
        succeed(cluster, memory, good_run(dag_id=dag_id))

    assert kinds(published) == ["backup_failed", "recovered"]
    assert "every cluster that uses connection aws_source" in published[1]["message"]
    assert memory.records == {}


def test_recovery_that_could_not_be_told_is_told_by_the_next_success(
    cluster: ClusterConfig, published: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_hook: object, **_message: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalError", "Message": "down"}}, "Publish")

    memory = FakeMemory()
    fail(cluster, memory, failed_run())

    with monkeypatch.context() as outage:
        outage.setattr(SnsHook, "publish_to_target", refuse)
        with pytest.raises(ClientError):
            succeed(cluster, memory, good_run())
    succeed(cluster, memory, good_run())

    assert kinds(published) == ["backup_failed", "recovered"]


def test_success_is_silent_where_the_memory_cannot_be_reached(
    cluster: ClusterConfig, published: list[dict[str, Any]]
) -> None:
    RedshiftRecoveredNotifier(
        cluster=cluster, template=ALERTS / "recovered.txt.jinja", proof="wait_for_share"
    )(good_run())

    assert published == []
