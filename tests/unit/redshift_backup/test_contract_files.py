"""Schemas and sample events against each other and against the code that reads them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import redshift_backup
from redshift_backup.caller import Caller
from redshift_backup.errors import BackupError, BadRequestError
from redshift_backup.fields import COMMON_FIELDS, FIELDS_OF
from redshift_backup.request import parse_request
from redshift_backup.settings import CONTRACT_ACTIONS, Settings, read_settings

HOME = Path(redshift_backup.__file__).parent
SCHEMAS = {path.name.removesuffix(".schema.json"): path for path in (HOME / "schema").iterdir()}
EVENTS = sorted((HOME / "events").iterdir())
NOW = datetime(2025, 9, 18, 14, 30, 22, tzinfo=UTC)
CALLER = Caller("164543933824", "aca-redshift-backup", "request", "arn:aws:redshift:x:1")
SETTINGS = read_settings(
    {"CLUSTER_IDENTIFIER": "aca-redshift-cluster", "TARGET_ACCOUNT_ID": "058264155998"}
)
DR_CALLER = Caller("058264155998", "aca-redshift-dr", "request", "arn:aws:redshift:x:2")
DR_SETTINGS = read_settings({"ALLOWED_CLUSTERS": "*", "ENABLED_ACTIONS": "sweep"})

BAD = [
    {"retention_days": 0},
    {"retention_days": True},
    {"retention_days": 1.5},
    {"retention_days": "7"},
    {"retention_days": None},
    {"retention_day": 7},
    {"target_account_id": "12345"},
    {"target_account_ids": []},
    {"target_account_ids": [f"{number:012d}" for number in range(21)]},
    {"cluster_identifier": "Upper"},
    {"cluster_identifier": "double--hyphen"},
    {"dry_run": 1},
    {"slot_end": "2025-09-19T00:00:00Z"},
    {"when_paused": "wait"},
    {"correlation_id": ""},
    {"keep_weekly": -1},
]
_HOLD = {"action": "hold", "snapshot_id": "x", "reason": "audit"}
_STAMP = {
    "action": "stamp",
    "snapshot_id": "x",
    "result": "passed",
    "verified_at": "2025-09-18T09:12:45Z",
}
_ADOPT = {"action": "adopt", "snapshot_ids": ["x"]}
BAD_OF_TAGS = [
    {"action": "hold", "snapshot_id": "x"},
    {"action": "release"},
    {"action": "adopt"},
    {"action": "stamp", "snapshot_id": "x"},
    _HOLD | {"reason": ""},
    _HOLD | {"reason": "  "},
    _HOLD | {"reason": "legal, finance"},
    _HOLD | {"reason": "tab\there"},
    _HOLD | {"reason": "x" * 257},
    _HOLD | {"snapshot_ids": ["x"]},
    _ADOPT | {"identifier_pattern": "*"},
    _ADOPT | {"snapshot_ids": []},
    _ADOPT | {"snapshot_ids": [f"x{number}" for number in range(101)]},
    _ADOPT | {"snapshot_ids": ["Upper"]},
    _ADOPT | {"dry_run": "false"},
    {"action": "adopt", "identifier_pattern": "night[ly]"},
    _STAMP | {"result": "ok"},
    _STAMP | {"restore_seconds": -0.5},
    _STAMP | {"restore_seconds": "12"},
    _STAMP | {"evidence_uri": "http://example.com/x"},
    _STAMP | {"evidence_uri": "https://example.com/x?y=1"},
]
GOOD_OF_TAGS = [
    _HOLD | {"reason": "Prüfung für 監査: a+b-c=d._:/@"},
    {"action": "release", "snapshot_id": "x"},
    _ADOPT | {"snapshot_ids": ["rs:orders-2025-09-18-02-00-11", "by-hand"]},
    {"action": "adopt", "identifier_pattern": "nightly-*-?"},
    _STAMP | {"restore_seconds": 0, "evidence_uri": "https://example.com:8443/a/b.json"},
    _STAMP,
]


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def payload_of(event: dict[str, Any]) -> dict[str, Any]:
    if "detail-type" not in event:
        return event
    return {"slot": event["time"]} | event["detail"]


@pytest.mark.parametrize("path", SCHEMAS.values(), ids=SCHEMAS)
def test_every_schema_is_one(path: Path) -> None:
    Draft202012Validator.check_schema(read(path))


@pytest.mark.parametrize("action", CONTRACT_ACTIONS)
def test_the_schema_knows_the_fields_that_the_code_reads(action: str) -> None:
    schema = read(SCHEMAS[f"request-{action}"])

    assert set(schema["properties"]) == COMMON_FIELDS | FIELDS_OF[action]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_every_sample_event_is_valid_for_schema_and_code(path: Path) -> None:
    payload = payload_of(read(path))
    schema = read(SCHEMAS[f"request-{payload.get('action', 'backup')}"])

    Draft202012Validator(schema).validate(payload)
    settings, caller = (DR_SETTINGS, DR_CALLER) if path.stem == "sweep" else (SETTINGS, CALLER)
    request = parse_request(read(path), settings, caller, now=NOW)
    assert request.action == payload.get("action", "backup")


def test_every_action_has_a_sample_event() -> None:
    actions = {payload_of(read(path)).get("action", "backup") for path in EVENTS}

    assert actions == set(CONTRACT_ACTIONS)


@pytest.mark.parametrize("event", BAD, ids=json.dumps)
def test_schema_and_code_refuse_the_same_events(event: dict[str, Any]) -> None:
    assert not Draft202012Validator(read(SCHEMAS["request-backup"])).is_valid(event)
    with pytest.raises(BadRequestError):
        parse_request(event, SETTINGS, CALLER, now=NOW)


@pytest.mark.parametrize("event", BAD_OF_TAGS, ids=lambda event: json.dumps(event)[:80])
def test_schema_and_code_refuse_the_same_tags(event: dict[str, Any]) -> None:
    schema = read(SCHEMAS[f"request-{event['action']}"])

    assert not Draft202012Validator(schema).is_valid(event)
    with pytest.raises(BadRequestError):
        parse_request(event, SETTINGS, CALLER, now=NOW)


@pytest.mark.parametrize("event", GOOD_OF_TAGS, ids=lambda event: json.dumps(event)[:80])
def test_schema_and_code_take_the_same_tags(event: dict[str, Any]) -> None:
    Draft202012Validator(read(SCHEMAS[f"request-{event['action']}"])).validate(event)

    request = parse_request(event, SETTINGS, CALLER, now=NOW)
    assert request.dry_run is (event["action"] == "adopt")


def test_the_settings_schema_names_every_variable() -> None:
    names = {name.upper() for name in Settings.__dataclass_fields__}

    assert set(read(SCHEMAS["settings"])["properties"]) == names


def test_the_settings_schema_gives_the_defaults_that_the_code_has() -> None:
    properties = read(SCHEMAS["settings"])["properties"]

    for name, rule in properties.items():
        if "default" in rule:
            assert rule["default"] == str(getattr(SETTINGS, name.lower()))


def test_every_error_of_the_tree_is_drawn_in_the_docstring() -> None:
    from redshift_backup import errors

    def tree(kind: type[BackupError]) -> list[type[BackupError]]:
        return [kind, *(one for child in kind.__subclasses__() for one in tree(child))]

    drawn = errors.__doc__ or ""
    assert all(f"{kind.__name__} " in f"{drawn} ".replace("\n", " ") for kind in tree(BackupError))
