"""What the trigger forms refuse by themselves, which Airflow answers with HTTP 400."""

from collections.abc import Mapping
from typing import Any

import pytest
from airflow.sdk import Param
from airflow.sdk.exceptions import ParamValidationError

from redshift_dr.config import ClusterConfig
from redshift_dr.params import backup_params, prune_params, release_params
from redshift_dr.run_request import PruneRequest, ReleaseRequest

GOOD: Mapping[str, Any] = {
    "dry_run": True,
    "target_account_ids": ["058264155998"],
    "retention_days": 30,
    "snapshot_id": "aca-lambda-snapshot-20261120-020000",
    "hold_reason": "Prüfung 2026: ask finance@example.com",
    "skip_prune": True,
    "approved_plan_sha256": "a" * 64,
}


def refuses(params: Mapping[str, Any], name: str, value: Any) -> bool:
    try:
        Param(**params[name]).resolve(value)
    except ParamValidationError:
        return True
    return False


def test_form_takes_what_is_right_and_every_default(cluster: ClusterConfig) -> None:
    params = backup_params(cluster)

    assert set(params) == set(GOOD)
    assert [name for name, value in GOOD.items() if refuses(params, name, value)] == []
    assert [name for name in params if refuses(params, name, params[name]["default"])] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dry_run", "yes"),
        ("target_account_ids", []),
        ("target_account_ids", ["999999999999"]),
        ("target_account_ids", "058264155998"),
        ("retention_days", 0),
        ("retention_days", "7"),
        ("retention_days", 1.5),
        ("snapshot_id", "rs:automated"),
        ("snapshot_id", ""),
        ("hold_reason", ""),
        ("hold_reason", "   "),
        ("hold_reason", "why?"),
        ("hold_reason", "two\nlines"),
        ("hold_reason", "x" * 257),
        ("skip_prune", 1),
        ("approved_plan_sha256", "abc"),
    ],
)
def test_form_refuses_what_a_schema_can(cluster: ClusterConfig, name: str, value: Any) -> None:
    assert refuses(backup_params(cluster), name, value)


def test_form_of_an_approval_asks_for_what_shapes_the_plan_only(cluster: ClusterConfig) -> None:
    assert list(prune_params(cluster)) == list(PruneRequest.model_fields)


def test_form_of_a_release_requires_snapshot_and_reason() -> None:
    params = release_params()

    assert list(params) == list(ReleaseRequest.model_fields)
    for name in params:
        assert "default" not in params[name]
        assert refuses(params, name, None)
