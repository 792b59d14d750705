"""The hooks of validation; CloudTrail shows them by their names.

Bare clients: the provider's own hooks for these services would cost every parse of the DAG files
the import of what is not used here.
"""

from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

QUERY_CONFIG = {"read_timeout": 60, "retries": {"mode": "standard", "max_attempts": 8}}
"""A query waits up to 30 seconds for an answer; throttling is waited out by botocore first."""


class WarehouseHook(AwsBaseHook):
    """Queries a cluster through the Data API."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "client_type": "redshift-data"})

    def _get_caller(self, *_: Any, **__: Any) -> str:
        return type(self).__name__


class BaselineHook(AwsBaseHook):
    """Writes and reads inventories in the evidence bucket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "client_type": "s3"})

    def _get_caller(self, *_: Any, **__: Any) -> str:
        return type(self).__name__
