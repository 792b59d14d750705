"""Service Quotas tells the quota that the sandbox's Redshift refuses by."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from redshift_backup import aws
from redshift_backup.quotas import read_snapshot_quota
from sandbox.redshift.settings import SETTINGS


def test_the_quota_of_snapshots_is_the_one_that_is_enforced(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "source")
    aws.client.cache_clear()
    monkeypatch.setattr(SETTINGS, "manual_snapshots", 33)

    assert read_snapshot_quota() == 33


def test_another_quota_is_not_made_up(sandbox: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchResource"):
        sandbox.client("service-quotas").get_service_quota(
            ServiceCode="redshift", QuotaCode="L-00000000"
        )
