"""What the function writes: JSON lines that name request, cluster and snapshot, and no secret."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from redshift_backup.errors import StaleChainError
from redshift_backup.telemetry import logger
from tests.sandbox.redshift_backup.conftest import CLUSTER, TARGET, Shelf, name_of, ours, slot_now


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the function's logger writes; in Lambda it is the standard output."""
    stream = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return stream


def _lines(log: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_every_line_of_a_backup_names_request_and_cluster_and_its_snapshot(
    cluster: Shelf, log: StringIO
) -> None:
    slot = slot_now()

    cluster.invoke({"slot": slot.isoformat(), "correlation_id": "run-7"})

    lines = _lines(log)
    assert len(lines) >= 3
    assert {(one["correlation_id"], one["cluster_identifier"]) for one in lines} == {
        ("run-7", CLUSTER)
    }
    assert {one["snapshot_id"] for one in lines} == {name_of(slot)}


def test_reconcile_names_the_snapshot_that_it_shares(shelf: Shelf, log: StringIO) -> None:
    unshared = ours(timedelta(hours=1), shared=())
    shelf.plant([unshared])

    shelf.invoke({"action": "reconcile"})

    (shared,) = [one for one in _lines(log) if one["message"] == "Shared"]
    assert shared["snapshot_id"] == unshared["snapshot_identifier"]
    assert shared["target_account_id"] == TARGET
    assert {one["cluster_identifier"] for one in _lines(log)} == {CLUSTER}


def test_a_failure_has_the_word_error_and_no_secret(shelf: Shelf, log: StringIO) -> None:
    with pytest.raises(StaleChainError):
        shelf.invoke({"action": "prune", "correlation_id": "run-8"})

    (line,) = [one for one in _lines(log) if one["level"] == "ERROR"]
    assert line["message"].startswith("ERROR")
    assert (line["correlation_id"], line["cluster_identifier"]) == ("run-8", CLUSTER)
    credentials = shelf.redshift._request_signer._credentials
    assert credentials.secret_key not in json.dumps(line)
