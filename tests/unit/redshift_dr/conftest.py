"""One cluster, complete."""

import pytest

from redshift_dr.config import ClusterConfig


@pytest.fixture
def cluster() -> ClusterConfig:
    return ClusterConfig(
        cluster_identifier="aca-redshift-cluster",
        source_account_id="164543933824",
        target_account_id="058264155998",
        further_target_account_ids=("111122223333",),
        region_name="us-east-1",
        schedule="0 2 * * *",
        owner="data-platform",
        contact="data-platform@example.com",
        alert_topic_arn="arn:aws:sns:us-east-1:164543933824:aca-redshift-backup-alerts",
    )
