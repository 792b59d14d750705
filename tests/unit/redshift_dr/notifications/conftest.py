"""A topic that keeps what is published, and runs as DAG callbacks see them."""

import pytest

from redshift_dr.notifications import failed


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited for other callbacks to write; nobody waits."""
    seconds: list[float] = []
    monkeypatch.setattr(failed.time, "sleep", seconds.append)
    return seconds
