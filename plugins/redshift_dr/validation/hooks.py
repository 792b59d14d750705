"""The hooks of validation; CloudTrail shows them by their names."""

from typing import Any

from airflow.providers.amazon.aws.hooks.redshift_data import RedshiftDataHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

QUERY_CONFIG = {"read_timeout": 60, "retries": {"mode": "standard", "max_attempts": 8}}
"""A query waits up to 30 seconds for an answer; throttling is waited out by botocore first."""


class WarehouseHook(RedshiftDataHook):
    """Queries a cluster through the Data API."""

    def _get_caller(self, *_: Any, **__: Any) -> str:
        return type(self).__name__


class BaselineHook(S3Hook):
    """Writes and reads inventories in the evidence bucket."""

    def _get_caller(self, *_: Any, **__: Any) -> str:
        return type(self).__name__
