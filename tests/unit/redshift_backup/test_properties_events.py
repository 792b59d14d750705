"""Whatever event comes, under whatever environment: no change by accident, no untyped error."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from redshift_backup import aws, waiting
from redshift_backup.errors import BackupError, BadRequestError, ConfigError
from redshift_backup.fields import FIELDS_OF, REQUIRED_FIELDS_OF
from redshift_backup.handler import lambda_handler
from redshift_backup.request import parse_request
from redshift_backup.settings import Settings, read_settings
from redshift_backup.telemetry import logger
from tests.unit.redshift_backup.builders import SOURCE, TARGET
from tests.unit.redshift_backup.parsing import CALLER
from tests.unit.redshift_backup.payloads import EVENTS, PAYLOADS, nested, valid_payloads
from tests.unit.redshift_backup.recording_aws import Context, RecordingAws
from tests.unit.redshift_backup.request_schemas import SCHEMAS, is_instant, is_valid, payload_of
from tests.unit.redshift_backup.strategies import SECOND_TARGET

ENVIRONMENT = {
    "CLUSTER_IDENTIFIER": "orders",
    "SNAPSHOT_PREFIX": "orders-lambda-snapshot",
    "TARGET_ACCOUNT_ID": TARGET,
    "ALLOWED_CLUSTERS": "orders,pay*",
    "RETENTION_DAYS": "5",
}


@pytest.fixture(scope="module", autouse=True)
def _quick_and_quiet() -> Iterator[None]:
    level = logger.log_level
    logger.setLevel("CRITICAL")
    with mock.patch.object(waiting, "poll_delays", return_value=[0.0] * 3):
        yield
    logger.setLevel(level)


def invoke(event: object, environment: Mapping[str, str]) -> tuple[RecordingAws, object]:
    """Run the real handler; returns what AWS was asked for, and the response or the error."""
    recorder = RecordingAws()
    real = aws.client
    users: list[ModuleType] = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("redshift_backup") and getattr(module, "client", None) is real
    ]
    with mock.patch.dict(os.environ):
        for name in json.loads((SCHEMAS / "settings.schema.json").read_text())["properties"]:
            os.environ.pop(name, None)
        os.environ.update(environment)
        for module in users:
            module.client = recorder.client  # type: ignore[attr-defined]
        try:
            return recorder, lambda_handler(event, Context())
        except BackupError as error:
            return recorder, error
        finally:
            for module in users:
                module.client = real  # type: ignore[attr-defined]


def _clusters_of(arguments: Mapping[str, Any]) -> set[str]:
    found = {arguments.get("ClusterIdentifier"), arguments.get("SnapshotClusterIdentifier")}
    found |= {one["SnapshotClusterIdentifier"] for one in arguments.get("Identifiers", ())}
    if "ResourceName" in arguments:
        found.add(arguments["ResourceName"].rsplit(":", 1)[1].split("/")[0])
    return {one for one in found if one is not None}


@given(EVENTS)
def test_nothing_changes_unless_schema_and_deployment_allow_it(event: object) -> None:
    recorder, outcome = invoke(event, ENVIRONMENT)
    payload = payload_of(event)

    if isinstance(outcome, Exception):
        assert isinstance(outcome, BackupError)
        assert str(outcome)
    if recorder.calls:
        assert payload is not None
        assert is_valid(payload)
        assert payload.get("retention_days", 5) >= 5
    if recorder.changes:
        assert payload is not None
        assert payload.get("action", "backup") not in ("status", "check")
        assert payload.get("dry_run", payload.get("action") == "adopt") is False
        for name, arguments in recorder.changes:
            assert all(one == "orders" or one.startswith("pay") for one in _clusters_of(arguments))
            if name == "authorize_snapshot_access":
                assert arguments["AccountWithRestoreAccess"] == TARGET


@given(EVENTS, st.data())
def test_what_the_deployment_disables_calls_nothing(event: object, data: st.DataObject) -> None:
    payload = payload_of(event) or {}
    action = payload.get("action", "backup")
    others = sorted(FIELDS_OF.keys() - {action if isinstance(action, str) else ""})
    enabled = ",".join(data.draw(st.lists(st.sampled_from(others), min_size=1)))

    recorder, outcome = invoke(event, ENVIRONMENT | {"ENABLED_ACTIONS": enabled})

    assert isinstance(outcome, BackupError)
    assert recorder.calls == []


@given(valid_payloads(), st.data())
def test_an_error_names_every_fault(payload: dict[str, Any], data: st.DataObject) -> None:
    action = payload.get("action", "backup")
    fields = sorted(payload.keys() - {"action"} | set(REQUIRED_FIELDS_OF.get(action, ())))
    assume(fields)
    wrong = data.draw(st.lists(st.sampled_from(fields), unique=True, min_size=1))
    bad = payload | {name: data.draw(_UNFIT) for name in wrong}
    bad |= {f"unknown_{number}": 1 for number in range(data.draw(st.integers(0, 3)))}

    recorder, outcome = invoke(bad, ENVIRONMENT)

    assert isinstance(outcome, BadRequestError)
    assert all(name in str(outcome) for name in bad.keys() - payload.keys() | set(wrong))
    assert recorder.calls == []


# Fits no field of any action.
_UNFIT = st.sampled_from([None, {}, "", "\n", "no such\nvalue!", -1, [None], float("nan")])


@given(PAYLOADS)
def test_schema_and_parser_accept_the_same_events(payload: dict[str, Any]) -> None:
    # A schema cannot compare two fields; what the deployment refuses is not malformed.
    assume(_agrees_with_itself(payload))
    everything = read_settings(
        ENVIRONMENT | {"ALLOWED_TARGET_ACCOUNT_IDS": f"{TARGET},{SECOND_TARGET}"}
    )
    try:
        parse_request(payload, everything, CALLER, now=datetime.now(UTC))
        accepted = True
    except BadRequestError:
        accepted = False
    except BackupError:
        accepted = True

    assert accepted is is_valid(payload)


def _agrees_with_itself(payload: Mapping[str, Any]) -> bool:
    one, many = payload.get("target_account_id"), payload.get("target_account_ids")
    slot, end = payload.get("slot"), payload.get("slot_end")
    ordered = True
    if isinstance(slot, str) and isinstance(end, str) and is_instant(slot) and is_instant(end):
        ordered = datetime.fromisoformat(slot) < datetime.fromisoformat(end)
    return ordered and not (one is not None and isinstance(many, list) and one not in many)


_VARIABLES = sorted(json.loads((SCHEMAS / "settings.schema.json").read_text())["properties"])
_VALUES = st.one_of(
    st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=12),
    st.integers(-1, 200_000).map(str),
    st.sampled_from(
        ["orders", "*", "pay*", "orders,payments", "refunds", "backup", "backup,prune", "Backup"]
    ),
    st.sampled_from([TARGET, SOURCE, SECOND_TARGET, f"{TARGET},{SECOND_TARGET}", f"{TARGET},"]),
    st.sampled_from(["", " ", ",", "7\n", "\uff10\uff17", "1" * 400, "None", "nan"]),
)


@given(st.dictionaries(st.sampled_from(_VARIABLES), _VALUES, max_size=4), EVENTS)
def test_no_environment_weakens_the_rules(changes: dict[str, str], event: object) -> None:
    environment = ENVIRONMENT | changes
    recorder, outcome = invoke(event, environment)

    settings, fault = _settings_or_fault(environment)
    if settings is None:
        assert (type(outcome), str(outcome)) == (ConfigError, fault)
        assert any(name in fault for name in changes)
        assert recorder.calls == []
        return
    assert settings.minimum_snapshots >= 1
    assert settings.minimum_retention_days <= settings.retention_days
    payload = payload_of(event)
    if recorder.changes:
        assert payload is not None
        assert is_valid(payload)
        assert payload.get("action", "backup") in settings.enabled_actions
        for name, arguments in recorder.changes:
            assert all(settings.allows_cluster(one) for one in _clusters_of(arguments))
            if name == "authorize_snapshot_access":
                account = arguments["AccountWithRestoreAccess"]
                assert account != SOURCE
                assert account in environment.get("ALLOWED_TARGET_ACCOUNT_IDS", TARGET)


def _settings_or_fault(environment: Mapping[str, str]) -> tuple[Settings | None, str]:
    try:
        return read_settings(environment), ""
    except ConfigError as error:
        return None, str(error)


@pytest.mark.parametrize("depth", [900, 100_000])
def test_a_value_that_cannot_be_written_as_json_is_a_named_fault(depth: int) -> None:
    for value in (nested(depth), 10**5000, {"a": nested(depth)}):
        recorder, outcome = invoke({"retention_days": value, "slot": value}, ENVIRONMENT)

        assert isinstance(outcome, BadRequestError)
        assert "retention_days" in str(outcome)
        assert "slot" in str(outcome)
        assert recorder.calls == []


def test_what_is_no_object_is_a_named_fault() -> None:
    for event in (nested(100_000), 10**5000, float("nan"), None, "backup", []):
        recorder, outcome = invoke(event, ENVIRONMENT)

        assert isinstance(outcome, BadRequestError)
        assert recorder.calls == []
