"""The trigger forms of the DAGs, as JSON Schema."""

from typing import Any

from redshift_dr.config.drill import DrillConfig
from redshift_dr.config.models import ClusterConfig
from redshift_dr.run_request import (
    MOST_LETTERS_OF_A_TAG,
    REASON_PATTERN,
    SNAPSHOT_IDENTIFIER_PATTERN,
    PruneRequest,
)


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
        "hold_reason": {
            "default": None,
            "type": ["null", "string"],
            "pattern": REASON_PATTERN,
            "minLength": 1,
            "maxLength": MOST_LETTERS_OF_A_TAG,
            "examples": ["legal case 7"],
            "title": "Hold, because",
            "description": "Nothing deletes the run's snapshot, made or shared, until the hold is "
            "released. Letters, digits, spaces and + - = . _ : / @.",
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


def prune_params(cluster: ClusterConfig) -> dict[str, dict[str, Any]]:
    """Arguments of Airflow's ``Param`` by name; the names are the fields of ``PruneRequest``."""
    every = backup_params(cluster)
    return {name: every[name] for name in PruneRequest.model_fields}


def release_params() -> dict[str, dict[str, Any]]:
    """Arguments of Airflow's ``Param`` by name; the names are the fields of ``ReleaseRequest``."""
    return {
        "snapshot_id": {
            "type": "string",
            "pattern": SNAPSHOT_IDENTIFIER_PATTERN,
            "maxLength": 255,
            "title": "Held snapshot",
            "description": "Its hold is released. What the next prune does with it then is shown "
            "first.",
        },
        "reason": {
            "type": "string",
            "pattern": REASON_PATTERN,
            "minLength": 1,
            "maxLength": MOST_LETTERS_OF_A_TAG,
            "examples": ["legal case 7 is closed"],
            "title": "Release, because",
            "description": "Letters, digits, spaces and + - = . _ : / @.",
        },
    }


def drill_params(cluster: ClusterConfig, drill: DrillConfig) -> dict[str, dict[str, Any]]:
    """Arguments of Airflow's ``Param`` by name; the names are the fields of ``DrillRequest``.

    A scheduled run takes the defaults, so every default is the ordinary drill.
    """
    return {
        "snapshot_id": {
            "default": None,
            "type": ["null", "string"],
            "pattern": SNAPSHOT_IDENTIFIER_PATTERN,
            "maxLength": 255,
            "title": "Restore this snapshot",
            "description": f"The newest shared one of {cluster.cluster_identifier} where empty.",
        },
        "maximum_age_hours": {
            "default": None,
            "type": ["null", "integer"],
            "minimum": 1,
            "maximum": 100_000,
            "title": "Maximum age (hours)",
            "description": "An older snapshot fails the drill; "
            f"{drill.maximum_age_hours} where empty.",
        },
        "node_type": {
            "default": None,
            "type": ["null", "string"],
            "pattern": r"^[a-z][a-z0-9]*\.[a-z0-9]+$",
            "examples": ["ra3.large", "ra3.xlplus"],
            "title": "Node type",
            "description": "A smaller one makes the drill cheaper and must hold the data; "
            f"{drill.node_type or 'the one of the snapshot'} where empty.",
        },
        "number_of_nodes": {
            "default": None,
            "type": ["null", "integer"],
            "minimum": 1,
            "maximum": 128,
            "title": "Number of nodes",
            "description": f"{drill.number_of_nodes or 'That of the snapshot'} where empty.",
        },
        "keep_dr_copy": {
            "default": None,
            "type": ["null", "boolean"],
            "title": "Keep a copy that the DR account owns",
            "description": "After a pass; "
            f"{'kept' if drill.keep_dr_copy else 'not kept'} where empty.",
        },
    }
