"""Incidents in Airflow's Variables."""

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk import Variable

from redshift_dr.notifications.incidents import Record
from redshift_dr.notifications.memory import MEMORY_ERRORS, VariableMemory

KEY = "redshift_dr_incident__dag"
RECORD = Record("x", False, "backup_failed", "dag", "run", datetime.now(UTC).isoformat())


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Airflow's Variables; what is not there must not be asked for."""
    kept: dict[str, Any] = {}

    def write(key: str, value: Any, description: str, serialize_json: bool) -> None:
        assert serialize_json
        assert "Delete it" in description
        kept[key] = value

    monkeypatch.setattr(Variable, "keys", lambda prefix: [key for key in kept if prefix in key])
    monkeypatch.setattr(Variable, "get", lambda key, **_options: kept[key])
    monkeypatch.setattr(Variable, "set", write)
    monkeypatch.setattr(Variable, "delete", kept.pop)
    return kept


def test_record_is_read_as_it_was_written_until_it_is_forgotten(variables: dict[str, Any]) -> None:
    memory = VariableMemory()

    assert memory.read(KEY) is None
    memory.write(KEY, RECORD)
    assert memory.read(KEY) == RECORD
    memory.forget(KEY)
    assert memory.read(KEY) is None


def test_record_of_a_dag_whose_name_only_begins_alike_is_not_read(
    variables: dict[str, Any],
) -> None:
    VariableMemory().write(f"{KEY}-2", RECORD)

    assert VariableMemory().read(KEY) is None


def test_text_that_a_person_has_put_there_is_an_error_that_stops_no_page(
    variables: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_key: str, **_options: Any) -> None:
        raise ValueError("Expecting value: line 1 column 1 (char 0)")

    variables[KEY] = "text"
    monkeypatch.setattr(Variable, "get", refuse)

    with pytest.raises(MEMORY_ERRORS):
        VariableMemory().read(KEY)
