"""One cluster, complete."""

from typing import Any

import pytest

from redshift_dr.config import ClusterConfig
from tests.unit.redshift_dr.fakes import FakeFunction


@pytest.fixture
def cluster() -> ClusterConfig:
    return ClusterConfig(
        cluster_identifier="aca-redshift-cluster",
        source_account_id="164543933824",
        target_account_id="058264155998",
        further_target_account_ids=("111122223333",),
        region_name="us-east-1",
        schedule="0 2 * * *",
        owner="data-platform",
        contact="data-platform@example.com",
        alert_topic_arn="arn:aws:sns:us-east-1:164543933824:aca-redshift-backup-alerts",
    )


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> FakeFunction:
    """The backup function, replaced by prepared answers."""
    from airflow.providers.amazon.aws.hooks.lambda_function import LambdaHook

    fake = FakeFunction()

    def invoke_lambda(hook: object, **arguments: Any) -> dict[str, Any]:
        return fake.invoke(hook, **arguments)

    monkeypatch.setattr(LambdaHook, "invoke_lambda", invoke_lambda)
    return fake


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The messages on the topic."""
    from airflow.providers.amazon.aws.hooks.sns import SnsHook

    messages: list[dict[str, Any]] = []

    def publish(_hook: object, **message: Any) -> None:
        messages.append(message)

    monkeypatch.setattr(SnsHook, "publish_to_target", publish)
    return messages
