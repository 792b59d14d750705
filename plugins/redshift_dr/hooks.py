"""The provider's hooks, without their search of the call stack.

For the user agent the provider looks up who calls it, and for that reads the source of every frame
of the stack: 0.05 to 0.1 seconds for each new client, and every task makes new ones. The search has
no public switch. Should a later provider not ask for it by this name, it searches again, and
nothing else changes.
"""

from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.lambda_function import LambdaHook
from airflow.providers.amazon.aws.hooks.redshift_cluster import RedshiftHook


class BackupFunctionHook(LambdaHook):
    """Invokes the backup function; CloudTrail shows it by this name."""

    def _get_caller(self, *_: Any, **__: Any) -> str:
        return type(self).__name__


class RedshiftSnapshotHook(RedshiftHook):
    """Looks at snapshots; CloudTrail shows it by this name."""

    def _get_caller(self, *_: Any, **__: Any) -> str:
        return type(self).__name__


class RedshiftDrillHook(RedshiftHook):
    """Restores, looks at and deletes drill clusters; CloudTrail shows it by this name."""

    def _get_caller(self, *_: Any, **__: Any) -> str:
        return type(self).__name__


class EvidenceBucketHook(AwsBaseHook):
    """Reads and writes single objects of the evidence bucket; CloudTrail shows it by this name.

    The provider's S3 hook would import its transfer library for that.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, client_type="s3", **kwargs)

    def _get_caller(self, *_: Any, **__: Any) -> str:
        return type(self).__name__
