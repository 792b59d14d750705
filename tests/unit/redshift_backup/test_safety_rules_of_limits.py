"""Each limit that only the deployment sets, by its name; no event lifts one."""

import pytest

from redshift_backup.errors import BadRequestError, ConfigError, RefusedError
from redshift_backup.request import parse_request
from redshift_backup.settings import read_settings
from tests.unit.redshift_backup.builders import NOW, TARGET
from tests.unit.redshift_backup.parsing import CALLER, parse, settings


def test_a_default_cluster_outside_the_allow_list_is_refused() -> None:
    with pytest.raises(RefusedError, match="CLUSTER_IDENTIFIER 'orders' is not within"):
        parse({}, ALLOWED_CLUSTERS="stock")


def test_a_deployment_without_any_cluster_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="neither CLUSTER_IDENTIFIER nor ALLOWED_CLUSTERS"):
        read_settings({"TARGET_ACCOUNT_ID": TARGET})


def test_an_event_without_cluster_needs_the_deployments() -> None:
    patterns = read_settings({"ALLOWED_CLUSTERS": "orders-*", "TARGET_ACCOUNT_ID": TARGET})

    with pytest.raises(BadRequestError, match="sets no CLUSTER_IDENTIFIER"):
        parse_request({"action": "create"}, patterns, CALLER, now=NOW)


def test_a_plan_follows_the_deployments_limits() -> None:
    deployed = settings(
        MINIMUM_SNAPSHOTS="3",
        MAXIMUM_AGE_HOURS="50",
        MAX_DELETIONS="11",
        MAX_DELETIONS_APPROVED="44",
    )

    policy = parse_request({}, deployed, CALLER, now=NOW).policy(deployed)

    assert policy.minimum_snapshots == 3
    assert policy.maximum_age_hours == 50
    assert (policy.max_deletions, policy.max_deletions_approved) == (11, 44)


def test_a_retention_of_no_days_is_a_fault_of_its_own() -> None:
    with pytest.raises(ConfigError, match="RETENTION_DAYS is '0', which is not a whole number"):
        settings(RETENTION_DAYS="0", MINIMUM_RETENTION_DAYS="1")


def test_a_malformed_default_is_blamed_on_its_own_variable() -> None:
    with pytest.raises(ConfigError, match=r"has 1 fault\(s\): TARGET_ACCOUNT_ID"):
        settings(TARGET_ACCOUNT_ID="None")


def test_names_that_redshift_would_refuse_are_faults_of_the_deployment() -> None:
    with pytest.raises(ConfigError, match="CLUSTER_IDENTIFIER has 64 characters"):
        settings(CLUSTER_IDENTIFIER="c" * 64)
    with pytest.raises(ConfigError, match="SNAPSHOT_PREFIX has 240 characters"):
        settings(SNAPSHOT_PREFIX="p" * 240)


def test_sweep_is_enabled_by_nobody_but_the_deployment() -> None:
    assert "sweep" not in settings().enabled_actions
    with pytest.raises(RefusedError, match="sweep"):
        parse({"action": "sweep"})
