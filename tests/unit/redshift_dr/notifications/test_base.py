"""Further notifiers beside the topic."""

from typing import Any, ClassVar

import pytest
from airflow.providers.amazon.aws.hooks.sns import SnsHook
from airflow.sdk import BaseNotifier
from botocore.exceptions import ClientError

from redshift_dr.config import ClusterConfig
from redshift_dr.config.notifier import NotifierConfig
from redshift_dr.notifications import RedshiftBackupFailedNotifier
from tests.unit.redshift_dr.notifications.world import ALERTS, FakeMemory, failed_run

HERE = "tests.unit.redshift_dr.notifications.test_base"


class Recorder(BaseNotifier):
    """Keeps what it is told."""

    template_fields = ("text",)
    texts: ClassVar[list[str]] = []

    def __init__(self, text: str = "{{ alert.subject }}") -> None:
        super().__init__()
        self.text = text

    def notify(self, context: Any) -> None:
        self.texts.append(self.text)


class Broken(BaseNotifier):
    """Reaches nobody."""

    def notify(self, context: Any) -> None:
        raise RuntimeError("no such channel")


@pytest.fixture(autouse=True)
def texts() -> list[str]:
    Recorder.texts.clear()
    return Recorder.texts


def notifier(cluster: ClusterConfig, *paths: str, **arguments: Any) -> Any:
    notifiers = tuple(NotifierConfig(path=f"{HERE}.{path}", arguments=arguments) for path in paths)
    return RedshiftBackupFailedNotifier(
        cluster=cluster.model_copy(update={"notifiers": notifiers}),
        template=ALERTS / "backup_failed.txt.jinja",
        memory=FakeMemory(),
    )


def run_without_dag() -> Any:
    """Without a DAG, whose template environment these stand-ins do not have."""
    return {key: value for key, value in failed_run().items() if key != "dag"}


def test_further_notifier_is_told_with_the_facts_of_the_message(
    cluster: ClusterConfig, published: list[dict[str, Any]], texts: list[str]
) -> None:
    text = "{{ alert.severity }} {{ alert.subject }}: {{ alert.error }}"

    notifier(cluster, "Recorder", text=text)(run_without_dag())

    assert len(published) == 1
    assert texts == [
        "critical Redshift backup failed: aca-redshift-cluster (wait_for_snapshot): "
        "snapshot-1 is failed"
    ]


def test_broken_notifier_stops_neither_the_topic_nor_the_others(
    cluster: ClusterConfig, published: list[dict[str, Any]], texts: list[str]
) -> None:
    page = notifier(cluster, "Broken", "Missing", "Recorder")

    with pytest.raises((RuntimeError, AttributeError)):
        page(run_without_dag())

    assert len(published) == 1
    assert len(texts) == 1
    assert page.memory.records


def test_outage_of_sns_stops_no_further_notifier(
    cluster: ClusterConfig, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_hook: object, **_message: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalError", "Message": "down"}}, "Publish")

    monkeypatch.setattr(SnsHook, "publish_to_target", refuse)

    with pytest.raises(ClientError):
        notifier(cluster, "Recorder")(run_without_dag())

    assert len(texts) == 1


def test_topic_has_a_connection_of_its_own_where_configured(cluster: ClusterConfig) -> None:
    own = cluster.model_copy(update={"alert_conn_id": "aws_alerts"})

    assert notifier(cluster).aws_conn_id == "aws_source"
    assert notifier(own).aws_conn_id == "aws_alerts"


def test_outage_of_sns_does_not_use_up_the_time_of_all_callbacks(cluster: ClusterConfig) -> None:
    config = notifier(cluster).hook._config

    assert (config.connect_timeout + config.read_timeout) * 2 < 50
    assert config.retries["total_max_attempts"] == 2
