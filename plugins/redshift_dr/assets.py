"""The assets that other DAGs may schedule on."""

from airflow.sdk import Asset


def shared_snapshot(cluster_identifier: str) -> Asset:
    """A new snapshot of the cluster is shared and was seen from the DR account.

    Its events carry ``snapshot_id, cluster_identifier, slot, source_account_id,
    target_account_ids``.
    """
    return Asset(
        name=f"redshift_shared_snapshot__{cluster_identifier}",
        uri=f"x-redshift://shared-snapshot/{cluster_identifier}",
        group="redshift_shared_snapshot",
    )
