"""Canaries: the places of moto and awslambdaric that the sandbox's Lambda stands on.

An upgrade that moves one of them fails here, by name.
"""

import inspect
from importlib.metadata import version
from typing import Any

import awslambdaric.bootstrap
import moto.awslambda.models as moto_models
import moto.awslambda.urls as moto_urls
import time_machine
from moto.awslambda.responses import LambdaResponse
from moto.cloudwatch.models import CloudWatchBackend
from moto.logs.models import LogGroup, LogsBackend
from moto.sts.models import STSBackend

from sandbox import awslambda
from sandbox.awslambda.models import SandboxFunction, SandboxLambdaBackend
from sandbox.awslambda.responses import SandboxLambdaResponse


def _arguments(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_versions_are_those_the_seams_were_found_in() -> None:
    assert version("moto") == "5.2.5"
    assert version("awslambdaric") == "4.2.2"


def test_install_is_idempotent_and_swaps_both_names(sandbox: Any) -> None:
    awslambda.install()
    backend = moto_models.lambda_backends["164543933824"]["us-east-1"]

    awslambda.install()

    assert moto_models.LambdaFunction is SandboxFunction
    assert type(backend) is SandboxLambdaBackend
    assert moto_models.lambda_backends["164543933824"]["us-east-1"] is backend


def test_the_backend_looks_the_function_class_up_when_it_creates_one() -> None:
    names = moto_models.LambdaBackend.create_function.__code__.co_names
    assert "LambdaFunction" in names


def test_the_routes_are_found_beside_the_backend(sandbox: Any) -> None:
    backend = SandboxLambdaBackend("us-east-1", "164543933824")

    assert set(backend._url_module.url_paths) == set(moto_urls.url_paths)
    assert all(
        handler.__self__ is SandboxLambdaResponse
        for handler in backend._url_module.url_paths.values()
    )


def test_moto_still_has_what_the_sandbox_overrides() -> None:
    for name in ("invoke", "invoke_async", "_enrich_response"):
        assert callable(getattr(LambdaResponse, name))
    for name in ("create_function", "update_function_code", "publish_version", "delete_function"):
        assert callable(getattr(moto_models.LambdaBackend, name))
    assert _arguments(moto_models.LambdaFunction.invoke)[1:] == [
        "body",
        "request_headers",
        "response_headers",
    ]


def test_motos_backends_take_what_functions_write() -> None:
    assert _arguments(LogsBackend.ensure_log_stream)[1:] == ["log_group_name", "log_stream_name"]
    assert _arguments(LogGroup.put_log_events)[1:] == ["log_stream_name", "log_events"]
    assert _arguments(CloudWatchBackend.put_metric_data)[1:] == ["namespace", "metric_data"]
    assert "role_session_name" in _arguments(STSBackend.assume_role)


def test_the_runtime_client_frames_its_log_records() -> None:
    assert "_LAMBDA_TELEMETRY_LOG_FD" in inspect.getsource(awslambdaric.bootstrap.create_log_sink)
    assert bytes.fromhex("a55a0003") == awslambdaric.bootstrap._DEFAULT_FRAME_TYPE


def test_time_machine_leaves_the_monotonic_clock_alone() -> None:
    assert hasattr(time_machine.escape_hatch.time, "time")
    assert not hasattr(time_machine.escape_hatch.time, "perf_counter")
