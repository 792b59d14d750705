"""The hooks tell AWS who calls without reading the source of the whole call stack."""

import inspect
from typing import Any

import pytest
from airflow.providers.amazon.aws.hooks.lambda_function import LambdaHook
from airflow.providers.amazon.aws.hooks.redshift_cluster import RedshiftHook

from redshift_dr.hooks import BackupFunctionHook, RedshiftSnapshotHook


@pytest.mark.parametrize("hook_class", [BackupFunctionHook, RedshiftSnapshotHook])
def test_user_agent_names_the_hook_and_the_stack_is_left_alone(
    hook_class: type[BackupFunctionHook | RedshiftSnapshotHook], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stack(*_: Any) -> None:
        pytest.fail("the call stack was read")

    monkeypatch.setattr(inspect, "stack", stack)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")

    client = hook_class(aws_conn_id=None, region_name="us-east-1").conn

    assert f"Caller/{hook_class.__name__} " in client.meta.config.user_agent_extra
    assert client.meta.config.user_agent_extra.startswith("Airflow/")


@pytest.mark.parametrize("provider_class", [LambdaHook, RedshiftHook])
def test_provider_still_asks_for_its_caller_by_this_name(provider_class: type[Any]) -> None:
    asked: list[str] = []

    class Asked(provider_class):  # type: ignore[misc]
        def _get_caller(self, *_: Any, **__: Any) -> str:
            asked.append(type(self).__name__)
            return "someone"

    extra = Asked(aws_conn_id=None, region_name="us-east-1").conn.meta.config.user_agent_extra

    assert callable(getattr(provider_class, "_get_caller", None))
    assert asked == ["Asked"]
    assert "Caller/someone " in extra
