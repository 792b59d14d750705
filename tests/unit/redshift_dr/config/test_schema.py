"""The JSON Schema that editors show: it is the models', and sees what it can."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from redshift_dr.config import ClusterConfig, DrillConfig, load_fleet
from redshift_dr.config.__main__ import main
from redshift_dr.config.schema import descriptions_of, schema_of_clusters_file
from tests.unit.redshift_dr.config import samples

INCLUDE = Path(__file__).parents[4] / "include"
SCHEMA = schema_of_clusters_file()
DEFAULTS = samples.DEFAULTS + "  drill: {deadlines: {restore_minutes: 100}}\n"


def is_good_for_both(tmp_path: Path, text: str) -> tuple[bool, bool]:
    """Whether the schema accepts the text, and whether the models do."""
    path = tmp_path / "clusters.yaml"
    path.write_text(text, encoding="utf-8")
    seen = Draft7Validator(SCHEMA).is_valid(yaml.safe_load(text))
    return seen, load_fleet(path).faults == ()


def test_committed_schema_is_that_of_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0

    committed = (INCLUDE / "clusters.schema.json").read_text(encoding="utf-8")
    assert capsys.readouterr().out == committed, (
        "run: python -m redshift_dr.config schema > include/clusters.schema.json"
    )


def test_schema_is_one_itself_and_editors_find_it_from_the_shipped_file() -> None:
    Draft7Validator.check_schema(SCHEMA)
    shipped = (INCLUDE / "clusters.yaml").read_text(encoding="utf-8")

    assert shipped.startswith("# yaml-language-server: $schema=./clusters.schema.json\n")
    assert list(Draft7Validator(SCHEMA).iter_errors(yaml.safe_load(shipped))) == []


@pytest.mark.parametrize("model", [ClusterConfig, DrillConfig])
def test_every_setting_is_described_where_it_is_defined(model: Any) -> None:
    assert list(descriptions_of(model)) == list(model.model_fields)


def test_description_goes_over_the_ends_of_lines() -> None:
    settings = SCHEMA["definitions"]["Settings"]["properties"]

    assert settings["when_paused"]["description"] == (
        "what a run does while the cluster is paused: `refuse` fails it, `skip` ends it without "
        "a snapshot."
    )


@pytest.mark.parametrize(
    "clusters",
    [
        "clusters: {one: }",
        "clusters: {one: {}, two-2: {retention_days: 30, keep_weekly: 4}}",
        "clusters: {one: {schedule: null, drill: null, runbook_url: null}}",
        "clusters: {one: {schedule: '@daily', timezone: Europe/Paris}}",
        "clusters: {one: {further_target_account_ids: ['111122223333']}}",
        "clusters: {one: {deadlines: {share_minutes: 9}, when_paused: skip}}",
        "clusters: {one: {drill: {deadlines: {copy_minutes: 7}, tolerance_percent: 1}}}",
        "clusters: {one: {drill: {freshness: null, security_group_ids: []}}}",
        "clusters: {one: {drill: {freshness: [{column: a.b.c, maximum_age_hours: 48}]}}}",
    ],
)
def test_what_the_models_accept_the_schema_accepts(tmp_path: Path, clusters: str) -> None:
    assert is_good_for_both(tmp_path, DEFAULTS + clusters) == (True, True)


@pytest.mark.parametrize(
    "clusters",
    [
        "cluster: {one: {}}",
        "clusters: {}",
        "clusters: [one]",
        "clusters: {one: 1}",
        "clusters: {Upper: {}}",
        "clusters: {end-: {}}",
        "clusters: {one: {retension_days: 7}}",
        "clusters: {one: {cluster_identifier: one}}",
        "clusters: {one: {retention_days: 0}}",
        "clusters: {one: {retention_days: 1.5}}",
        "clusters: {one: {retention_days: seven}}",
        "clusters: {one: {retention_days: true}}",
        "clusters: {one: {target_account_id: 58264155998}}",
        "clusters: {one: {target_account_id: '12345'}}",
        "clusters: {one: {further_target_account_ids: '111122223333'}}",
        "clusters: {one: {region_name: Frankfurt}}",
        "clusters: {one: {alert_topic_arn: alerts}}",
        "clusters: {one: {schedule: at night}}",
        "clusters: {one: {owner: ''}}",
        "clusters: {one: {when_paused: ignore}}",
        "clusters: {one: {deadlines: {snapshot_hours: 1}}}",
        "clusters: {one: {deadlines: {snapshot_minutes: 0}}}",
        "clusters: {one: {deadlines: null}}",
        "clusters: {one: {drill: {typo: 1}}}",
        "clusters: {one: {drill: {node_type: large}}}",
        "clusters: {one: {drill: {deadlines: {copy_minutes: 0}}}}",
        "clusters: {one: {drill: {freshness: [{column: orders, maximum_age_hours: 1}]}}}",
        "clusters: {one: {drill: {freshness: [{column: a.b.c}]}}}",
    ],
)
def test_mistake_that_shows_in_one_field_is_refused_by_both(tmp_path: Path, clusters: str) -> None:
    assert is_good_for_both(tmp_path, DEFAULTS + clusters) == (False, False)


@pytest.mark.parametrize("field", ["retention: 1", "retention_days: 0", "drill: {typo: 1}"])
def test_mistake_in_the_defaults_is_refused_by_both(tmp_path: Path, field: str) -> None:
    text = DEFAULTS.replace("  drill: {deadlines: {restore_minutes: 100}}\n", f"  {field}\n")

    assert is_good_for_both(tmp_path, f"{text}clusters: {{one: {{}}}}") == (False, False)


@pytest.mark.parametrize(
    ("clusters", "is_good"),
    [
        ("clusters: {one: {owner: a}, two: {owner: b}}", True),
        ("clusters: {one: {owner: a}, two: {}}", False),
        ("clusters: {one: {owner: a}, two: }", False),
    ],
)
def test_what_must_be_given_is_given_by_the_defaults_or_by_each_cluster(
    tmp_path: Path, clusters: str, is_good: bool
) -> None:
    text = DEFAULTS.replace("  owner: data\n", "")

    assert is_good_for_both(tmp_path, text + clusters) == (is_good, is_good)


@pytest.mark.parametrize(
    "entry",
    ["timezone: Mars/Olympus", "schedule: '99 2 * * *'", "drill: {expires_hours: 1}"],
)
def test_what_takes_more_than_a_pattern_is_left_to_check(tmp_path: Path, entry: str) -> None:
    assert is_good_for_both(tmp_path, f"{DEFAULTS}clusters: {{one: {{{entry}}}}}") == (True, False)


def test_every_required_setting_is_asked_for() -> None:
    required = [
        name
        for name, field in ClusterConfig.model_fields.items()
        if field.is_required() and name != "cluster_identifier"
    ]
    empty: dict[str, Any] = {"defaults": {}, "clusters": {"one": {}}}

    assert len(list(Draft7Validator(SCHEMA).iter_errors(empty))) == len(required)
