"""The trigger form of the backup DAG, as JSON Schema."""

from typing import Any

from redshift_dr.config.models import ClusterConfig
from redshift_dr.runs import SNAPSHOT_IDENTIFIER_PATTERN


def backup_params(cluster: ClusterConfig) -> dict[str, dict[str, Any]]:
    """Arguments of Airflow's ``Param`` by name; the names are the fields of ``RunRequest``.

    A scheduled run takes the defaults, so every default is the ordinary backup.
    """
    return {
        "dry_run": {
            "default": False,
            "type": "boolean",
            "title": "Dry run",
            "description": "Show what would be made and pruned; change nothing.",
        },
        "target_account_ids": {
            "default": None,
            "type": ["null", "array"],
            "items": {"type": "string", "enum": list(cluster.all_target_account_ids)},
            "examples": list(cluster.all_target_account_ids),
            "minItems": 1,
            "title": "Target accounts",
            "description": f"All configured ones where empty; the DR account "
            f"{cluster.target_account_id} must be among them.",
        },
        "retention_days": {
            "default": None,
            "type": ["null", "integer"],
            "minimum": 1,
            "maximum": 3653,
            "title": "Retention (days)",
            "description": f"Younger snapshots are kept; {cluster.retention_days} where empty. The "
            "function refuses less than it was deployed with.",
        },
        "snapshot_id": {
            "default": None,
            "type": ["null", "string"],
            "pattern": SNAPSHOT_IDENTIFIER_PATTERN,
            "maxLength": 255,
            "title": "Share this snapshot",
            "description": "Share an existing snapshot instead of making one; nothing is pruned.",
        },
        "skip_prune": {
            "default": False,
            "type": "boolean",
            "title": "Skip prune",
            "description": "Make and share the snapshot, delete nothing.",
        },
        "approved_plan_sha256": {
            "default": None,
            "type": ["null", "string"],
            "pattern": "^[0-9a-f]{64}$",
            "title": "Approved plan",
            "description": "The sum that a DeletionLimitError names, once the plan has been read.",
        },
    }
