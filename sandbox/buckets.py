"""S3 of the sandbox: moto's, but for the policies of buckets."""

from typing import Any


def install() -> None:
    """Leave a bucket's policy to the guard. Idempotent.

    moto denies by it whatever the conditions say, so a bucket that demands TLS would take nothing.
    """
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    def get_permission(self: Any, action: str, resource: str) -> Any:
        return PermissionResult.NEUTRAL

    FakeBucket.get_permission = get_permission
