"""A topic that keeps what is published, and runs as DAG callbacks see them."""

from typing import Any

import pytest
from airflow.providers.amazon.aws.hooks.sns import SnsHook

from redshift_dr.notifications import failed


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The messages on the topic."""
    messages: list[dict[str, Any]] = []

    def publish(_hook: object, **message: Any) -> None:
        messages.append(message)

    monkeypatch.setattr(SnsHook, "publish_to_target", publish)
    return messages


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited for other callbacks to write; nobody waits."""
    seconds: list[float] = []
    monkeypatch.setattr(failed.time, "sleep", seconds.append)
    return seconds
