"""The assets that other DAGs may schedule on."""

from airflow.sdk import Asset, AssetAlias


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


def verified_snapshot(cluster_identifier: str) -> Asset:
    """A drill of the cluster passed: a snapshot was restored in the DR account and proved good.

    Its events carry ``snapshot_id, cluster_identifier, slot, verdict, evidence_uri``.
    """
    return Asset(
        name=f"redshift_verified_snapshot__{cluster_identifier}",
        uri=f"x-redshift://verified-snapshot/{cluster_identifier}",
        group="redshift_verified_snapshot",
    )


def verified_snapshot_alias(cluster_identifier: str) -> AssetAlias:
    """What the drill's task has as its outlet.

    A task that succeeds emits an event of each asset that it names. One that records a failed drill
    succeeds too; by an alias it emits only the events that it adds.
    """
    return AssetAlias(
        name=f"redshift_drill__{cluster_identifier}", group="redshift_verified_snapshot"
    )
